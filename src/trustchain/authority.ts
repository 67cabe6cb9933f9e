import { assert } from '../base/assert.ts';
import type { Digest } from '../base/digest.ts';
import { EpochChain } from '../ledger/epoch-chain.ts';
import { checkCertifiedAnswer } from '../pbft/certified-answer.ts';
import { requestDigest } from '../pbft/envelope.ts';
import type { Reason } from '../pbft/reason.ts';
import { subjectFault } from '../proofs/request-codec.ts';
import type { CertifiedAnswer, ValidatorOutcome } from '../runtime/validator.ts';
import type { AuthorityOptions, IssuanceWish, ProofAgent } from './authority-options.ts';
import { type CertificateStore, type IssuedCertificate, requestName } from './certificate-store.ts';
import { saysSlashed } from './condemned.ts';
import { defaultExtensionOid } from './consensus-extension.ts';
import { type ParsedCsr, parseCsr } from './csr.ts';
import { decisionMismatch, readDecision } from './decision.ts';
import { bindVote, serialName } from './issuance.ts';
import {
  type IssuanceDone,
  type IssuanceOutcome,
  notAccepted,
  storageFailed,
} from './issuance-outcome.ts';
import type { DraftRecord, RequestKey } from './issuance-record.ts';
import { answer, fingerprintOf, type Issuance, setAsideDraft } from './issuance-state.ts';
import { randomSerial } from './issuer.ts';
import { draftLeaf, tbs0Digest } from './leaf.ts';
import { type LeafProfile, leafProfile } from './leaf-profile.ts';
import { limits } from './limits.ts';
import type { CertificateNames } from './names.ts';
import { checkNames, meshPolicy, type NamePolicy } from './policy.ts';
import type { Refusal } from './refusal.ts';
import { readRenewal, standingRefusal, superseding } from './renewal.ts';
import type { RevocationDesk } from './revocation-desk.ts';
import type { ServiceUrls } from './service-urls.ts';
import { SharedAnswer } from './shared-answer.ts';
import { SigningDesk } from './signing-desk.ts';
import { votedSubject } from './subject.ts';
import {
  changesForFile,
  formatValidatorsFile,
  type ValidatorsFile,
  validatorSetHash,
} from './validators-file.ts';

export type { AuthorityOptions, IssuanceWish, ProofAgent } from './authority-options.ts';
export type { IssuanceDone, IssuanceOutcome } from './issuance-outcome.ts';

interface CheckedWish {
  readonly key: RequestKey;
  readonly profile: LeafProfile;
  readonly csr: ParsedCsr;
  readonly names: CertificateNames;
}

/**
 * Issues on a quorum's word alone. It believes no replica: votes, path, request and names are
 * checked here, on every answer, before the key is touched. Each step is on disk before the next
 * one can be seen, so a crash between any two loses and doubles nothing.
 */
export class CertificateAuthority {
  readonly caPem: string;
  private readonly epochs: EpochChain;
  private readonly validatorsFile: ValidatorsFile;
  private readonly validatorSetHashes = new Map<number, Digest>();
  private readonly options: AuthorityOptions;
  private readonly policy: NamePolicy;
  private readonly profile: LeafProfile;
  private readonly extensionOid: string;
  private readonly urls: ServiceUrls | null;
  private readonly maxPending: number;
  private readonly desk: SigningDesk;
  private readonly inFlight = new Map<string, Issuance>();
  /** All requests under one signature are answered by one object. */
  private readonly answers = new WeakMap<CertifiedAnswer, SharedAnswer>();

  constructor(options: AuthorityOptions) {
    this.options = options;
    this.policy = options.policy ?? meshPolicy;
    this.profile = options.profile ?? leafProfile;
    this.extensionOid = options.extensionOid ?? defaultExtensionOid;
    this.maxPending = options.maxPending ?? limits.pendingRequests;
    this.urls = options.urls ?? null;
    const { journal = null } = options;
    this.desk = new SigningDesk({ ...options, journal, urls: this.urls });
    this.caPem = options.issuer.pem;
    const { validators, verify, scheme, issuer } = options;
    this.epochs = options.epochs ?? new EpochChain(validators, () => verify);
    const { extensionOid } = this;
    const issuerPublicKey = issuer.key.publicKey;
    const logPublicKey = options.log.key.publicKey;
    this.validatorsFile = { validators, scheme, extensionOid, issuerPublicKey, logPublicKey };
  }

