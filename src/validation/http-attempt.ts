import type { EpochChain } from '../ledger/epoch-chain.ts';
import type { CertifiedAnswer } from '../runtime/validator.ts';
import { contradiction, readAnswer, rejectAnswer, trimVotes } from './http-answer.ts';
import type { Endpoint } from './http-endpoint.ts';
import { followEpochs } from './http-epochs.ts';
import { type Attempt, faulty } from './http-fault.ts';
import type { Flight } from './http-flight.ts';
import type { HttpTransport } from './http-transport.ts';

/**
 * One question to one endpoint, and the check of what it brings: an answer that is not under the
 * validators' signatures is that endpoint's fault, whatever else stands in it.
 */
export async function askOnce(options: {
  readonly endpoint: Endpoint;
  readonly transport: HttpTransport;
  readonly epochs: EpochChain;
  readonly flight: Flight;
  readonly signal: AbortSignal;
}): Promise<Attempt<CertifiedAnswer>> {
  const { endpoint, transport, epochs, flight, signal } = options;
  let lie: string | null = null;
  const attempt = await endpoint.run(async (): Promise<Attempt<CertifiedAnswer>> => {
    const answered = await transport.ask(endpoint.url, flight.question, signal);
    if (!answered.ok) return answered;
    const read = readAnswer(answered.value.json);
    if (!read.ok) return read;
    const { certified, claimedStatus } = read.value;
    if (certified.certificate.statement.epoch > epochs.current.validators.epoch) {
      const followed = await followEpochs(endpoint.url, transport, epochs, signal);
      if (!followed.ok) return followed;
    }
    const reason = rejectAnswer(certified, flight.digest, epochs);
    if (reason !== null) return faulty('lying', reason);
    lie = contradiction(claimedStatus, certified);
    return { ok: true, value: trimVotes(certified, epochs) };
  });
  // The certificate proves itself, whoever shows it; who twists it is not asked again for a while.
  if (lie !== null) await endpoint.strike(lie);
  return attempt;
}
