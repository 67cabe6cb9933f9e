import { unreachable } from '../base/assert.ts';
import { onCheckpoint, onStableCheckpoint, settleCheckpoint } from './checkpoint.ts';
import { complain, onComplaint, onRequestTimer } from './complaint.ts';
import { countVote } from './counting.ts';
import { outerEnvelope } from './envelope.ts';
import { onExecuted } from './execution.ts';
import { onGatherTimer } from './gathering.ts';
import { withdrawPending } from './log.ts';
import type { Message, ReplicaIndex } from './messages.ts';
import { onNewView, openView } from './new-view.ts';
import { onCommit, onPrePrepare, onPrepare, onRequest, propose } from './normal-case.ts';
import { endRecovery, onDiskLost, onQueryStable, onRecovered, onReplyStable } from './recovery.ts';
import type { Effect, Input, Instant, Replica, ReplicaOptions, TimerName } from './replica.ts';
import { onBatch, onDecided, onFetchBatch, onStatus, onStatusTimer } from './retransmission.ts';
import { Core, nobody, type ReplicaState } from './state.ts';
import {
  onFetchState,
  onFetchTimer,
  onInstalled,
  onStateChunk,
  startTransfer,
} from './state-transfer.ts';
import { awaitNewView, awaitOldestRequest, leaveView, onViewChange } from './view-change.ts';

/**
 * An honest replica. Its first input starts the periodic status; a restart begins with `recovered`.
 */
class HonestReplica implements Replica {
  readonly state: Readonly<ReplicaState>;
  private readonly core: Core;
  private started = false;

  constructor(options: ReplicaOptions) {
    this.core = new Core(options);
    this.state = this.core.state;
  }

  /** The state at the epoch's base is still to come. */
  behindBase(): boolean {
    return this.core.behindBase;
  }

  step(input: Input, nowMs: Instant): readonly Effect[] {
    const { core } = this;
    core.nowMs = nowMs;
    if (!this.started) this.start();
    // Apart from all others: votes are nearly all that comes, and nearly none leads to anything.
    if (input.type === 'receive') {
      const { message } = input;
      onMessage(core, input.from, message);
      if (!isVoteOnly(core, message)) settle(core);
    } else {
      dispatch(core, input);
      if (input.type !== 'request' || input.more !== true) settle(core);
    }
    return core.takeEffects();
  }

  counts(message: Message): boolean {
    return this.started && countVote(this.core, message);
  }

  private start(): void {
    const { core } = this;
    const { base, parameters } = core.options;
    this.started = true;
    core.setTimer('status', parameters.statusIntervalMs);
    if (core.behindBase && base !== undefined) startTransfer(core, base);
  }
}

export type { HonestReplica };

export function createReplica(options: ReplicaOptions): HonestReplica {
  return new HonestReplica(options);
}

function dispatch(core: Core, input: Exclude<Input, { type: 'receive' }>): void {
  switch (input.type) {
    case 'request':
      return onRequest(core, input.operation);
    case 'timeout':
      return onTimeout(core, input.timer);
    case 'executed':
      return onExecuted(core, input);
    case 'installed':
      return onInstalled(core, input);
    case 'epochEnds':
      core.state.epochEnd = input.sequence;
      core.newestSlot = null;
      return;
    case 'isolated':
      return onIsolated(core, input.replicas);
    case 'withdraw':
      return withdrawPending(core, input.operations);
    case 'recovered':
      return onRecovered(core, input.records);
    case 'diskLost':
      return onDiskLost(core);
    default:
      return unreachable(input);
  }
}

/** The committed state says who has no voice. Whoever has one again can be accused again. */
function onIsolated({ state }: Core, replicas: readonly ReplicaIndex[]): void {
  for (const replica of state.isolated) {
    if (replicas.includes(replica)) continue;
    state.readmittedAt.set(replica, state.lastExecuted);
    for (const key of state.accused) {
      if (key.startsWith(`${replica}/`)) state.accused.delete(key);
    }
  }
  state.isolated = replicas.length === 0 ? nobody : new Set(replicas);
}

/** The protocol's table of messages, in the order of the paper. */
function onMessage(core: Core, from: ReplicaIndex, message: Message): void {
  // Whoever was convicted has no voice here; certificates that carry its older votes stay valid.
  const { isolated } = core.state;
  if (isolated !== nobody) {
    const signer = outerEnvelope(message)?.sender;
    if (isolated.has(from) || (signer !== undefined && isolated.has(signer))) return;
  }
  switch (message.type) {
    case 'request':
      return onRequest(core, message.operation);
    case 'prePrepare':
      return onPrePrepare(core, from, message); // §4.2
    case 'prepare':
      return onPrepare(core, from, message); // §4.2
    case 'commit':
      return onCommit(core, from, message); // §4.2
    case 'checkpoint':
      return onCheckpoint(core, from, message); // §4.3
    case 'viewChange':
      return onViewChange(core, from, message); // §4.4
    case 'newView':
      return onNewView(core, from, message); // §4.4
    case 'status':
      return onStatus(core, from, message); // thesis §5.2
    case 'complaint':
      return onComplaint(core, from, message);
    case 'queryStable':
      return onQueryStable(core, from, message); // thesis §4.3
    case 'replyStable':
      return onReplyStable(core, from, message);
    case 'decided':
      return onDecided(core, from, message);
    case 'fetchBatch':
      return onFetchBatch(core, from, message);
    case 'batch':
      return onBatch(core, from, message);
    case 'stableCheckpoint':
      return onStableCheckpoint(core, from, message); // thesis §5.3
    case 'fetchState':
      return onFetchState(core, from, message);
    case 'stateChunk':
      return onStateChunk(core, from, message);
    case 'epochChange':
      return; // for the node, which begins the next epoch with another replica
    case 'reply':
      return; // for clients; a replica that sends it here wastes its own time
    default:
      return unreachable(message);
  }
}

function onTimeout(core: Core, timer: TimerName): void {
  switch (timer) {
    case 'request':
      return onRequestTimer(core);
    case 'viewChange':
      // §4.5.2: a quorum wanted the view and its primary did not open it.
      if (!core.state.active) leaveView(core, core.state.view + 1);
      return;
    case 'status':
      return onStatusTimer(core);
    case 'fetch':
      return onFetchTimer(core);
    case 'gather':
      return onGatherTimer(core);
    default:
      return unreachable(timer);
  }
}

/**
 * A prepare or a commit that was counted, or not, and no more: what {@link settle} looks at is as
 * the step before left it. Of n votes for a sequence, n − 2 are such.
 */
function isVoteOnly({ hasEffects, state }: Core, { type }: Message): boolean {
  if (hasEffects || (type !== 'prepare' && type !== 'commit')) return false;
  return state.convicted === nobody || !state.convicted.has(state.view);
}

/** What follows from the state alone, whatever input led to it. Each is idempotent. */
function settle(core: Core): void {
  const { state } = core;
  if (state.convicted.has(state.view) && state.active) leaveView(core, state.view + 1);
  while (state.isolated.has(core.primary())) leaveView(core, state.view + 1);
  if (complain(core)) leaveView(core, state.view + 1);
  settleCheckpoint(core);
  endRecovery(core);
  openView(core);
  awaitNewView(core);
  propose(core);
  awaitOldestRequest(core);
}