  /** What strangers need to check every certificate issued until now. */
  get validatorsJson(): string {
    return formatValidatorsFile({ ...this.validatorsFile, changes: changesForFile(this.epochs) });
  }

  /** What was issued and has not expired. */
  get store(): CertificateStore {
    return this.desk.store;
  }

  /** Takes certificates back, and signs the list that says so. */
  get revocations(): RevocationDesk {
    return this.desk.revocations;
  }

  /** Why nothing can be issued or revoked until a restart; null while all is well. */
  get broken(): Error | null {
    return this.desk.broken;
  }

  /** Requests without an answer yet. */
  get pending(): number {
    return this.inFlight.size;
  }

  /** What became of a request: its certificate, or since when it waits; null: unknown. */
  knownRequest(
    key: Pick<RequestKey, 'nodeId' | 'requestId'>,
  ):
    | Extract<IssuanceOutcome, { type: 'issued' }>
    | { readonly type: 'pending'; readonly startedAtMs: number }
    | null {
    const name = requestName(key);
    const certificate = this.store.ofRequest(name)?.certificate;
    if (certificate !== undefined) {
      return { type: 'issued', certificate, certified: certificate.certified };
    }
    const pending = this.inFlight.get(name);
    return pending === undefined ? null : { type: 'pending', startedAtMs: pending.startedAtMs };
  }

  /** Asks again for every vote that did not come back, whether or not its requester does. */
  resume(): void {
    for (const issuance of this.inFlight.values()) {
      if (issuance.state === 'waiting') this.submit(issuance);
    }
  }

  /**
   * Asks for a certificate. `csr` is PKCS #10, PEM or DER. One request id of one node is one
   * decision: the same request again gets the same certificate. Calls back once, perhaps at once.
   * A renewal may come without a `csr`: then it keeps its key.
   */
  request(
    csr: string | Uint8Array | null,
    wish: IssuanceWish,
    agent: ProofAgent,
    answered: IssuanceDone,
  ): void {
    const { renewal } = wish;
    const done = renewal?.supersede ? superseding(renewal, this.revocations, answered) : answered;
    const refuse = (refusal: Refusal): void => done({ type: 'refused', refusal });
    const { broken } = this.desk;
    if (broken !== null) return done(storageFailed(broken));
    const previous = renewal === undefined ? null : this.store.get(renewal.serial);
    const followed = renewal === undefined ? null : readRenewal(renewal, csr, previous);
    if (followed !== null && !followed.ok) return refuse(followed.refusal);
    const parsed = followed === null ? parseCsr(csr ?? '') : null;
    if (parsed !== null && !parsed.ok) return refuse(parsed.refusal);
    const request = followed?.value.request ?? parsed?.value;
    assert(request !== undefined, 'a request is new, or follows on a certificate');
    const names = checkNames(request, this.policy);
    if (!names.ok) return refuse(names.refusal);
    const wanted = wish.profile ?? this.profile;
    const profile = followed === null ? wanted : { ...wanted, usage: followed.value.usage };
    const key: RequestKey = {
      requestId: wish.requestId,
      nodeId: agent.nodeId,
      requirements: wish.requirements ?? null,
      fingerprint: fingerprintOf(request, names.value, profile),
    };
    if (this.answerAgain(key, done)) return;
    // Only now: who asks again for what superseded it is answered as before.
    const stale = previous === null ? null : this.staleness(previous);
    if (stale !== null) return refuse(stale);
    this.forgetOld();
    const { log } = this.options;
    const pending = this.inFlight.size;
    if (pending >= this.maxPending || this.store.full || pending >= log.room) {
      const kept = `${this.store.size} certificates kept, ${log.size} in the log`;
      return refuse({ code: 'overloaded', detail: `${pending} requests pending, ${kept}` });
    }
    this.begin({ key, profile, csr: request, names: names.value }, agent, done);
  }

  private staleness(previous: IssuedCertificate): Refusal | null {
    const revocation = this.revocations.get(previous.serial);
    return standingRefusal(previous, revocation, this.options.clock.nowMs());
  }

