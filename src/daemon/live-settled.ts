import type { FinalOutcome } from '../trustchain/request-desk.ts';
import type { LiveSettled } from './live.ts';

/** What the live page is told of a request that came to its end. */
export function settledFor(
  requestId: string,
  outcome: FinalOutcome,
  latencyMs: number,
): LiveSettled {
  if (outcome.type === 'issued') {
    const { serial } = outcome.certificate;
    return { kind: 'issued', text: `request ${requestId}`, serial, latencyMs };
  }
  const why =
    outcome.type === 'invalid'
      ? outcome.failures.map(({ proof, reason }) => `${proof}: ${reason}`).join('; ')
      : `${outcome.refusal.code}: ${outcome.refusal.detail}`;
  return { kind: 'refused', text: `request ${requestId}: ${why}`, serial: null, latencyMs };
}
