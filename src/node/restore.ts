import { type Epoch, epochOf, firstEpoch } from './epoch.ts';
import type { NodeOptions } from './options.ts';
import type { Service } from './service.ts';
import { type Recovered, recover } from './store.ts';

interface Restored extends Recovered {
  /** The one that the restored state belongs to. */
  readonly epoch: Epoch;
}

/**
 * Reads what a journal holds and puts the newest stable checkpoint in place; an error when the disk
 * does not hold what was written.
 */
export function restore(
  options: NodeOptions,
  service: Service,
  entries: Parameters<typeof recover>[0],
): Restored | Error {
  const recovered = recover(entries);
  if (recovered instanceof Error) return recovered;
  const { state, changes } = recovered;
  const first = { ...recovered, epoch: firstEpoch(options) };
  if (state === null) return first;
  const { sequence, stateDigest } = state.certificate.statement;
  if (!service.restore(sequence, stateDigest, state.entries)) {
    return new Error('the state on disk does not give its certified digest');
  }
  const { membership } = service;
  if (membership.epoch === 0) return first;
  const change = changes[membership.epoch - 1];
  if (change === undefined) return new Error(`epoch ${membership.epoch} without its beginning`);
  return { ...recovered, epoch: epochOf(options, membership, change.certificate) };
}