  /** A request id seen before: true when `done` is answered or waits already. */
  private answerAgain(key: RequestKey, done: IssuanceDone): boolean {
    const name = requestName(key);
    const issued = this.store.ofRequest(name);
    const pending = this.inFlight.get(name);
    const fingerprint = issued?.fingerprint ?? pending?.key.fingerprint;
    if (fingerprint === undefined) return false;
    if (fingerprint !== key.fingerprint) {
      const detail = `request id ${key.requestId} stands for another key or other names`;
      done({ type: 'refused', refusal: { code: 'duplicateRequest', detail } });
    } else if (issued !== null) {
      const { certificate } = issued;
      done({ type: 'issued', certificate, certified: certificate.certified });
    } else if (pending !== undefined) {
      this.wait(pending, done);
    }
    return true;
  }

  private wait(issuance: Issuance, done: IssuanceDone): void {
    if (issuance.waiters.length >= limits.waitersPerRequest) {
      const detail = `${issuance.waiters.length} callers wait for this request already`;
      return done({ type: 'refused', refusal: { code: 'overloaded', detail } });
    }
    issuance.waiters.push(done);
    if (issuance.state === 'waiting') this.submit(issuance);
  }

  private begin(
    { key, profile, csr, names }: CheckedWish,
    agent: ProofAgent,
    done: IssuanceDone,
  ): void {
    const { issuer, chance, clock } = this.options;
    const nowMs = clock.nowMs();
    const serial = randomSerial(chance);
    const { urls } = this;
    const { publicKey } = csr;
    const leaf = { issuer, profile, serial, nowMs, publicKey, names, urls };
    const { tbs0, tbsDigest } = draftLeaf(leaf);
    const voted = votedSubject(tbs0, tbsDigest, key);
    assert(voted !== null, 'a draft of ours has a subject to vote on');
    const { subject } = voted;
    const fault = subjectFault(subject);
    if (fault !== null) {
      return done({ type: 'refused', refusal: { code: 'malformed', detail: fault } });
    }
    const issuance: Issuance = {
      key,
      serial: serialName(serial),
      tbs0,
      startedAtMs: nowMs,
      operation: null,
      state: 'proving',
      waiters: [done],
    };
    this.inFlight.set(requestName(key), issuance);
    agent.prove(subject, (operation) => this.onProved(issuance, operation));
  }

  private onProved(issuance: Issuance, operation: Uint8Array | null): void {
    if (issuance.state !== 'proving' || issuance.operation !== null) return;
    if (operation === null) {
      const detail = 'the proof agent made no proofs for this request';
      return this.finish(issuance, { type: 'refused', refusal: { code: 'agentFailed', detail } });
    }
    issuance.operation = operation;
    const { key, tbs0, startedAtMs } = issuance;
    const record: DraftRecord = { ...key, tbs0, operation, startedAtMs };
    this.desk.keepDraft(issuance.serial, record, (error) => {
      if (error !== null) return this.finish(issuance, storageFailed(error));
      this.submit(issuance);
    });
  }

  private submit(issuance: Issuance): void {
    const { operation } = issuance;
    assert(operation !== null, 'proofs come before the vote');
    issuance.state = 'voting';
    let answered = false;
    this.options.validator.submit(operation, (outcome) => {
      if (answered) return;
      answered = true;
      this.onOutcome(issuance, operation, outcome);
    });
  }

  private onOutcome(issuance: Issuance, operation: Uint8Array, outcome: ValidatorOutcome): void {
    if (outcome.type === 'timeout') return this.setAside(issuance, outcome);
    if (outcome.type === 'refused') {
      const refusal: Refusal = { code: 'overloaded', detail: `validation ${outcome.reason}` };
      return this.setAside(issuance, { type: 'refused', refusal });
    }
    const { certified } = outcome;
    const problem = this.checkAnswer(certified, requestDigest(operation));
    // A lie of whoever stands between us and the quorum: the vote itself may still come.
    if (problem !== null) return this.setAside(issuance, notAccepted(problem));
    const { tbs0 } = issuance;
    const issuerKeyHash = this.options.issuer.key.keyHash;
    const read = readDecision(certified.answer, tbs0Digest(issuerKeyHash, tbs0));
    if (read.type === 'none') return this.conclude(issuance, notAccepted(read.reason));
    const { decision } = read;
    const mismatch = decisionMismatch(decision, {
      tbs0,
      issuerKeyHash,
      requirements: issuance.key.requirements,
    });
    if (mismatch !== null) return this.conclude(issuance, notAccepted(mismatch));
    if (decision.status !== 'valid') {
      const { failures } = decision;
      if (saysSlashed(failures)) this.revocations.withdraw([decision.nodeId]);
      return this.conclude(issuance, { type: 'invalid', failures, certified });
    }
    this.issue(issuance, certified);
  }

