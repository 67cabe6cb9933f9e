import { assert } from '../base/assert.ts';
import { type Decoded, decode, Writer } from '../base/codec.ts';
import { type Digest, digest } from '../base/digest.ts';
import { resultCertificateDigest } from '../pbft/certificates.ts';
import type { ValidatorSet } from '../pbft/replica.ts';
import type { CertifiedAnswer } from '../runtime/validator.ts';
import type { IssuedCertificate } from './certificate-store.ts';
import { encodeConsensusBody } from './consensus-extension.ts';
import { limits } from './limits.ts';
import { behindSerial, formatProofFile, parseProofFile, withSerial } from './proof-file.ts';

/** The serial of no certificate. */
const nobody = '0'.repeat(2 * limits.serialBytes);

/** What the store keeps of the quorum's answer. */
export type Decided = Pick<
  IssuedCertificate,
  'epoch' | 'sequence' | 'view' | 'decidedAtMs' | 'voters'
>;

/**
 * What certificates say of the quorum's answer, in their extension and in their proof files. It is
 * most of both, and the same for all requests that were decided under one signature: so it is made,
 * kept in memory and written to disk once for all of them, and put between what is a certificate's
 * own when somebody wants to see one.
 */
export class SharedAnswer {
  readonly decided: Decided;
  /**
   * As it stands in the consensus extension; empty for what was recorded before answers were
   * shared, whose certificates are kept whole.
   */
  readonly body: Uint8Array;
  /** A proof file from behind its serial. */
  private readonly proofRest: string;
  private named: Digest | null = null;

  private constructor(body: Uint8Array, proofRest: string, decided: Decided) {
    this.body = body;
    this.proofRest = proofRest;
    this.decided = decided;
  }

  static of(
    certified: CertifiedAnswer,
    validators: ValidatorSet,
    validatorSetHash: Digest,
  ): SharedAnswer {
    const { certificate, answer, view } = certified;
    const clusterId = validators.chainId;
    const carriesVotes = validators.publicKeys.length <= limits.replicasWithVotesInCertificate;
    const body = encodeConsensusBody({
      clusterId,
      view,
      validatorSetHash,
      resultCertificateHash: resultCertificateDigest(certificate),
      statement: certificate.statement,
      answer,
      votes: carriesVotes ? certificate.votes : null,
    });
    const file = { serial: nobody, clusterId, view, validatorSetHash, certificate, answer };
    return new SharedAnswer(body, behindSerial(formatProofFile(file)), decidedIn(certified));
  }

  /** Of a proof file that stood beside its certificate as a whole; null: it is none. */
  static ofProofFile(proofJson: string): SharedAnswer | null {
    const parsed = parseProofFile(proofJson);
    if (!parsed.ok) return null;
    return new SharedAnswer(new Uint8Array(), behindSerial(proofJson), decidedIn(parsed.value));
  }

  /** Names it on disk; of all it holds. */
  get id(): Digest {
    this.named ??= digest('hypermesh/sharedAnswer', this.encode());
    return this.named;
  }

  /** `proofs/<serial>.json` of a certificate that was issued on it. */
  proofJson(serial: string): string {
    return withSerial(serial, this.proofRest);
  }

  /** The quorum's answer itself; reading it takes a while. */
  get certified(): CertifiedAnswer {
    const parsed = parseProofFile(this.proofJson(nobody));
    assert(parsed.ok, 'proof files are written here, or were read before');
    const { certificate, answer, view } = parsed.value;
    return { certificate, answer, view };
  }

  encode(): Uint8Array {
    const { body, proofRest } = this;
    const writer = new Writer(body.length + proofRest.length + 16);
    return writer.bytes(body).text(proofRest).finish();
  }

  static decode(bytes: Uint8Array): Decoded<SharedAnswer> {
    return decode(bytes, (reader) => {
      const body = reader.bytes(limits.certificateBytes, 'body').slice();
      const rest = reader.text(limits.proofJsonBytes, 'proof');
      const parsed = parseProofFile(withSerial(nobody, rest));
      if (!parsed.ok) return reader.fail(parsed.reason);
      return new SharedAnswer(body, rest, decidedIn(parsed.value));
    });
  }
}

export function decidedIn({ certificate, view }: Omit<CertifiedAnswer, 'answer'>): Decided {
  const { statement, votes } = certificate;
  const { epoch, sequence, timestamp: decidedAtMs } = statement;
  return { epoch, sequence, view, decidedAtMs, voters: votes.map(({ replica }) => replica) };
}
