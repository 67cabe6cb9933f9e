import { fromHex } from '../../base/bytes.ts';
import { leafHash, verifyMerklePath } from '../../base/merkle.ts';
import type { Court } from '../../pbft/replica.ts';
import { encodeStatement } from '../../pbft/statement-codec.ts';
import type { Seat } from '../../runtime/seat.ts';
import type { Acknowledged, Cast, Checker, Finding } from './checker.ts';

/**
 * What a client took for certified is so, by a count of its own: enough distinct replicas of the
 * set signed this very statement, and the result lies under its root. Shares signature and
 * encoding with the code under test, but no counting and no quorum arithmetic.
 */
export class CertificateSoundnessChecker implements Checker {
  readonly name = 'certificateSoundness';
  /** By epoch, as correct replicas know them; the clients' own chain is on trial here. */
  private readonly courts = new Map<number, Pick<Court, 'validators' | 'verify'>>();

  constructor(cast: Cast) {
    const { validators, verify } = cast;
    this.courts.set(validators.epoch, { validators, verify });
  }

  onSeat(_replica: number, { epoch, court }: Seat): null {
    if (!this.courts.has(epoch)) this.courts.set(epoch, court);
    return null;
  }

  onAcknowledged({ requestDigest, certified }: Acknowledged): Finding | null {
    const { certificate, answer } = certified;
    const { statement, votes } = certificate;
    const court = this.courts.get(statement.epoch);
    if (court === undefined) {
      const detail = `certified for membership epoch ${statement.epoch}`;
      return { sequence: statement.sequence, replicas: [], detail };
    }
    const { verify, validators } = court;
    const n = validators.publicKeys.length;
    const payload = encodeStatement(statement);
    const signers = new Set<number>();
    for (const { replica, signature } of votes) {
      if (replica < n && verify(replica, payload, signature)) signers.add(replica);
    }
    const finding = (detail: string) => ({
      sequence: statement.sequence,
      replicas: [...signers],
      detail,
    });
    // Any two such sets share more than f replicas: 2·signers − n > f, with 3f < n.
    const f = Math.ceil(n / 3) - 1;
    if (2 * signers.size - n <= f) {
      return finding(`${signers.size} of ${n} replicas signed: no quorum`);
    }
    if (signers.size !== votes.length) {
      return finding(`${votes.length} votes, ${signers.size} of them count`);
    }
    if (answer.requestDigest !== requestDigest) return finding('answers another request');
    const root = fromHex(statement.resultsRoot) ?? new Uint8Array();
    const leaf = leafHash(answer.result);
    return verifyMerklePath(root, answer.batchSize, answer.index, leaf, answer.path)
      ? null
      : finding('the result is not under the certified root');
  }
}
