import { assert } from '../base/assert.ts';
import { fromHex } from '../base/bytes.ts';
import { type Decoded, decode, Writer } from '../base/codec.ts';
import type { Clock, JournalWrite } from '../runtime/ports.ts';
import type { CertificateStore, IssuedCertificate } from './certificate-store.ts';
import { forfeitedBy } from './condemned.ts';
import { crlLifetimeMs, makeCrl } from './crl.ts';
import { onlyKey } from './issuance-record.ts';
import type { Issuer } from './issuer.ts';
import { OcspResponder, type Standing } from './ocsp.ts';
import { toPem } from './pem.ts';
import {
  encodeRevocation,
  isSignedBySubject,
  type Revocation,
  type RevocationAuthority,
  type RevocationOutcome,
  type RevocationReason,
} from './revocation.ts';
import { crlUrl, type ServiceUrls, shardOf } from './service-urls.ts';

/** A signed list, in both forms. */
export interface Crl {
  readonly der: Uint8Array;
  /** Labelled as OpenSSL wants it: `X509 CRL`. */
  readonly pem: string;
  readonly number: number;
}

interface RevocationDeskOptions {
  readonly issuer: Issuer;
  /** Null: no addresses, hence one list of all. */
  readonly urls: ServiceUrls | null;
  readonly clock: Clock;
  readonly store: CertificateStore;
  readonly write: (write: JournalWrite, done: (error: Error | null) => void) => void;
}

/** The whole, or the serials of one distribution point. */
type Scope = number | 'all';

const crlKey = 'crl/number';
export const revokedKey = (serial: string): string => `revoked/${serial}`;

/**
 * What was revoked, and the list that says so. Works without a quorum: taking trust back needs no
 * vote. A revocation takes effect at once, in the next list
 * that is fetched, and is on disk before it is confirmed.
 */
export class RevocationDesk {
  private readonly options: RevocationDeskOptions;
  private readonly revocations = new Map<string, Revocation>();
  /** On their way to the disk, in no list yet. */
  private readonly underway = new Map<string, Revocation>();
  private readonly responder: OcspResponder;
  private readonly readers: ((revocation: Revocation) => void)[] = [];
  private number = 0;
  /** The newest list of each shard, and of all. */
  private readonly current = new Map<Scope, Crl & { readonly signedAtMs: number }>();

  constructor(options: RevocationDeskOptions) {
    this.options = options;
    this.responder = new OcspResponder(options.issuer, (serial) => this.standingOf(serial));
  }

  /** Of a certificate of ours, as OCSP puts it. */
  private standingOf(serial: string): Standing {
    const revocation = this.get(serial);
    if (revocation !== null) return revocation;
    return this.options.store.get(serial) === null ? 'unknown' : 'good';
  }

  /** Answers any bytes with an OCSP response (RFC 6960): what stands at `/ocsp`. */
  ocsp(request: Uint8Array): Uint8Array {
    return this.responder.answer(request, this.options.clock.nowMs());
  }

  /** `reader` is told of every revocation the moment it counts, and of all before. */
  read(reader: (revocation: Revocation) => void): void {
    this.readers.push(reader);
    for (const revocation of this.all()) reader(revocation);
  }

  /** Null: in good standing, or unknown. */
  get(serial: string): Revocation | null {
    return this.revocations.get(serial) ?? null;
  }

  all(): Revocation[] {
    return [...this.revocations.values()];
  }

  /**
   * Revokes on the word of the operator or of the certificate's own key. The first revocation of a
   * serial stands. Unknown serials are `unknown`, never a silent yes.
   */
  revoke(
    serial: string,
    reason: RevocationReason,
    authority: RevocationAuthority,
    done: (outcome: RevocationOutcome) => void,
  ): void {
    const certificate = this.options.store.get(serial);
    if (certificate === null) return done({ type: 'unknown' });
    if (
      authority.by === 'subject' &&
      !isSignedBySubject(certificate.pem, serial, reason, authority.signature)
    ) {
      return done({ type: 'unauthorised' });
    }
    const revokedAtMs = this.options.clock.nowMs();
    const { notAfterMs } = certificate;
    const first = this.get(serial) ?? this.underway.get(serial);
    const revocation = first ?? { serial, reason, revokedAtMs, notAfterMs };
    this.underway.set(serial, revocation);
    const puts = [{ key: revokedKey(serial), value: encodeRevocation(revocation) }];
    this.options.write({ puts, deletes: [] }, (error) => {
      this.underway.delete(serial);
      if (error !== null) return done({ type: 'storageFailed', detail: error.message });
      // Not before: a list that says it must not be followed by one that forgot it in a crash.
      if (this.get(serial) === null) this.outdate(serial);
      this.keep(revocation);
      done({ type: 'revoked', revocation });
    });
  }

