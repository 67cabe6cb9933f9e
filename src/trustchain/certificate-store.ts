import { toHex } from '../base/bytes.ts';
import type { Digest } from '../base/digest.ts';
import type { ReplicaIndex } from '../pbft/messages.ts';
import type { CertifiedAnswer } from '../runtime/validator.ts';
import type { RequestKey } from './issuance-record.ts';
import { limits } from './limits.ts';

/** One issued certificate and what a stranger needs to check it. */
export interface IssuedCertificate {
  /** 32 lower-case hex digits: the name of its files. */
  readonly serial: string;
  readonly der: Uint8Array;
  readonly pem: string;
  /** What `proofs/<serial>.json` holds. */
  readonly proofJson: string;
  /** The quorum's answer it was issued on; reading it takes a while. */
  readonly certified: CertifiedAnswer;
  /** At which the vote was taken. */
  readonly sequence: number;
  readonly view: number;
  /** The agreed time of the decision, milliseconds since 1970. */
  readonly decidedAtMs: number;
  readonly notAfterMs: number;
  /** Node key of who asked for it, 32 bytes. */
  readonly nodeId: Uint8Array;
  /** Membership epoch of the vote, and the replicas of that epoch whose votes it was issued on. */
  readonly epoch: number;
  readonly voters: readonly ReplicaIndex[];
  /** Of its entry in the transparency log. */
  readonly logIndex: number;
}

/** Names one request of one node in maps. */
export function requestName(key: Pick<RequestKey, 'nodeId' | 'requestId'>): string {
  return `${toHex(key.nodeId)}/${key.requestId}`;
}

interface Entry {
  readonly certificate: IssuedCertificate;
  readonly fingerprint: Digest;
  readonly name: string;
}

/** Is told of what the store holds, at once: what others derive from it never lags behind. */
export interface StoreReader {
  /** `der`: the certificate's, which it would have to put together. */
  onAdded(certificate: IssuedCertificate, der: Uint8Array): void;
  onForgotten(serial: string): void;
}

/** Issued certificates by serial and by request, in memory; forgets them once they expired. */
export class CertificateStore {
  private readonly bySerial = new Map<string, Entry>();
  private readonly byRequest = new Map<string, Entry>();

  private readonly readers: StoreReader[] = [];

  /** From now on; and of everything that is there already. */
  read(reader: StoreReader): void {
    this.readers.push(reader);
    for (const { certificate } of this.bySerial.values()) {
      reader.onAdded(certificate, certificate.der);
    }
  }

  get size(): number {
    return this.bySerial.size;
  }

  get full(): boolean {
    return this.bySerial.size >= limits.storedCertificates;
  }

  add(key: RequestKey, certificate: IssuedCertificate, der: Uint8Array): void {
    const entry = { certificate, fingerprint: key.fingerprint, name: requestName(key) };
    this.bySerial.set(certificate.serial, entry);
    this.byRequest.set(entry.name, entry);
    for (const reader of this.readers) reader.onAdded(certificate, der);
  }

  get(serial: string): IssuedCertificate | null {
    return this.bySerial.get(serial)?.certificate ?? null;
  }

  /** What this request got, and for which key and names. */
  ofRequest(name: string): { certificate: IssuedCertificate; fingerprint: Digest } | null {
    return this.byRequest.get(name) ?? null;
  }

  all(): IssuedCertificate[] {
    return [...this.bySerial.values()].map(({ certificate }) => certificate);
  }

  /** Serials forgotten: those whose certificates ended before `nowMs`. */
  forgetExpired(nowMs: number): string[] {
    const expired = [...this.bySerial.values()].filter(
      ({ certificate }) => certificate.notAfterMs < nowMs,
    );
    for (const { certificate, name } of expired) {
      this.bySerial.delete(certificate.serial);
      this.byRequest.delete(name);
      for (const reader of this.readers) reader.onForgotten(certificate.serial);
    }
    return expired.map(({ certificate }) => certificate.serial);
  }
}
