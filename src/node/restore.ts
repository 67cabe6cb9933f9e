import { type Epoch, epochOf } from './epoch.ts';
import type { NodeOptions } from './options.ts';
import type { Service } from './service.ts';
import type { Recovered } from './store.ts';

/**
 * Puts the newest stable checkpoint in place, and says which epoch that state belongs to: null for
 * the first one; an error when the disk does not hold what was written.
 */
export function restore(
  options: NodeOptions,
  service: Service,
  { state, changes }: Recovered,
): Epoch | Error | null {
  if (state === null) return null;
  const { sequence, stateDigest } = state.certificate.statement;
  if (!service.install(sequence, stateDigest, state.chunks)) {
    return new Error('the state on disk does not give its certified digest');
  }
  const { membership } = service;
  if (membership.epoch === 0) return null;
  const change = changes[membership.epoch - 1];
  if (change === undefined) return new Error(`epoch ${membership.epoch} without its beginning`);
  return epochOf(options, membership, change.certificate);
}
