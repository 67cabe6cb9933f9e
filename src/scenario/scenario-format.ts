/**
 * The scenario format, declared once (CONTRACT §2): keys, bounds, defaults, descriptions. The
 * parser reads by it and the JSON Schema is made from it. What spans several keys is in check.ts.
 */
import { noExpectations, noneInvalid } from './defaults.ts';
import {
  choice,
  type Format,
  integer,
  list,
  mapping,
  maybe,
  oneOf,
  optional,
  plainOrMapping,
  refine,
  required,
  text,
  type ValueOf,
  yes,
} from './format.ts';
import { latency } from './latency-format.ts';
import * as limits from './limits.ts';
import {
  countComparison,
  duration,
  durationComparison,
  positiveDuration,
  probability,
  rate,
  shortDuration,
  signedDuration,
} from './quantity.ts';
import { type Refusal, refusals } from './result.ts';
import {
  type AdversarySpec,
  behaviourNames,
  type HostileSpec,
  hostileNames,
  type LinkSpec,
  profileNames,
  type TimelineEvent,
  workloadKinds,
} from './scenario.ts';
import { villainOptions } from './villain-options.ts';

const anyReplica = integer(0, limits.maxReplicas - 1);
const writesToFail = integer(1, 1000);
const someReplicas = list(anyReplica, 1, limits.maxReplicas);
const ascending = (indices: readonly number[]) => [...new Set(indices)].sort((a, b) => a - b);
const exactReplicas = refine(list(anyReplica, 0, limits.maxReplicas), ascending);

const voting = integer(limits.minVotingReplicas, limits.maxReplicas);
const replicas = refine(
  plainOrMapping(
    voting,
    mapping('a mapping', {
      voting: optional(voting, 4, 4, 'Replicas that vote: n.'),
      standby: optional(integer(0, limits.maxReplicas), 0, 0, 'Replicas that follow, no vote.'),
    }),
  ),
  (value) => (typeof value === 'number' ? { voting: value, standby: 0 } : value),
);

const groupPair: Format<LinkSpec['between']> = refine(
  list(someReplicas, 2, 2),
  ([one, other]) => [one as readonly number[], other as readonly number[]] as const,
);
const link: Format<LinkSpec> = refine(
  mapping('a link', {
    between: required(groupPair, 'Two groups of replicas: every link from one to the other.'),
    latency: required(latency, 'Delay of each message on these links.'),
    oneWay: maybe(yes, 'From the first group to the second only; without it both ways.'),
  }),
  ({ oneWay, ...link }): LinkSpec => (oneWay === null ? link : { ...link, oneWay }),
);

const network = mapping('a mapping', {
  latency: optional(
    latency,
    { minMs: 1, maxMs: 5 },
    { min: '1ms', max: '5ms' },
    'Delay of each message, drawn evenly; one duration or min and max.',
  ),
  loss: optional(probability, 0, 0, 'Probability that a message is lost.'),
  duplicate: optional(probability, 0, 0, 'Probability that a message arrives twice.'),
  reorder: optional(probability, 0, 0, 'Probability that a message is held back past others.'),
  links: optional(
    list(link, 0, limits.maxLinks),
    [],
    [],
    'Links with a latency of their own, as between regions; the last entry for a link counts.',
  ),
});

const brokenCount = (how: string) =>
  optional(integer(0, limits.maxRequests), 0, 0, `Requests with ${how}.`);
const invalid = mapping('a mapping', {
  space: brokenCount('a broken space proof'),
  stake: brokenCount('too little stake'),
  work: brokenCount('too little work'),
  time: brokenCount('a time outside the allowed offset'),
  signature: brokenCount('a signature that does not verify'),
  replay: brokenCount('proofs that were used before'),
});

const workload = mapping('a mapping', {
  kind: optional(
    oneOf(workloadKinds),
    'certificates',
    'certificates',
    'nops: bare operations without proofs, for volume; simulated only.',
  ),
  clients: optional(integer(1, limits.maxClients), 1, 1, 'TrustChain clients.'),
  requests: optional(integer(0, limits.maxRequests), 10, 10, 'Certificate requests in all.'),
  rate: maybe(rate, 'Requests a second over all clients; without it `outstanding` rules.'),
  outstanding: optional(
    integer(1, limits.maxOutstanding),
    8,
    8,
    'Requests each client keeps in flight when there is no rate.',
  ),
  requestBatch: optional(
    integer(1, limits.maxRequestBatch),
    1,
    1,
    'Most requests that a client puts under one signature, of those that wait at the same time.',
  ),
  invalid: optional(invalid, noneInvalid, {}, 'How many requests are broken on purpose, and how.'),
});