  private checkAnswer(certified: CertifiedAnswer, asked: Digest): Reason | null {
    const { statement } = certified.certificate;
    const epoch = this.epochs.at(statement.epoch);
    const reason = this.epochs.rejectSequence(statement);
    if (epoch === null || reason !== null) return reason;
    return checkCertifiedAnswer(certified, asked, epoch.validators, epoch.verify);
  }

  /** The vote is in: intent on disk, log, signature, certificate on disk, out. */
  private issue(issuance: Issuance, certified: CertifiedAnswer): void {
    const { key, serial, tbs0 } = issuance;
    const { epoch } = certified.certificate.statement;
    const hash = this.validatorSetHashOf(epoch);
    const publicKeys = this.epochs.at(epoch)?.validators.publicKeys;
    assert(hash !== null && publicKeys !== undefined, 'the answer was checked in its epoch');
    const validators = { chainId: this.epochs.clusterId, epoch, publicKeys };
    const answer = this.answers.get(certified) ?? SharedAnswer.of(certified, validators, hash);
    this.answers.set(certified, answer);
    const { requirements } = key;
    const tbs = bindVote({ tbs0, answer, requirements, extensionOid: this.extensionOid });
    issuance.state = 'signing';
    this.desk.issue(serial, { ...key, tbs, answer }, (error, issued) => {
      if (issued === null) this.setAside(issuance, storageFailed(error ?? new Error('no reason')));
      else this.finish(issuance, { type: 'issued', certificate: issued, certified });
    });
  }

  /** An epoch that is known stays as it is, and so does what certificates say of it. */
  private validatorSetHashOf(epoch: number): Digest | null {
    const known = this.validatorSetHashes.get(epoch);
    if (known !== undefined) return known;
    const hash = validatorSetHash(this.validatorsFile, this.epochs, epoch);
    if (hash !== null) this.validatorSetHashes.set(epoch, hash);
    return hash;
  }

  /** Final without a certificate: the draft is forgotten, on disk first. */
  private conclude(issuance: Issuance, outcome: IssuanceOutcome): void {
    this.desk.forgetDrafts([issuance.serial], (error) => {
      this.finish(issuance, error === null ? outcome : storageFailed(error));
    });
  }

  private finish(issuance: Issuance, outcome: IssuanceOutcome): void {
    issuance.state = 'finished';
    this.inFlight.delete(requestName(issuance.key));
    answer(issuance, outcome);
  }

  /** Answers those who wait, but keeps the draft: the same request again asks for the same vote. */
  private setAside(issuance: Issuance, outcome: IssuanceOutcome): void {
    issuance.state = 'waiting';
    answer(issuance, outcome);
  }

  /** Errors stay with the desk, which then issues nothing; after a restart this is tried again. */
  private forgetOld(): void {
    const nowMs = this.options.clock.nowMs();
    this.desk.forgetExpired(nowMs, () => {});
    const old: string[] = [];
    for (const [name, { state, startedAtMs, serial }] of this.inFlight) {
      // They stand in the order in which they began.
      if (nowMs - startedAtMs <= limits.draftKeepMs) break;
      if (state !== 'waiting') continue;
      this.inFlight.delete(name);
      old.push(serial);
    }
    this.desk.forgetDrafts(old, () => {});
  }

  /**
   * Reads the journal after a start, before the first request. What was being voted on is asked
   * for again when its requester comes back. Calls back with an error when the journal is damaged.
   */
  recover(done: (error: Error | null) => void): void {
    this.desk.recover((error, drafts) => {
      for (const draft of drafts) this.inFlight.set(requestName(draft), setAsideDraft(draft));
      done(error);
    });
  }
}
