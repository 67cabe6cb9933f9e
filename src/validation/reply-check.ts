import type { Decoded } from '../base/codec.ts';
import type { Digest } from '../base/digest.ts';
import type { EpochChain } from '../ledger/epoch-chain.ts';
import { answerIsUnder } from '../pbft/certified-answer.ts';
import type { Answer, Message, MessageOf } from '../pbft/messages.ts';
import type { Address } from '../runtime/ports.ts';
import type { Directory } from './directory.ts';

/**
 * Why a reply does not count. `late` answers nothing that is still asked and is nobody's fault;
 * every other kind is one no correct replica sends.
 */
export type IgnoredReply =
  | 'late'
  | 'malformed'
  | 'unexpected'
  | 'impersonation'
  | 'epoch'
  | 'epochChange'
  | 'path'
  | 'signature'
  | 'contradiction';

export type CheckedReply =
  | {
      readonly ok: true;
      readonly reply: MessageOf<'reply'>;
      /** Those of its answers that somebody here waits for, one per request. */
      readonly answers: readonly Answer[];
      /** Members of the epoch the vote was given in. */
      readonly n: number;
    }
  | { readonly ok: false; readonly ignored: IgnoredReply; readonly detail: string };

function ignore(ignored: IgnoredReply, detail: string): CheckedReply {
  return { ok: false, ignored, detail };
}

/**
 * Checks one frame that came over the link `from`: the cheap rules first, the signature last and
 * only when an answer is still wanted. A vote counts in the epoch it was given in, for as long as
 * that epoch lasted: answers of an epoch that is over stay true.
 */
export function checkReply(
  from: Address,
  decoded: Decoded<Message>,
  isAsked: (requestDigest: Digest) => boolean,
  epochs: EpochChain,
  directory: Directory,
): CheckedReply {
  if (!decoded.ok) return ignore('malformed', decoded.reason);
  const reply = decoded.value;
  if (reply.type !== 'reply') return ignore('unexpected', `a ${reply.type} sent to a client`);
  const { sender, payload, signature, statement } = reply.vote;
  const epoch = epochs.at(statement.epoch);
  const reason = epochs.rejectSequence(statement);
  if (epoch === null || reason !== null) return ignore('epoch', reason ?? '');
  if (directory.addressOf(statement.epoch, sender) !== from) {
    return ignore('impersonation', `a vote of replica ${sender} of epoch ${statement.epoch}`);
  }
  const answers = new Map<Digest, Answer>();
  for (const answer of reply.answers) {
    if (!isAsked(answer.requestDigest)) continue;
    if (answers.has(answer.requestDigest)) {
      return ignore('contradiction', `two answers to ${answer.requestDigest.slice(0, 8)}`);
    }
    if (!answerIsUnder(statement.resultsRoot, answer)) {
      return ignore('path', `result ${answer.index} of ${answer.batchSize} is not under the root`);
    }
    answers.set(answer.requestDigest, answer);
  }
  if (answers.size === 0) return ignore('late', 'answers nothing that is asked');
  const n = epoch.validators.publicKeys.length;
  return epoch.verify(sender, payload, signature)
    ? { ok: true, reply, answers: [...answers.values()], n }
    : ignore('signature', 'the vote does not verify');
}