const adversary: Format<AdversarySpec> = refine(
  mapping('an adversary', {
    replica: maybe(anyReplica, 'The faulty replica.'),
    replicas: maybe(someReplicas, 'The faulty replicas.'),
    behaviour: required(oneOf(behaviourNames), 'What they do.'),
    options: maybe(villainOptions, 'How they do it; what is not said is up to them.'),
    from: optional(duration, 0, '0s', 'When they begin.'),
    until: maybe(positiveDuration, 'When they stop; without it never.'),
  }),
  ({ replica, replicas, behaviour, options, from, until }, at) => {
    const named = replicas ?? (replica === null ? [] : [replica]);
    if ((replica === null) === (replicas === null)) {
      at.document.complain(at, 'either `replica` or `replicas`, one of them');
      return undefined;
    }
    const times = { fromMs: from, untilMs: until };
    const told = options === null || Object.keys(options).length === 0 ? {} : { options };
    return { replicas: [...new Set(named)], behaviour, ...told, ...times };
  },
  { oneOf: [{ required: ['replica'] }, { required: ['replicas'] }] },
);

const hostileClient: Format<HostileSpec> = refine(
  mapping('a hostile client', {
    behaviour: required(oneOf(hostileNames), 'What it does.'),
    requests: optional(integer(1, limits.maxMisdeeds), 20, 20, 'How often it does it.'),
    from: optional(duration, 0, '0s', 'When it begins.'),
    until: maybe(positiveDuration, 'Spread evenly up to here; without it 100 a second.'),
  }),
  ({ behaviour, requests, from, until }) => {
    return { behaviour, requests, fromMs: from, untilMs: until };
  },
);

const at = optional(duration, 0, '0s', 'Since the start of the run.');
const lasting = maybe(positiveDuration, 'How long it lasts; without it until the end.');

const timelineEvent: Format<TimelineEvent> = choice('an event', {
  partition: refine(
    mapping('a partition', {
      at,
      partition: required(
        list(someReplicas, 1, limits.maxReplicas),
        'Groups that cannot reach each other; replicas of no group form one more.',
      ),
      for: lasting,
    }),
    (event): TimelineEvent => ({
      type: 'partition',
      atMs: event.at,
      groups: event.partition,
      forMs: event.for,
    }),
  ),
  heal: refine(
    mapping('a healing', { at, heal: required(yes, 'Ends every partition.') }),
    (event): TimelineEvent => ({ type: 'heal', atMs: event.at }),
  ),
  crash: refine(
    mapping('a crash', { at, crash: required(anyReplica, 'The replica that stops at once.') }),
    (event): TimelineEvent => ({ type: 'crash', atMs: event.at, replica: event.crash }),
  ),
  restart: refine(
    mapping('a restart', {
      at,
      restart: required(anyReplica, 'The replica that comes back; one still up is killed first.'),
      disk: optional(
        oneOf(['kept', 'lost', 'corrupt']),
        'kept',
        'kept',
        'lost: with an empty disk; corrupt: with one bit of its journal changed.',
      ),
    }),
    (event): TimelineEvent => ({
      type: 'restart',
      atMs: event.at,
      replica: event.restart,
      disk: event.disk,
    }),
  ),
  readmit: refine(
    mapping('a readmission', {
      at,
      readmit: required(anyReplica, 'The isolated replica that the others take back.'),
    }),
    (event): TimelineEvent => ({ type: 'readmit', atMs: event.at, replica: event.readmit }),
  ),
  clock: refine(
    mapping('a clock fault', {
      at,
      clock: required(
        mapping('a mapping', {
          replica: required(anyReplica, 'Whose clock.'),
          offset: required(signedDuration, 'How far it is off from then on; negative: behind.'),
        }),
        'A clock that goes wrong.',
      ),
    }),
    ({ at, clock }): TimelineEvent => ({
      type: 'clock',
      atMs: at,
      replica: clock.replica,
      offsetMs: clock.offset,
    }),
  ),
  failWrites: refine(
    mapping('a disk fault', {
      at,
      failWrites: required(
        mapping('a mapping', {
          replica: required(anyReplica, 'Whose disk.'),
          writes: optional(writesToFail, 1, '1', 'How many writes in a row.'),
        }),
        'A disk that refuses the next writes (simulated only); its replica stops until a restart.',
      ),
    }),
    ({ at, failWrites }): TimelineEvent => ({ type: 'failWrites', atMs: at, ...failWrites }),
  ),
  link: refine(
    mapping('a link fault', {
      at,
      link: required(
        mapping('a mapping', {
          from: required(anyReplica, 'The sending end.'),
          to: required(anyReplica, 'The receiving end.'),
          loss: required(probability, 'Probability that a message on this link is lost.'),
        }),
        'One direction of one link.',
      ),
      for: lasting,
    }),
    ({ at, link, for: forMs }): TimelineEvent => ({ type: 'link', atMs: at, ...link, forMs }),
  ),
});

