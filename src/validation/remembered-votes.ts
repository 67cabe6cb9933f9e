import { equalBytes } from '../base/bytes.ts';
import type { VerifyVote } from '../pbft/replica.ts';
import { maxRememberedVotes } from './limits.ts';

/**
 * A verifier that checks each good vote once: one vote covers a whole batch, so every answer of
 * the batch brings the same signature again. Only good ones are remembered: a bad signature has
 * endless variants. Share one between all clients of a process.
 */
export function rememberVotes(verify: VerifyVote, capacity = maxRememberedVotes): VerifyVote {
  const known = new Map<string, Uint8Array>();
  return (replica, payload, signature) => {
    const id = `${replica}/${Buffer.from(payload).toString('latin1')}`;
    const good = known.get(id);
    if (good !== undefined && equalBytes(good, signature)) return true;
    if (!verify(replica, payload, signature)) return false;
    if (known.size >= capacity) {
      const oldest = known.keys().next();
      if (!oldest.done) known.delete(oldest.value);
    }
    known.set(id, signature.slice());
    return true;
  };
}