  private shardOf(serial: string): Scope {
    const { urls } = this.options;
    const octets = fromHex(serial);
    assert(octets !== null, 'serials are hex');
    return urls === null ? 'all' : shardOf(octets, urls.crlShards);
  }

  /** The lists that must say something new. */
  private outdate(serial: string): void {
    this.current.delete('all');
    this.current.delete(this.shardOf(serial));
  }

  /** The newest list of all; signed anew when something changed or half its life is over. */
  crl(done: (error: Error | null, crl: Crl | null) => void): void {
    this.list('all', null, done);
  }

  /** The newest list of one distribution point; `crl` is null when there is no such shard. */
  crlShard(shard: number, done: (error: Error | null, crl: Crl | null) => void): void {
    const { urls } = this.options;
    const known = urls !== null && Number.isInteger(shard) && shard >= 0 && shard < urls.crlShards;
    if (!known) return done(null, null);
    this.list(shard, crlUrl(urls, shard), done);
  }

  private list(
    scope: Scope,
    distributionPoint: string | null,
    done: (error: Error | null, crl: Crl | null) => void,
  ): void {
    const nowMs = this.options.clock.nowMs();
    const current = this.current.get(scope);
    if (current !== undefined && nowMs - current.signedAtMs < crlLifetimeMs / 2) {
      return done(null, current);
    }
    // Numbers never repeat (RFC 5280 §5.2.3), also when the crash comes before the signature. One
    // row of numbers serves all lists: each of them sees it grow.
    this.number += 1;
    const { number } = this;
    const puts = [{ key: crlKey, value: new Writer(8).u53(number).finish() }];
    this.options.write({ puts, deletes: [] }, (error) => {
      if (error !== null) return done(error, null);
      const { issuer } = this.options;
      const revocations = this.all().filter(
        ({ serial }) => scope === 'all' || this.shardOf(serial) === scope,
      );
      const der = makeCrl({ issuer, revocations, number, nowMs, distributionPoint });
      const crl = { der, pem: toPem('X509 CRL', der), number, signedAtMs: nowMs };
      if ((this.current.get(scope)?.number ?? 0) < number) this.current.set(scope, crl);
      done(null, crl);
    });
  }

  /**
   * Takes back all certificates of requesters whose stake was slashed: on a quorum's word that came
   * with a refusal, or for whoever watches the cluster. Effective at once, on disk in the end.
   */
  withdraw(slashed: readonly Uint8Array[]): readonly IssuedCertificate[] {
    const forfeited = forfeitedBy(this.options.store.all(), slashed).filter(
      ({ serial }) => this.get(serial) === null,
    );
    for (const { serial } of forfeited) {
      // After a failed write nothing is issued any more, and a restart asks again.
      this.revoke(serial, 'privilegeWithdrawn', { by: 'operator' }, () => {});
    }
    return forfeited;
  }

  /** RFC 5280 §3.3: an entry stays on one list after its certificate's end, here for a day. */
  forgetExpired(done: (error: Error | null) => void): void {
    const nowMs = this.options.clock.nowMs();
    const old = this.all().filter(({ notAfterMs }) => nowMs - notAfterMs > 24 * crlLifetimeMs);
    if (old.length === 0) return done(null);
    for (const { serial } of old) this.revocations.delete(serial);
    const deletes = old.map(({ serial }) => onlyKey(revokedKey(serial)));
    this.options.write({ puts: [], deletes }, done);
  }

  restore(revocations: readonly Revocation[], number: number): void {
    for (const revocation of revocations) this.keep(revocation);
    this.number = number;
  }

  private keep(revocation: Revocation): void {
    this.revocations.set(revocation.serial, revocation);
    for (const reader of this.readers) reader(revocation);
  }
}

export function decodeCrlNumber(bytes: Uint8Array): Decoded<number> {
  return decode(bytes, (reader) => reader.u53('CRL number'));
}
