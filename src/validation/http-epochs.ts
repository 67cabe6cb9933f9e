import type { EpochChain } from '../ledger/epoch-chain.ts';
import { epochChangeFromJson } from '../runtime/certificate-json.ts';
import { type Attempt, faulty } from './http-fault.ts';
import type { HttpQuestion, HttpTransport } from './http-transport.ts';
import { maxValidatorsBytes } from './limits.ts';
import { validatorsSchema } from './wire/cluster-answers.ts';

const question: HttpQuestion = {
  method: 'GET',
  path: '/consensus/validators',
  maxBytes: maxValidatorsBytes,
};

/** Only the changes are read: they prove themselves, the rest is the node's word. */
const changesSchema = validatorsSchema.pick({ changes: true });

/**
 * Takes up what this node shows of the epochs after the newest one known. Each is certified by the
 * one before, so the node is believed in nothing. Which epoch it leads to is not asked here: an
 * answer from an epoch nobody proved is no answer.
 */
export async function followEpochs(
  endpoint: URL,
  transport: HttpTransport,
  epochs: EpochChain,
  signal: AbortSignal,
): Promise<Attempt<null>> {
  const answered = await transport.ask(endpoint, question, signal);
  if (!answered.ok) return answered;
  const parsed = changesSchema.safeParse(answered.value.json);
  if (!parsed.success) {
    const issue = parsed.error.issues[0];
    return faulty('malformed', `validators: ${issue?.path.join('.')}: ${issue?.message}`);
  }
  for (const json of parsed.data.changes) {
    const change = epochChangeFromJson(json);
    const { epoch } = change.certificate.statement;
    if (epoch < epochs.current.validators.epoch) continue;
    const reason = epochs.extend(change);
    if (reason !== null) return faulty('lying', `change after epoch ${epoch}: ${reason}`);
  }
  return { ok: true, value: null };
}
