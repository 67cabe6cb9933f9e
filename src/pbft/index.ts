/**
 * PBFT (Castro and Liskov, OSDI '99, cited as §; Castro's thesis, MIT 2001, cited as thesis §) as a
 * synchronous state machine: `step(input, nowMs) → effects`. Floor 1: no clock, no chance, no I/O.
 *
 * The protocol
 *
 * - A request is known by the digest of its bytes. Every replica that hears of one keeps a timer on
 *   the oldest that waits (§4.4). A backup passes on what its primary seems to have missed (§4.1).
 * - Upon waiting requests and room in pipeline and window, the primary signs a header {view,
 *   sequence, batchDigest, timestamp}, writes it down, and sends it with the batch (§4.2).
 * - Upon a header of this view, by its primary, in the window, the first for its sequence, with a
 *   batch that matches and a time near its own: the backup writes it down and sends a prepare that
 *   quotes it.
 * - Upon header and quorum − 1 prepares by others (`prepared`): writes the certificate down, sends
 *   a commit.
 * - Upon a quorum of commits (`committedLocal`): the batch is decided; batches run in order of
 *   sequence.
 * - Upon a batch's result: signs {epoch, sequence, timestamp, resultsRoot, stateDigest}. A quorum
 *   of these signatures is the clients' answer; every K sequences it is the checkpoint (§4.3) as
 *   well.
 * - Upon a quorum for one checkpoint that this replica reached: the low watermark moves up to it.
 * - Upon the timer, or when requests wait and the primary proposes nothing for some status ticks:
 *   complains, and goes on voting. Complains as well when f+1 others do.
 * - Upon a quorum of complaints, proof that the primary lied, or f+1 replicas ahead: leaves the
 *   view, writes down and sends what had prepared (§4.4). Upon a quorum of these the next primary
 *   opens its view with the headers that follow from them, and every backup recomputes them.
 *   Timeouts double, and come back down (§4.5.2).
 * - Periodically: says where it stands; peers send exactly what it misses (thesis §5.2), decisions
 *   with their proof.
 * - Upon a checkpoint it cannot reach by these: fetches the state (thesis §5.3).
 * - An epoch of membership is an instance of the protocol of its own: it begins at a checkpoint
 *   that the epoch before certified (`base`), under a chain id of its own, and ends at one
 *   (`epochEnds`), to which null batches lead if no requests do. Who has no place in it (index n or
 *   above) follows without a vote.
 * - After a restart it takes up all that it signed. After losing its disk it asks where the others
 *   stand, and votes again only once a stable checkpoint has passed every slot, and an open view
 *   every view change, that it may have signed.
 *
 * Invariants
 *
 * - What is signed was written down first: effects are obeyed in order, `persist` before `send`.
 * - One header per view and sequence is accepted, one prepare and one commit are signed for it.
 * - A quorum is ⌈(n+f+1)/2⌉ distinct replicas, computed in `quorum.ts` and nowhere else.
 * - Peers cannot make it throw, nor make it keep more than `limits.ts` allows.
 *
 * Deviations from Castro and Liskov
 *
 * 1. Quorums are ⌈(n+f+1)/2⌉, not 2f+1, so any n ≥ 4 is safe, not only 3f+1.
 * 2. Signatures throughout, no MACs: certificates must convince strangers, and evidence must
 *    convict.
 * 3. A prepare quotes the header it answers, so two headers of a two-faced primary meet at any
 *    backup. Votes carry the header's digest, not the batch's: batch, time, view and sequence are
 *    one thing.
 * 4. Batches carry the time their primary proposes (§4.6); the service clamps it so that it never
 *    runs back.
 * 5. Results are signed once per batch under a Merkle root; the checkpoint vote is that same
 *    signature. A client needs a quorum, not f+1, equal results: the answer is a certificate that
 *    stays true for ever.
 * 6. A conflict between two signed headers ends the view at once, without waiting for the timer.
 * 7. The timer watches one request, the oldest; a primary that serves all but one client is
 *    replaced.
 * 8. Missed decisions travel as commit certificates, which are good in any view from anyone.
 * 9. Batches stay known until a checkpoint passes them, whatever the views, because a certificate
 *    that one Byzantine replica holds back may call for them again.
 * 10. Votes and views of a replica that a committed decision isolated are ignored; n, f and quorum
 *     stay.
 * 11. While a slot is in flight, a batch waits until it is full or as large as that one, and while
 *     two are, until it is full: the busier the cluster, the larger its batches. Requests that came
 *     together (`more`) are proposed together.
 * 12. Replicas leave a view together (`complaint.ts`). In the paper the first timer ends the view
 *     for its replica, and where nobody follows, the others have lost a vote without knowing it.
 * 13. Votes for the next view that come early are kept until it opens; those of the view before are
 *     kept to convict (`ballots.ts`). The paper is silent on both.
 * 14. The paper's timer lets a primary crawl just below it. Here it must propose what waits within
 *     a few status ticks (`idle-primary.ts`).
 * 15. After a batch has run a primary may wait for as many requests as were pending then, for an
 *     interval at most (longer where the replicas are so busy that agreement takes long), and while
 *     one is in flight until a batch is full (`gathering.ts`): a batch costs the same whatever it
 *     holds.
 * 16. The paper's set of replicas is fixed. Here it changes between instances, never inside one: no
 *     slot, vote or quorum belongs to two memberships.
 */
export { createReplica } from './create.ts';
export type { Evidence, EvidenceType } from './evidence.ts';
export type { Envelope, Message, Operation, ReplicaIndex, Statement } from './messages.ts';
export { maxFaulty, quorum, weakQuorum } from './quorum.ts';
export type {
  Behaviour,
  Effect,
  Input,
  Parameters,
  Replica,
  ReplicaOptions,
  ValidatorSet,
} from './replica.ts';
