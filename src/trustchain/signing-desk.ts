import { assert } from '../base/assert.ts';
import { requestDigest } from '../pbft/envelope.ts';
import type { Clock, Journal, JournalEntry, JournalWrite } from '../runtime/ports.ts';
import { CertificateStore, type IssuedCertificate, requestName } from './certificate-store.ts';
import { issuedOf, serialOfTbs } from './issuance.ts';
import {
  type DraftRecord,
  encodeDraft,
  encodeIntent,
  encodeIssued,
  encodeLogSize,
  type IntentRecord,
  type IssuedRecord,
  onlyKey,
  recordKeys,
} from './issuance-record.ts';
import { type Issuer, signCertificate } from './issuer.ts';
import { leafViolation } from './lint/lint.ts';
import { poisoned, withSct } from './log/precertificate.ts';
import type { Logged, TransparencyLog } from './log/transparency-log.ts';
import { logDisagreement, loggedIntents } from './log-agreement.ts';
import { damaged, type FoundRecords, readJournal } from './recovery.ts';
import { RevocationDesk } from './revocation-desk.ts';
import type { ServiceUrls } from './service-urls.ts';
import type { SharedAnswer } from './shared-answer.ts';
import { SharedUse } from './shared-use.ts';

type Done = (error: Error | null) => void;
type Signed = (error: Error | null, certificate: IssuedCertificate | null) => void;

/** Going through all certificates takes a while when there are many; a second late does no harm. */
const lookIntervalMs = 1000;

export interface SigningDeskOptions {
  readonly issuer: Issuer;
  readonly log: TransparencyLog;
  readonly clock: Clock;
  /** Null: nothing survives a crash. */
  readonly journal: Journal | null;
  readonly urls: ServiceUrls | null;
}

/**
 * The only place that uses the issuing key on leaves. What is signed is on disk first, and what was
 * signed is on disk before anyone sees it, so a crash between any two steps loses and doubles
 * nothing: the same bytes are signed and logged, and no certificate left before it was kept.
 */
export class SigningDesk {
  readonly store = new CertificateStore();
  readonly revocations: RevocationDesk;
  private readonly issuer: Issuer;
  private readonly log: TransparencyLog;
  private readonly journal: Journal | null;
  /** Of operations by the drafts under way, of answers by intents and certificates. */
  private readonly operations = new SharedUse();
  private readonly answers = new SharedUse();
  /** After a failed write nobody knows what is on disk: nothing more is signed until a restart. */
  private failure: Error | null = null;
  /** When to look next for what has expired. */
  private nextLookMs = 0;

  constructor(options: SigningDeskOptions) {
    const { issuer, log, clock, journal, urls } = options;
    this.issuer = issuer;
    this.log = log;
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
    // Nor does a vote begin on what could not be signed.
    const violation = leafViolation(record.tbs0, this.issuer.certificate);
    if (violation !== null) return done(violation);
    if (this.journal === null) return done(null);
    const { operation } = record;
    const puts = [{ key: recordKeys.draft(serial), value: encodeDraft(record) }];
    const key = recordKeys.operation(requestDigest(operation));
    if (this.operations.begin(serial, key)) puts.push({ key, value: operation });
    this.write({ puts, deletes: [] }, done);
  }

  /** What is forgotten with a draft. */
  private keysOfDraft(serial: string): string[] {
    return [recordKeys.draft(serial), ...this.operations.end(serial)];
  }

  /** What is written with an intent, or with a certificate whose intent kept its answer itself. */
  private putsOfAnswer(serial: string, answer: SharedAnswer): JournalWrite['puts'] {
    const key = recordKeys.answer(answer.id);
    return this.answers.begin(serial, key) ? [{ key, value: answer.encode() }] : [];
  }

  forgetDrafts(serials: readonly string[], done: Done): void {
    if (serials.length === 0) return done(null);
    const keys = serials.flatMap((serial) => this.keysOfDraft(serial));
    this.write({ puts: [], deletes: keys.map(onlyKey) }, done);
  }

  /** Looks now and then, not with each request. */
  forgetExpired(nowMs: number, done: Done): void {
    if (nowMs < this.nextLookMs) return done(null);
    this.nextLookMs = nowMs + lookIntervalMs;
    this.revocations.forgetExpired(() => {}); // a failure stays in `broken`
    const serials = this.store.forgetExpired(nowMs);
    if (serials.length === 0) return done(null);
    const keys = serials.flatMap((serial) => {
      return [recordKeys.issued(serial), ...this.answers.end(serial)];
    });
    this.write({ puts: [], deletes: keys.map(onlyKey) }, done);
  }

  /**
   * Intent on disk, precertificate in the log, promise, signature, certificate on disk and in the
   * store, out.
   */
  issue(serial: string, intent: Omit<IntentRecord, 'logSize'>, done: Signed): void {
    // A precertificate is a certificate in all but name: what is wrong with it is found here.
    const poisonedTbs = poisoned(intent.tbs);
    const violation = leafViolation(poisonedTbs, this.issuer.certificate);
    if (violation !== null) return done(violation, null);
    const record = { ...intent, logSize: this.log.size };
    if (this.journal === null) return this.enter(serial, record, poisonedTbs, done);
    const puts = [
      { key: recordKeys.intent(serial), value: encodeIntent(record) },
      ...this.putsOfAnswer(serial, record.answer),
    ];
    this.write({ puts, deletes: [] }, (error) => {
      if (error !== null) return done(error, null);
      this.enter(serial, record, poisonedTbs, done);
    });
  }

