import { equalBytes } from '../base/bytes.ts';
import { checkCheckpointCertificate } from './certificates.ts';
import { collectGarbage } from './log.ts';
import type {
  CheckpointCertificate,
  Envelope,
  MessageOf,
  ReplicaIndex,
  ResultStatement,
} from './messages.ts';
import { quorum } from './quorum.ts';
import type { Reason } from './reason.ts';
import type { Certified, Core } from './state.ts';
import { followSource } from './state-transfer.ts';
import { encodeStatement } from './statement-codec.ts';

/** §4.3: this replica reached a checkpoint; its vote over the result is its checkpoint message. */
export function onOwnCheckpoint(core: Core, vote: Envelope<ResultStatement>): void {
  core.send('others', { type: 'checkpoint', vote });
  addVote(core, vote);
}

export function onCheckpoint(core: Core, from: ReplicaIndex, m: MessageOf<'checkpoint'>): void {
  const { vote } = m;
  const { sequence } = vote.statement;
  if (sequence % core.options.parameters.checkpointInterval !== 0) {
    return core.strike(from, 'no checkpoint sequence');
  }
  // First: a lie that comes late is a lie, however far the watermark has moved on since.
  const certified = core.state.certified.get(sequence);
  if (certified !== undefined) holdAgainst(core, vote, certified);
  if (ignoreCheckpoint(core, vote.statement) !== null) return;
  addVote(core, vote);
}

function ignoreCheckpoint(core: Core, { sequence }: ResultStatement): Reason | null {
  if (sequence < core.lowestVote) return 'far below the stable checkpoint';
  // A replica left far behind learns of the certificate by a stableCheckpoint message instead.
  if (sequence > core.highWatermark + core.options.parameters.logWindow) return 'far ahead';
  return null;
}

/** First vote per sender counts; a second one that differs convicts, whatever was true. */
function addVote(core: Core, vote: Envelope<ResultStatement>): void {
  const { sequence } = vote.statement;
  const votes = votesAt(core.state.checkpointVotes, sequence);
  const first = votes.get(vote.sender);
  if (first === undefined) votes.set(vote.sender, vote);
  else if (!equalBytes(first.payload, vote.payload)) {
    core.accuse({ type: 'conflictingResult', accused: vote.sender, first, second: vote });
  }
  // Stable already: one more of the same says nothing.
  if (sequence <= core.lowWatermark && core.state.certified.has(sequence)) return;
  if (votes.size < quorum(core.n)) return;
  const found = findCertificate(votes, core.options.validators.epoch, quorum(core.n));
  if (found !== null) onCertificate(core, found);
}

function votesAt(
  all: Map<number, Map<ReplicaIndex, Envelope<ResultStatement>>>,
  sequence: number,
): Map<ReplicaIndex, Envelope<ResultStatement>> {
  const known = all.get(sequence);
  if (known !== undefined) return known;
  const votes = new Map<ReplicaIndex, Envelope<ResultStatement>>();
  all.set(sequence, votes);
  return votes;
}

/** §4.3: a quorum of equal votes. At most one such quorum exists, whatever the others say. */
function findCertificate(
  bySender: ReadonlyMap<ReplicaIndex, Envelope<ResultStatement>>,
  epoch: number,
  needed: number,
): CheckpointCertificate | null {
  // Signed in this epoch and naming another one: no correct replica does, and it counts for none.
  const votes = [...bySender.values()].filter(({ statement }) => statement.epoch === epoch);
  const counted: Uint8Array[] = [];
  for (const { payload, statement } of votes) {
    if (counted.some((other) => equalBytes(other, payload))) continue;
    counted.push(payload);
    const equal = votes.filter((vote) => equalBytes(vote.payload, payload));
    if (equal.length < needed) continue;
    equal.sort((a, b) => a.sender - b.sender);
    const signatures = equal.map(({ sender, signature }) => ({ replica: sender, signature }));
    return { statement, votes: signatures };
  }
  return null;
}

/** Checkpoints whose certificates are kept for votes that come late. */
export const rememberedCheckpoints = 8;

/** Whoever voted for anything else than a quorum, before or after, convicted itself. */
export function rememberCertificate(core: Core, certificate: CheckpointCertificate): void {
  const { certified, checkpointVotes } = core.state;
  const { sequence } = certificate.statement;
  if (certified.has(sequence)) return;
  const entry = { certificate, payload: encodeStatement(certificate.statement) };
  certified.set(sequence, entry);
  if (certified.size > rememberedCheckpoints) certified.delete(Math.min(...certified.keys()));
  for (const vote of checkpointVotes.get(sequence)?.values() ?? []) holdAgainst(core, vote, entry);
}

function holdAgainst(
  core: Core,
  vote: Envelope<ResultStatement>,
  { certificate, payload }: Certified,
): void {
  if (equalBytes(vote.payload, payload)) return;
  core.accuse({ type: 'divergentResult', accused: vote.sender, vote, certificate });
}

/** A certificate from elsewhere (status answer, view change): the same, after checking it. */
export function onStableCheckpoint(
  core: Core,
  from: ReplicaIndex,
  { certificate }: MessageOf<'stableCheckpoint'>,
): void {
  if (certificate.statement.sequence <= core.lowWatermark) return;
  // A peer in the next epoch answers so to one that does not know of it: no fault of either.
  if (certificate.statement.epoch !== core.options.validators.epoch) return;
  const { parameters, validators, verify } = core.options;
  const { checkpointInterval } = parameters;
  const rejected = checkCheckpointCertificate(certificate, checkpointInterval, validators, verify);
  if (rejected !== null) return core.strike(from, `stable checkpoint: ${rejected}`);
  onCertificate(core, certificate);
  followSource(core, from, certificate);
}

/**
 * A checked certificate: stable here if this replica executed that far; otherwise it shows how
 * far the others are, and state transfer may have to fetch it.
 */
export function onCertificate(core: Core, certificate: CheckpointCertificate): void {
  const { state } = core;
  const { sequence } = certificate.statement;
  rememberCertificate(core, certificate);
  if (sequence <= core.lowWatermark) return;
  if (sequence <= state.lastExecuted && !core.behindBase) return becomeStable(core, certificate);
  if (sequence > (state.ahead?.statement.sequence ?? 0)) state.ahead = certificate;
}

/** §4.3: moves the low watermark, forgets everything below it. */
export function becomeStable(core: Core, certificate: CheckpointCertificate): void {
  const { state } = core;
  const { sequence } = certificate.statement;
  if (sequence > core.baseSequence) {
    state.previousStable = core.lowWatermark;
    state.stable = certificate;
  }
  if ((state.ahead?.statement.sequence ?? 0) <= sequence) state.ahead = null;
  if (state.lastProposed < sequence) state.lastProposed = sequence;
  core.emit({ type: 'persist', record: { type: 'stable', certificate } });
  core.emit({ type: 'stable', certificate });
  collectGarbage(core);
}

/** The certificate held back while this replica was behind it becomes stable once it caught up. */
export function settleCheckpoint(core: Core): void {
  const { ahead, lastExecuted } = core.state;
  if (ahead !== null && ahead.statement.sequence <= lastExecuted) becomeStable(core, ahead);
}
