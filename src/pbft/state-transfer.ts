import { becomeStable } from './checkpoint.ts';
import { executeDecided } from './execution.ts';
import { limits } from './limits.ts';
import { remarkProposed } from './log.ts';
import type { CheckpointCertificate, MessageOf, ReplicaIndex } from './messages.ts';
import type { Input } from './replica.ts';
import type { Core } from './state.ts';

/** Chunks asked for at a time. */
const chunksInFlight = 8;
/** Fetch timers, each as long as a status interval, without a chunk before a source is given up. */
const patienceTimers = 5;

/**
 * State transfer (thesis §5.3): the state at a certified checkpoint, in chunks from one source at a
 * time. The service installs the whole only if its digest is the certified one, so a liar costs
 * time, not safety.
 */
export function startTransfer(core: Core, certificate: CheckpointCertificate): void {
  const { state } = core;
  const running = state.transfer?.certificate.statement.sequence ?? 0;
  if (state.transfer?.installing || running >= certificate.statement.sequence) return;
  const source = nextSource(core, certificate, core.index);
  state.transfer = {
    certificate,
    source,
    chunks: null,
    received: 0,
    receivedBytes: 0,
    installing: false,
    silentTimers: 0,
  };
  askForChunks(core);
}

/**
 * The source has moved on by two checkpoints and no longer holds this state (it serves the stable
 * one and the one before): its newer one is fetched at once, before it moves on again. A source
 * that does nothing but move on is left like a silent one.
 */
export function followSource(
  core: Core,
  from: ReplicaIndex,
  certificate: CheckpointCertificate,
): void {
  const { transfer } = core.state;
  if (transfer === null || transfer.installing || transfer.source !== from) return;
  const { checkpointInterval } = core.options.parameters;
  const lastHeld = transfer.certificate.statement.sequence + checkpointInterval;
  if (certificate.statement.sequence <= lastHeld) return;
  const silentTimers = transfer.silentTimers + 1;
  const source = silentTimers > patienceTimers ? nextSource(core, certificate, from) : from;
  const left = source !== from;
  core.state.transfer = {
    certificate,
    source,
    chunks: null,
    received: 0,
    receivedBytes: 0,
    installing: false,
    silentTimers: left ? 0 : silentTimers,
  };
  askForChunks(core);
}

/** Signers of the certificate have that state, in turn beginning after `last`. */
function nextSource(
  core: Core,
  { votes }: CheckpointCertificate,
  last: ReplicaIndex,
): ReplicaIndex {
  for (let step = 1; step <= core.n; step++) {
    const candidate = (last + step) % core.n;
    if (candidate !== core.index && votes.some(({ replica }) => replica === candidate)) {
      return candidate;
    }
  }
  return (last + 1) % core.n;
}

function askForChunks(core: Core): void {
  const { transfer } = core.state;
  if (transfer === null || transfer.installing) return;
  const { sequence } = transfer.certificate.statement;
  const missing: number[] = [];
  for (const [chunk, bytes] of (transfer.chunks ?? [null]).entries()) {
    if (bytes === null) missing.push(chunk);
    if (missing.length === chunksInFlight) break;
  }
  for (const chunk of missing) core.send(transfer.source, { type: 'fetchState', sequence, chunk });
  core.setTimer('fetch', core.options.parameters.statusIntervalMs);
}

/** The source is silent or lied: on to the next. */
function changeSource(core: Core): void {
  const { transfer } = core.state;
  if (transfer === null) return;
  transfer.source = nextSource(core, transfer.certificate, transfer.source);
  transfer.chunks = null;
  transfer.received = 0;
  transfer.receivedBytes = 0;
  transfer.installing = false;
  transfer.silentTimers = 0;
  askForChunks(core);
}

/** Chunks that were lost are asked for again; a silent source is left for the next. */
export function onFetchTimer(core: Core): void {
  const { transfer, ahead } = core.state;
  if (transfer === null || transfer.installing) return;
  const { sequence } = transfer.certificate.statement;
  if (sequence <= core.state.lastExecuted && !core.behindBase) {
    core.state.transfer = null; // retransmission was quicker
    return;
  }
  transfer.silentTimers++;
  if (transfer.silentTimers <= patienceTimers) return askForChunks(core);
  // The cluster may have moved on to a checkpoint that all of them still hold.
  if (ahead !== null && ahead.statement.sequence > sequence) {
    core.state.transfer = null;
    return startTransfer(core, ahead);
  }
  changeSource(core);
}

export function onFetchState(core: Core, from: ReplicaIndex, m: MessageOf<'fetchState'>): void {
  const { stable, previousStable } = core.state;
  if (core.behindBase) return;
  if (m.sequence === core.lowWatermark || m.sequence === previousStable) {
    core.emit({ type: 'serveChunk', to: from, sequence: m.sequence, chunk: m.chunk });
  } else if (stable !== null && m.sequence < core.lowWatermark) {
    core.send(from, { type: 'stableCheckpoint', certificate: stable });
  }
}

export function onStateChunk(core: Core, from: ReplicaIndex, m: MessageOf<'stateChunk'>): void {
  const { transfer } = core.state;
  if (transfer === null || transfer.installing || from !== transfer.source) return;
  if (m.sequence !== transfer.certificate.statement.sequence) return;
  if (m.chunks < 1 || m.chunks > limits.stateChunks || m.chunk >= m.chunks) {
    core.strike(from, `chunk ${m.chunk} of ${m.chunks}`);
    return changeSource(core);
  }
  if (transfer.chunks === null) transfer.chunks = new Array(m.chunks).fill(null);
  if (transfer.chunks.length !== m.chunks) {
    core.strike(from, 'changed its mind on the number of chunks');
    return changeSource(core);
  }
  if (transfer.chunks[m.chunk] !== null) return;
  transfer.receivedBytes += m.bytes.length;
  if (transfer.receivedBytes > limits.stateBytes) {
    core.strike(from, `a state of more than ${limits.stateBytes} bytes`);
    return changeSource(core);
  }
  transfer.chunks[m.chunk] = m.bytes;
  transfer.silentTimers = 0;
  transfer.received++;
  if (transfer.received < m.chunks) {
    if (transfer.received % chunksInFlight === 1 % chunksInFlight) askForChunks(core);
    return;
  }
  core.cancelTimer('fetch');
  if (m.sequence <= core.state.lastExecuted && !core.behindBase) {
    core.state.transfer = null; // retransmission was quicker
    return;
  }
  transfer.installing = true;
  const chunks = transfer.chunks.filter((chunk) => chunk !== null);
  core.emit({ type: 'install', certificate: transfer.certificate, chunks });
}

/** The service took the state, or found that it does not give the certified digest. */
export function onInstalled(core: Core, input: Extract<Input, { type: 'installed' }>): void {
  const { state } = core;
  const { transfer } = state;
  if (transfer === null || !transfer.installing) return;
  if (!input.ok) {
    core.strike(transfer.source, 'state does not give the certified digest');
    return changeSource(core);
  }
  state.transfer = null;
  const { sequence, timestamp } = transfer.certificate.statement;
  state.lastHanded = sequence;
  state.lastExecuted = sequence;
  state.lastTimestamp = timestamp;
  core.behindBase = false;
  becomeStable(core, transfer.certificate);
  remarkProposed(core);
  executeDecided(core);
}
