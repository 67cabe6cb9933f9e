import type { Digest } from '../base/digest.ts';
import { answerIsUnder } from '../pbft/certified-answer.ts';
import { decodeMessage } from '../pbft/message-codec.ts';
import type { Answer, MessageOf, ReplicaIndex } from '../pbft/messages.ts';
import type { ValidatorSet, VerifyVote } from '../pbft/replica.ts';
import { type Address, replicaAddress } from '../runtime/ports.ts';

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
  | 'path'
  | 'signature'
  | 'contradiction';

export type CheckedReply =
  | {
      readonly ok: true;
      readonly reply: MessageOf<'reply'>;
      /** Those of its answers that somebody here waits for, one per request. */
      readonly answers: readonly Answer[];
    }
  | { readonly ok: false; readonly ignored: IgnoredReply; readonly detail: string };

function ignore(ignored: IgnoredReply, detail: string): CheckedReply {
  return { ok: false, ignored, detail };
}

/** The replica behind a link, or null for a stranger's. */
export function replicaBehind(from: Address, validators: ValidatorSet): ReplicaIndex | null {
  const index = validators.publicKeys.findIndex((_, i) => replicaAddress(i) === from);
  return index < 0 ? null : index;
}

/**
 * Checks one frame that came over the link of replica `link`: the cheap rules first, the signature
 * last and only when an answer is still wanted.
 */
export function checkReply(
  link: ReplicaIndex,
  frame: Uint8Array,
  isAsked: (requestDigest: Digest) => boolean,
  validators: ValidatorSet,
  verify: VerifyVote,
): CheckedReply {
  const decoded = decodeMessage(frame);
  if (!decoded.ok) return ignore('malformed', decoded.reason);
  const reply = decoded.value;
  if (reply.type !== 'reply') return ignore('unexpected', `a ${reply.type} sent to a client`);
  const { sender, payload, signature, statement } = reply.vote;
  if (sender !== link) return ignore('impersonation', `a vote of replica ${sender}`);
  if (statement.epoch !== validators.epoch) {
    return ignore('epoch', `membership epoch ${statement.epoch}, not ${validators.epoch}`);
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
  if (!verify(sender, payload, signature)) return ignore('signature', 'the vote does not verify');
  return { ok: true, reply, answers: [...answers.values()] };
}
