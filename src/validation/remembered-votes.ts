import { equalBytes } from '../base/bytes.ts';
import type { VerifyVote } from '../pbft/replica.ts';
import { maxRememberedVotes } from './limits.ts';

interface GoodVote {
  readonly payload: Uint8Array;
  readonly signature: Uint8Array;
}

/**
 * A verifier that checks each good vote once: one vote covers a whole batch, so every answer of
 * the batch brings the same signature again. Only good ones are remembered: a bad signature has
 * endless variants. Share one between all clients of a process.
 */
export function rememberVotes(verify: VerifyVote, capacity = maxRememberedVotes): VerifyVote {
  const known = new Map<string, Uint8Array>();
  /** By replica, asked for last: the answers of a batch follow on each other. */
  const latest: (GoodVote | undefined)[] = [];
  return (replica, payload, signature) => {
    const last = latest[replica];
    if (last !== undefined && isVote(last, payload, signature)) return true;
    const id = `${replica}/${Buffer.from(payload).toString('latin1')}`;
    const good = known.get(id);
    if (good === undefined || !equalBytes(good, signature)) {
      if (!verify(replica, payload, signature)) return false;
      if (known.size >= capacity) {
        const oldest = known.keys().next();
        if (!oldest.done) known.delete(oldest.value);
      }
      known.set(id, signature.slice());
    }
    latest[replica] = { payload: payload.slice(), signature: signature.slice() };
    return true;
  };
}

function isVote(vote: GoodVote, payload: Uint8Array, signature: Uint8Array): boolean {
  return equalBytes(vote.signature, signature) && equalBytes(vote.payload, payload);
}
