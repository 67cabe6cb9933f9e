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

/** §4.3: this replica reached a checkpoint; its vote over the result is its checkpoint message. */
export function onOwnCheckpoint(core: Core, vote: Envelope<ResultStatement>): void {
  core.send('others', { type: 'checkpoint', vote });
  addVote(core, vote);
}

export function onCheckpoint(core: Core, from: ReplicaIndex, m: MessageOf<'checkpoint'>): void {
  const { vote } = m;
  if (ignoreCheckpoint(core, vote.statement) !== null) return;
  const rejected = rejectCheckpoint(core, vote.statement);
  if (rejected !== null) return core.strike(from, rejected);
  addVote(core, vote);
}

function ignoreCheckpoint(core: Core, { sequence }: ResultStatement): Reason | null {
  if (sequence < core.lowWatermark) return 'below the stable checkpoint';
  // A replica left far behind learns of the certificate by a stableCheckpoint message instead.
  if (sequence > core.highWatermark + core.options.parameters.logWindow) return 'far ahead';
  return null;
}

function rejectCheckpoint(core: Core, { epoch, sequence }: ResultStatement): Reason | null {
  if (sequence % core.options.parameters.checkpointInterval !== 0) return 'no checkpoint sequence';
  return epoch === core.options.validators.epoch ? null : `membership epoch ${epoch}`;
}

/** First vote per sender counts; one that differs from the quorum's convicts its sender. */
function addVote(core: Core, vote: Envelope<ResultStatement>): void {
  const { checkpointVotes } = core.state;
  const { sequence } = vote.statement;
  let votes = checkpointVotes.get(sequence);
  if (votes === undefined) {
    votes = new Map();
    checkpointVotes.set(sequence, votes);
  }
  if (!votes.has(vote.sender)) votes.set(vote.sender, vote);
  if (votes.size < quorum(core.n)) return;
  const { certified } = core.state;
  // Stable already, and those that came before compared: one more of the same says nothing.
  if (sequence <= core.lowWatermark && certified?.sequence === sequence) {
    if (equalBytes(vote.payload, certified.payload)) return;
  }
  const found = findCertificate(sequence, votes, quorum(core.n));
  if (found === null) return;
  if (sequence > (certified?.sequence ?? 0)) core.state.certified = found;
  for (const other of [...votes.values(), vote]) {
    if (!equalBytes(other.payload, found.payload)) {
      const evidence = { accused: other.sender, vote: other, certificate: found.certificate };
      core.accuse({ type: 'divergentResult', ...evidence });
    }
  }
  onCertificate(core, found.certificate);
}

/** §4.3: a quorum of equal votes. At most one such quorum exists, whatever the others say. */
function findCertificate(
  sequence: number,
  bySender: ReadonlyMap<ReplicaIndex, Envelope<ResultStatement>>,
  needed: number,
): Certified | null {
  const votes = [...bySender.values()];
  const counted: Uint8Array[] = [];
  for (const { payload, statement } of votes) {
    if (counted.some((other) => equalBytes(other, payload))) continue;
    counted.push(payload);
    const equal = votes.filter((vote) => equalBytes(vote.payload, payload));
    if (equal.length < needed) continue;
    equal.sort((a, b) => a.sender - b.sender);
    const signatures = equal.map(({ sender, signature }) => ({ replica: sender, signature }));
    return { sequence, certificate: { statement, votes: signatures }, payload };
  }
  return null;
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
