import { assert } from '../base/assert.ts';
import { onOwnCheckpoint } from './checkpoint.ts';
import { expectAsMany } from './gathering.ts';
import { noteAgreement } from './idle-primary.ts';
import { findBatch, forgetPending } from './log.ts';
import type { Input } from './replica.ts';
import type { Core } from './state.ts';
import { shortenTimeout } from './view-change.ts';

/** §4.2: hands decided batches to the service in order of sequence, each once. */
export function executeDecided(core: Core): void {
  const { state } = core;
  if (state.transfer?.installing || core.behindBase) return;
  for (;;) {
    const decided = state.slots.get(state.lastHanded + 1)?.decided;
    if (!decided) return;
    const batch = findBatch(core, decided.header.statement.batchDigest);
    if (batch === null) assert(false, `no batch for decided sequence ${state.lastHanded + 1}`);
    state.lastHanded++;
    core.emit({ type: 'execute', certificate: decided, batch });
  }
}

/**
 * The service ran the next batch: vote over what came of it, for the clients and the checkpoint.
 */
export function onExecuted(core: Core, input: Extract<Input, { type: 'executed' }>): void {
  const { state, options } = core;
  const { sequence, timestamp, resultsRoot, stateDigest } = input;
  const { lastExecuted } = state;
  if (sequence !== lastExecuted + 1) assert(false, `executed ${sequence} after ${lastExecuted}`);
  state.lastExecuted = sequence;
  state.lastTimestamp = timestamp;
  // Decided in views this replica may not know of yet: as their primary it proposes above.
  state.lastProposed = Math.max(state.lastProposed, sequence);
  const slot = state.slots.get(sequence);
  const decided = slot?.decided;
  if (!slot || !decided) assert(false, `executed ${sequence}, which is not decided`);
  const batch = findBatch(core, decided.header.statement.batchDigest) ?? [];
  noteAgreement(core, slot);
  if (batch.length > 0) expectAsMany(core, decided.header);
  forgetPending(core, batch);
  if (batch.length > 0) shortenTimeout(core);
  if (!core.mayVote()) return;
  const { epoch } = options.validators;
  const isCheckpoint = sequence % options.parameters.checkpointInterval === 0;
  if (batch.length === 0 && !isCheckpoint) return;
  const statement = { epoch, sequence, timestamp, resultsRoot, stateDigest };
  const vote = core.seal({ type: 'result', ...statement });
  if (batch.length > 0) core.emit({ type: 'reply', vote });
  if (isCheckpoint) onOwnCheckpoint(core, vote);
}