  /** A precertificate is a promise to issue (RFC 6962 §3.1), so the intent was on disk before. */
  private enter(serial: string, intent: IntentRecord, poisonedTbs: Uint8Array, done: Signed): void {
    if (this.failure !== null) return done(this.failure, null);
    const { tbs } = intent;
    const { key } = this.issuer;
    const precertificate = signCertificate(poisonedTbs, key);
    this.log.append({ issuerKeyHash: key.keyHash, tbs, precertificate }, (error, logged) => {
      this.failure ??= error;
      if (logged === null) return done(error, null);
      this.sign(serial, intent, logged, done);
    });
  }

  private sign(serial: string, intent: IntentRecord, logged: Logged, done: Signed): void {
    const { tbs, logSize: _, ...rest } = intent;
    const final = withSct(tbs, this.log.promise(logged.entry));
    this.failure ??= leafViolation(final, this.issuer.certificate);
    if (this.failure !== null) return done(this.failure, null);
    const certificate = signCertificate(final, this.issuer.key);
    const record = { ...rest, certificate, logIndex: logged.index };
    const issued = issuedOf(record);
    assert(issued !== null && issued.serial === serial, 'we read what we wrote');
    if (this.journal === null) return this.keep(record, issued, done);
    const puts = [
      { key: recordKeys.issued(serial), value: encodeIssued(record) },
      { key: recordKeys.logSize, value: encodeLogSize(this.log.size) },
      ...this.putsOfAnswer(serial, record.answer),
    ];
    const past = [recordKeys.intent(serial), ...this.keysOfDraft(serial)];
    this.write({ puts, deletes: past.map(onlyKey) }, (error) => {
      if (error !== null) return done(error, null);
      this.keep(record, issued, done);
    });
  }

  private keep(record: IssuedRecord, issued: IssuedCertificate, done: Signed): void {
    this.store.add(record, issued, record.certificate);
    done(null, issued);
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
   * Reads the journal after a start, before anything else. Certificates are back in the store and
   * found in the log, what was about to be signed is logged and signed; calls back with the drafts
   * whose vote is still open, or with an error when the journal is not what this room writes.
   */
  recover(done: (error: Error | null, drafts: readonly DraftRecord[]) => void): void {
    if (this.journal === null) return done(null, []);
    this.journal.load((error, entries) => {
      if (error !== null) return done(error, []);
      this.restore(entries, done);
    });
  }

  /** The key of a shared record that nobody shares; null: there is none. */
  private restoreUses({ drafts, intents, issued, shared }: FoundRecords): string | null {
    for (const { tbs0, operation } of drafts) {
      const id = requestDigest(operation);
      const serial = serialOfTbs(tbs0) ?? '';
      if (shared.operations.has(id)) this.operations.begin(serial, recordKeys.operation(id));
    }
    const resting = [
      ...intents.map(({ tbs, answer }) => ({ serial: serialOfTbs(tbs) ?? '', answer })),
      ...issued.map(({ certificate }) => certificate),
    ];
    for (const { serial, answer } of resting) {
      if (!shared.answers.has(answer.id)) continue;
      this.answers.begin(serial, recordKeys.answer(answer.id));
    }
    const operations = [...shared.operations.keys()].map(recordKeys.operation);
    const answers = [...shared.answers.keys()].map(recordKeys.answer);
    return (
      operations.find((key) => !this.operations.has(key)) ??
      answers.find((key) => !this.answers.has(key)) ??
      null
    );
  }

  private restore(
    entries: readonly JournalEntry[],
    done: (error: Error | null, drafts: readonly DraftRecord[]) => void,
  ): void {
    const found = readJournal(entries);
    if (found instanceof Error) return done(found, []);
    const disagreement = logDisagreement(found, this.log, this.issuer.key.keyHash);
    if (disagreement !== null) return done(disagreement, []);
    const unused = this.restoreUses(found);
    if (unused !== null) return done(damaged(unused, 'no other record names it'), []);
    for (const { record, certificate } of found.issued) {
      this.store.add(record, certificate, record.certificate);
    }
    this.revocations.restore(found.revocations, found.crlNumber);
    const intended = new Set(found.intents.map((intent) => requestName(intent)));
    const drafts = found.drafts.filter((draft) => !intended.has(requestName(draft)));
    let left = found.intents.length;
    if (left === 0) return done(null, drafts);
    const signed = (): void => {
      left -= 1;
      if (left === 0) done(this.failure, drafts);
    };
    const logged = loggedIntents(found.intents, this.log);
    for (const intent of found.intents) {
      const serial = serialOfTbs(intent.tbs);
      assert(serial !== null, 'readJournal lets only certificates of ours through');
      const at = logged.get(intent);
      if (at === undefined) this.enter(serial, intent, poisoned(intent.tbs), signed);
      else this.sign(serial, intent, at, signed);
    }
  }
}
