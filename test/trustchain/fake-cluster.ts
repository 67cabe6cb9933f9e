import { toHex } from '../../src/base/bytes.ts';
import { leafHash, merklePath, merkleRoot } from '../../src/base/merkle.ts';
import { Random } from '../../src/base/random.ts';
import { ed25519, type SignatureScheme, type Signer } from '../../src/base/signature.ts';
import { encodeResult, type ValidationResult } from '../../src/ledger/result.ts';
import { requestDigest, seal, voteVerifier } from '../../src/pbft/envelope.ts';
import type { ResultStatement, Vote } from '../../src/pbft/messages.ts';
import { quorum } from '../../src/pbft/quorum.ts';
import type { CertificateSubject } from '../../src/proofs/request.ts';
import { requestHash } from '../../src/proofs/request-codec.ts';
import type { CertifiedAnswer, Validator, ValidatorOutcome } from '../../src/runtime/validator.ts';
import {
  type AuthorityOptions,
  CertificateAuthority,
  type IssuanceOutcome,
  type ProofAgent,
} from '../../src/trustchain/authority.ts';
import { makeCsr } from '../../src/trustchain/csr.ts';
import { type Issuer, makeIssuer as makeIssuerOf } from '../../src/trustchain/issuer.ts';
import { type KeyAlgorithm, signingKeyFromSeed } from '../../src/trustchain/keys.ts';

import { logKey } from '../../src/trustchain/log/log-key.ts';
import { type LogStorage, MemoryLogStorage } from '../../src/trustchain/log/storage.ts';
import { TransparencyLog } from '../../src/trustchain/log/transparency-log.ts';

/** Noon of some day: tests have a clock of their own. */
export const nowMs = Date.UTC(2026, 4, 17, 12, 0, 0, 250);
export const clock = { nowMs: () => nowMs };

/** What a fake cluster may change about the honest answer before it is signed, and after. */
export interface Lies {
  readonly result?: (result: ValidationResult) => Uint8Array | ValidationResult;
  readonly statement?: (statement: ResultStatement) => ResultStatement;
  readonly certified?: (certified: CertifiedAnswer) => CertifiedAnswer;
  readonly outcome?: ValidatorOutcome;
}

/** Replicas with real keys that certify whatever they are told: HyperMesh without consensus. */
export class FakeCluster implements Validator {
  readonly random: Random;
  readonly validators;
  readonly scheme: SignatureScheme;
  readonly subjects = new Map<string, CertificateSubject>();
  readonly submitted: Uint8Array[] = [];
  lies: Lies = {};
  private readonly signers;
  private sequence = 40;

  constructor(n = 4, scheme: SignatureScheme = ed25519, seed = 'fake cluster') {
    this.random = new Random(seed);
    this.scheme = scheme;
    this.signers = Array.from({ length: n }, () => scheme.signer(this.random.bytes(32)));
    this.validators = {
      chainId: toHex(this.random.bytes(32)),
      epoch: 3,
      publicKeys: this.signers.map(({ publicKey }) => publicKey),
    };
  }

  get verify() {
    return voteVerifier(this.scheme, this.validators);
  }

  /** An agent of one node that writes down what it was asked to prove. */
  agent(node = 1): ProofAgent {
    return {
      nodeId: new Uint8Array(32).fill(node),
      prove: (subject, done) => {
        const operation = new Random(`operation ${requestHash(subject)}`).bytes(200);
        this.subjects.set(toHex(operation), subject);
        done(operation);
      },
    };
  }

  submit(operation: Uint8Array, done: (outcome: ValidatorOutcome) => void): void {
    this.submitted.push(operation);
    if (this.lies.outcome !== undefined) return done(this.lies.outcome);
    const subject = this.subjects.get(toHex(operation));
    if (subject === undefined) throw new Error('an operation no agent made');
    const honest = validResult(operation, subject);
    const told = this.lies.result?.(honest) ?? honest;
    const result = told instanceof Uint8Array ? told : encodeResult(told);
    done({ type: 'certified', certified: this.certify(operation, result) });
  }

  /** A quorum's votes, by the replicas from `first` on. */
  votesOn(statement: ResultStatement, first: number): readonly Vote[] {
    const replicas = Array.from({ length: quorum(this.signers.length) }, (_, i) => first + i);
    return replicas.map((replica) => {
      const signer = this.signers[replica] as Signer;
      const { signature } = seal(statement, replica, signer, this.validators.chainId);
      return { replica, signature };
    });
  }

