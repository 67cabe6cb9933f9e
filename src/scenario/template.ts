/**
 * What `hypermesh new` writes: a scenario that runs as it stands, and says at each line what else
 * could stand there. Every key of the format is in it, or in a comment where it would get in the
 * way.
 */
export const scenarioTemplate = `\
# A scenario: who takes part, what goes wrong, and what must be true at the end.
#   npx hypermesh run FILE                    the verdict
#   npx hypermesh run FILE --report run.html  the same as a page with every message
# Every key but \`name\` can be left out. Durations: 250ms, 3s, 2m. \`npx hypermesh schema\` prints
# a JSON Schema, with which an editor completes and checks this file.

name: my-first-scenario
description: >-
  Why this scenario exists. Here: the network splits while the first primary lies, and every request
  is answered all the same.

seed: 1                  # all chance flows from it: the same seed, the same run
replicas: 4              # tolerates f = (replicas - 1) / 3 liars; or {voting: 4, standby: 1}
transport: simulated     # virtual time, exactly repeatable; libp2p: real processes over TCP
# profile: localhost     # how strict proofs are: localhost, default, production
# storage: level         # what replicas keep their journal in: level (on disk), memory
# signatures: ed25519    # or ideal: faster, in simulated runs only
duration: 60s            # the run ends when all is answered and done, at the latest then
# proposalInterval: 20ms # how long a primary may wait for company (busy replicas: eight times that)

network:                 # of every link, in each direction
  latency: {min: 1ms, max: 8ms}   # spread: longTail: most are quick, some are not
  loss: 0.005            # probabilities, 0 to 1
  # duplicate: 0.01
  # reorder: 0.05
  # links: [{between: [[0, 1], [2, 3]], latency: {min: 40ms, max: 45ms}}]   # as between regions

workload:                # TrustChain clients that ask for certificates
  clients: 2
  requests: 40           # in all
  rate: 20/s             # without it each client keeps \`outstanding\` requests in flight
  # outstanding: 8
  # requestBatch: 16     # requests that wait at the same time share a signature, at most so many
  invalid: {work: 1, time: 1}   # among them, broken on purpose: space, stake, work, time,
                                # signature, replay

adversaries:             # replicas that do not follow the protocol
  - {replica: 0, behaviour: equivocate, from: 0s, until: 5s}
  # silent, delay, equivocate, withholdCommits, withholdPrePrepares, censor, corruptDigest,
  # forgeProof, rejectValid, divergentResult, replay, flood, staleView, lieInViewChange,
  # lieInStateTransfer, skewTimestamp, twins, collude, mutate, slander
  # - {replica: 3, behaviour: delay, options: {delay: 800ms, share: 0.5}}   # in half of its steps
  # options of delay: delay; skewTimestamp: skew; mutate: probability; censor: client;
  # of silent and withholdPrePrepares: victims; withholdCommits: favourite;
  # of flood, replay, slander, forgeProof and staleView: rate; of all: share

# hostileClients:        # clients that mean harm: so many misdeeds each, in this time
#   - {behaviour: conflict, requests: 20, from: 0s, until: 5s}
#   conflict, halfSend, oneBackup, flood, garbage, poison

timeline:                # what happens to the network and the machines
  - {at: 500ms, partition: [[0, 1, 2], [3]], for: 1s}   # or heal later: {at: 2s, heal: true}
  # - {at: 1s, crash: 2}
  # - {at: 2s, restart: 2}                # disk: lost, without its data; disk: corrupt, damaged
  # - {at: 3s, readmit: 2}                # the others take an isolated replica back
  # - {at: 1s, clock: {replica: 1, offset: 45s}}
  # - {at: 1s, link: {from: 0, to: 3, loss: 1.0}, for: 1s}

expect:                  # what must hold at the end; a number, or a comparison in quotes
  outcome: passed        # stalled and diverged are for runs that are meant to go wrong
  issued: 38
  rejected: {work: 1, time: 1}
  accused: [0]
  viewChanges: ">= 1"
  # isolated: [0]
  # recovered: [2]       # restarted replicas that hold the same state as the rest
  # throttled: [0]       # hostile clients, by their place in the list, that are read slowly
  # latency: {p90: "<= 500ms"}
`;
