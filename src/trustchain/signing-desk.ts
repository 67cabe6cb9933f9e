import { assert } from '../base/assert.ts';
import type { Clock, Journal, JournalEntry, JournalWrite } from '../runtime/ports.ts';
import { CertificateStore, type IssuedCertificate, requestName } from './certificate-store.ts';
import { readIssued, serialOfTbs } from './issuance.ts';
import {
  type DraftRecord,
  encodeDraft,
  encodeIntent,
  encodeIssued,
  type IntentRecord,
  onlyKey,
  recordKeys,
} from './issuance-record.ts';
import { type Issuer, signCertificate } from './issuer.ts';
import { readJournal } from './recovery.ts';
import { RevocationDesk } from './revocation-desk.ts';
import type { ServiceUrls } from './service-urls.ts';

type Done = (error: Error | null) => void;
type Signed = (error: Error | null, certificate: IssuedCertificate | null) => void;

/**
 * The only place that uses the issuing key on leaves. What is signed is on disk first, and what was
 * signed is on disk before anyone sees it, so a crash between any two steps loses and doubles
 * nothing: the same bytes are signed again, and no certificate left before it was kept.
 */
export class SigningDesk {
  readonly store = new CertificateStore();
  readonly revocations: RevocationDesk;
  private readonly issuer: Issuer;
  private readonly journal: Journal | null;
  /** After a failed write nobody knows what is on disk: nothing more is signed until a restart. */
  private failure: Error | null = null;

  constructor(issuer: Issuer, clock: Clock, journal: Journal | null, urls: ServiceUrls | null) {
    this.issuer = issuer;
    this.journal = journal;
    this.revocations = new RevocationDesk({
      issuer,
      urls,
      clock,
      store: this.store,
      write: (write, done) => this.write(write, done),
    });
  }

  /** Why nothing can be signed; null when it can. */
  get broken(): Error | null {
    return this.failure;
  }

  /** Before the operation leaves: a vote that comes back later finds what it was on. */
  keepDraft(serial: string, record: DraftRecord, done: Done): void {
    const puts = [{ key: recordKeys.draft(serial), value: encodeDraft(record) }];
    this.write({ puts, deletes: [] }, done);
  }

  forgetDrafts(serials: readonly string[], done: Done): void {
    if (serials.length === 0) return done(null);
    const deletes = serials.map((serial) => onlyKey(recordKeys.draft(serial)));
    this.write({ puts: [], deletes }, done);
  }

  forgetExpired(nowMs: number, done: Done): void {
    this.revocations.forgetExpired(() => {}); // a failure stays in `broken`
    const serials = this.store.forgetExpired(nowMs);
    if (serials.length === 0) return done(null);
    const deletes = serials.map((serial) => onlyKey(recordKeys.issued(serial)));
    this.write({ puts: [], deletes }, done);
  }

  /** Intent on disk, signature, certificate on disk and in the store, out. */
  issue(serial: string, intent: IntentRecord, done: Signed): void {
    const puts = [{ key: recordKeys.intent(serial), value: encodeIntent(intent) }];
    this.write({ puts, deletes: [] }, (error) => {
      if (error !== null) return done(error, null);
      this.sign(serial, intent, done);
    });
  }

  private sign(serial: string, intent: IntentRecord, done: Signed): void {
    const { tbs, ...rest } = intent;
    const record = { ...rest, certificate: signCertificate(tbs, this.issuer.key) };
    const certificate = readIssued(record);
    assert(certificate !== null && certificate.serial === serial, 'we read what we wrote');
    const puts = [{ key: recordKeys.issued(serial), value: encodeIssued(record) }];
    const deletes = [onlyKey(recordKeys.intent(serial)), onlyKey(recordKeys.draft(serial))];
    this.write({ puts, deletes }, (error) => {
      if (error !== null) return done(error, null);
      this.store.add(record, certificate);
      done(null, certificate);
    });
  }

  private write(write: JournalWrite, done: Done): void {
    if (this.journal === null) return done(null);
    if (this.failure !== null) return done(this.failure);
    this.journal.write(write, (error) => {
      this.failure ??= error;
      done(this.failure);
    });
  }

  /**
   * Reads the journal after a start, before anything else. Certificates are back in the store, what
   * was about to be signed is signed; calls back with the drafts whose vote is still open, or with
   * an error when the journal is not what this room writes.
   */
  recover(done: (error: Error | null, drafts: readonly DraftRecord[]) => void): void {
    if (this.journal === null) return done(null, []);
    this.journal.load((error, entries) => {
      if (error !== null) return done(error, []);
      this.restore(entries, done);
    });
  }

  private restore(
    entries: readonly JournalEntry[],
    done: (error: Error | null, drafts: readonly DraftRecord[]) => void,
  ): void {
    const found = readJournal(entries);
    if (found instanceof Error) return done(found, []);
    for (const { record, certificate } of found.issued) this.store.add(record, certificate);
    this.revocations.restore(found.revocations, found.crlNumber);
    const intended = new Set(found.intents.map((intent) => requestName(intent)));
    const drafts = found.drafts.filter((draft) => !intended.has(requestName(draft)));
    let left = found.intents.length;
    if (left === 0) return done(null, drafts);
    for (const intent of found.intents) {
      const serial = serialOfTbs(intent.tbs);
      assert(serial !== null, 'readJournal lets only certificates of ours through');
      this.sign(serial, intent, () => {
        left -= 1;
        if (left === 0) done(this.failure, drafts);
      });
    }
  }
}