  /** The result as number 2 of a batch of 5, under a quorum's votes. */
  certify(operation: Uint8Array, result: Uint8Array): CertifiedAnswer {
    const results = [0, 1, 2, 3, 4].map((i) => (i === 2 ? result : this.random.bytes(40)));
    const leaves = results.map(leafHash);
    this.sequence += 1;
    const honest: ResultStatement = {
      type: 'result',
      epoch: this.validators.epoch,
      sequence: this.sequence,
      timestamp: nowMs + 7,
      resultsRoot: toHex(merkleRoot(leaves)),
      stateDigest: toHex(this.random.bytes(32)),
    };
    const statement = this.lies.statement?.(honest) ?? honest;
    const votes = this.votesOn(statement, this.signers.length - quorum(this.signers.length));
    const path = merklePath(leaves, 2);
    const answer = {
      requestDigest: requestDigest(operation),
      result,
      index: 2,
      batchSize: 5,
      path,
    };
    const certified = { certificate: { statement, votes }, answer, view: 6 };
    return this.lies.certified?.(certified) ?? certified;
  }
}

export function validResult(operation: Uint8Array, subject: CertificateSubject): ValidationResult {
  const measure = { measured: '2', required: '1' };
  return {
    type: 'validation',
    operation: requestDigest(operation),
    decidedAtMs: nowMs + 7,
    beacon: { epoch: 9, value: 'be'.repeat(32) },
    computeBits: 14,
    requestId: subject.requestId,
    nodeId: subject.nodeId,
    requestHash: requestHash(subject),
    tbsDigest: subject.tbsDigest,
    status: 'valid',
    failures: [],
    measured: { space: measure, stake: measure, work: measure, time: measure },
  };
}

export function makeIssuer(seed = 'issuer', algorithm: KeyAlgorithm = 'p256'): Issuer {
  const random = new Random(seed);
  const chance = (sizeBytes: number): Uint8Array => random.bytes(sizeBytes);
  return makeIssuerOf({ nowMs, chance, algorithm });
}

/** A log with one key for all tests, over a storage of the test's own where it has one. */
export function makeLog(storage: LogStorage = new MemoryLogStorage()): TransparencyLog {
  const key = logKey(signingKeyFromSeed(new Random('log').bytes(32)));
  return new TransparencyLog(key, storage, clock);
}

export function makeAuthority(
  cluster: FakeCluster,
  options: Partial<AuthorityOptions> = {},
): CertificateAuthority {
  const random = new Random('serials');
  return new CertificateAuthority({
    issuer: makeIssuer(),
    log: makeLog(),
    validators: cluster.validators,
    scheme: cluster.scheme.name,
    verify: cluster.verify,
    validator: cluster,
    clock,
    chance: (sizeBytes) => random.bytes(sizeBytes),
    ...options,
  });
}

/** A subject key and a request for it. */
export function csrFor(name: string, seed: string = name, more: readonly string[] = []): string {
  const key = signingKeyFromSeed(new Random(seed).bytes(32));
  return makeCsr({ key, commonName: name, dnsNames: [name, ...more], ipAddresses: ['fd00::7'] });
}

/** Asks, and insists on an answer at once: without a journal everything here is synchronous. */
export function ask(
  authority: CertificateAuthority,
  cluster: FakeCluster,
  requestId = 'r-1',
  csr: string = csrFor('host-1.mesh'),
): IssuanceOutcome {
  let answer: IssuanceOutcome | null = null;
  authority.request(csr, { requestId }, cluster.agent(), (outcome) => {
    if (answer !== null) throw new Error('answered twice');
    answer = outcome;
  });
  if (answer === null) throw new Error('not answered');
  return answer;
}

/** As {@link ask}, for a certificate. */
export function issue(
  authority: CertificateAuthority,
  cluster: FakeCluster,
  requestId = 'r-1',
  csr?: string,
) {
  const outcome = ask(authority, cluster, requestId, csr);
  if (outcome.type !== 'issued') throw new Error(`not issued: ${JSON.stringify(outcome)}`);
  return outcome.certificate;
}
