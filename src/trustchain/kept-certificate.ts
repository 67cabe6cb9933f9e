import type { CertifiedAnswer } from '../runtime/validator.ts';
import type { IssuedCertificate } from './certificate-store.ts';
import { type OwnPart, ownPart, wholeOf } from './own-part.ts';
import { toPem } from './pem.ts';
import type { SharedAnswer } from './shared-answer.ts';

/**
 * An issued certificate as the store keeps it. Hundreds of thousands of them are in memory, so each
 * keeps what is its own, and is put together when somebody wants to see it.
 */
export class KeptCertificate implements IssuedCertificate {
  readonly serial: string;
  readonly notAfterMs: number;
  readonly nodeId: Uint8Array;
  readonly logIndex: number;
  readonly epoch: number;
  readonly sequence: number;
  readonly view: number;
  readonly decidedAtMs: number;
  readonly voters: IssuedCertificate['voters'];
  readonly answer: SharedAnswer;
  private readonly own: OwnPart;

  constructor(
    certificate: Uint8Array,
    answer: SharedAnswer,
    of: Pick<IssuedCertificate, 'serial' | 'notAfterMs' | 'nodeId' | 'logIndex'>,
  ) {
    this.serial = of.serial;
    this.notAfterMs = of.notAfterMs;
    this.nodeId = of.nodeId;
    this.logIndex = of.logIndex;
    const { epoch, sequence, view, decidedAtMs, voters } = answer.decided;
    this.epoch = epoch;
    this.sequence = sequence;
    this.view = view;
    this.decidedAtMs = decidedAtMs;
    this.voters = voters;
    this.answer = answer;
    this.own = ownPart(certificate, answer.body);
  }

  get der(): Uint8Array {
    return wholeOf(this.own, this.answer.body);
  }

  get pem(): string {
    return toPem('CERTIFICATE', this.der);
  }

  get proofJson(): string {
    return this.answer.proofJson(this.serial);
  }

  get certified(): CertifiedAnswer {
    return this.answer.certified;
  }
}