const rejectedByKind = mapping(
  'a mapping',
  Object.fromEntries(
    refusals.map((kind) => [kind, maybe(countComparison, `Refused for: ${kind}.`)]),
  ) as Record<Refusal, ReturnType<typeof maybe<ValueOf<typeof countComparison>>>>,
);
const latencyLimits = mapping('a mapping', {
  p50: maybe(durationComparison, 'Median time from request to answer.'),
  p90: maybe(durationComparison, 'Nine of ten requests are answered in it.'),
  p99: maybe(durationComparison, 'Ninety-nine of a hundred.'),
  max: maybe(durationComparison, 'All.'),
});

const expectations = mapping('a mapping', {
  outcome: optional(
    oneOf(['passed', 'stalled', 'diverged']),
    'passed',
    'passed',
    'The outcome that exits 0.',
  ),
  issued: maybe(countComparison, 'Certificates issued.'),
  rejected: maybe(
    plainOrMapping(countComparison, rejectedByKind),
    'Requests refused, in all or by kind.',
  ),
  isolated: maybe(exactReplicas, 'Exactly these replicas are isolated at the end.'),
  accused: maybe(exactReplicas, 'Exactly these replicas are accused by evidence.'),
  viewChanges: maybe(countComparison, 'Views above 0 that correct replicas entered.'),
  recovered: maybe(exactReplicas, 'Exactly these restarted replicas caught up with the rest.'),
  throttled: maybe(
    refine(list(integer(0, limits.maxHostileClients - 1), 0, limits.maxHostileClients), ascending),
    'Exactly these hostile clients, by their place in the list, are read slowly for a while.',
  ),
  latency: maybe(latencyLimits, 'Time from request to answer.'),
});

const defaultNetwork: ValueOf<typeof network> = {
  latency: { minMs: 1, maxMs: 5 },
  loss: 0,
  duplicate: 0,
  reorder: 0,
  links: [],
};
const defaultWorkload: ValueOf<typeof workload> = {
  kind: 'certificates',
  clients: 1,
  requests: 10,
  rate: null,
  outstanding: 8,
  requestBatch: 1,
  invalid: noneInvalid,
};

export const scenarioFormat = mapping('a mapping', {
  name: required(text('line', limits.maxNameLength, 1), 'What the scenario is called in results.'),
  description: optional(
    text('lines', limits.maxDescriptionLength),
    '',
    '',
    'Why this scenario is here.',
  ),
  seed: optional(integer(0, Number.MAX_SAFE_INTEGER), 1, 1, 'All chance flows from it.'),
  replicas: optional(replicas, { voting: 4, standby: 0 }, 4, 'Voting replicas, or both kinds.'),
  profile: optional(oneOf(profileNames), 'localhost', 'localhost', 'What the proofs must show.'),
  transport: optional(
    oneOf(['simulated', 'libp2p']),
    'simulated',
    'simulated',
    'libp2p: one process per replica, TCP and Noise on loopback. simulated: virtual time.',
  ),
  storage: maybe(
    oneOf(['level', 'memory']),
    'Where journals live. Without it: level on libp2p, memory in virtual time.',
  ),
  signatures: optional(
    oneOf(['ed25519', 'ideal']),
    'ed25519',
    'ed25519',
    'ideal: unforgeable by construction, for volume; simulated only.',
  ),
  duration: optional(
    positiveDuration,
    60_000,
    '60s',
    'The run ends when all is answered and played, or at this time.',
  ),
  proposalInterval: optional(
    shortDuration,
    0,
    '0ms',
    'How long after a batch ran a primary may wait for as many requests as were pending then; ' +
      'where the replicas are busy, up to eight times as long.',
  ),
  network: optional(network, defaultNetwork, {}, 'Each direction of each link.'),
  workload: optional(workload, defaultWorkload, {}, 'Who asks for what.'),
  adversaries: optional(
    list(adversary, 0, limits.maxAdversaries),
    [],
    [],
    'Replicas that break the protocol. More than f is legal: watch the cluster break.',
  ),
  hostileClients: optional(
    list(hostileClient, 0, limits.maxHostileClients),
    [],
    [],
    'Clients that mean harm, beside those of the workload.',
  ),
  timeline: optional(
    list(timelineEvent, 0, limits.maxTimelineEvents),
    [],
    [],
    'What happens to network, machines and clocks.',
  ),
  expect: optional(
    expectations,
    { ...noExpectations, throttled: null },
    {},
    'What must hold at the end.',
  ),
});

export type WrittenScenario = ValueOf<typeof scenarioFormat>;
