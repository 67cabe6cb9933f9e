import { toHex } from '../src/base/bytes.ts';
import type { Digest } from '../src/base/digest.ts';
import { leafHash, merklePath, merkleRoot } from '../src/base/merkle.ts';
import { Random } from '../src/base/random.ts';
import type { SignatureScheme } from '../src/base/signature.ts';
import { encodeResult } from '../src/ledger/result.ts';
import { requestDigest, seal, voteVerifier } from '../src/pbft/envelope.ts';
import type { CertificateSubject } from '../src/proofs/request.ts';
import { requestHash } from '../src/proofs/request-codec.ts';
import type { Journal } from '../src/runtime/ports.ts';
import type { CertifiedAnswer, Validator } from '../src/runtime/validator.ts';
import { CertificateAuthority, type ProofAgent } from '../src/trustchain/authority.ts';
import { makeCsr } from '../src/trustchain/csr.ts';
import { makeIssuer } from '../src/trustchain/issuer.ts';
import { signingKeyFromSeed } from '../src/trustchain/keys.ts';
import { logKey } from '../src/trustchain/log/log-key.ts';
import type { LogStorage } from '../src/trustchain/log/storage.ts';
import { TransparencyLog } from '../src/trustchain/log/transparency-log.ts';
import type { ServiceUrls } from '../src/trustchain/service-urls.ts';

const replicas = 4;
export const votes = 3;
/** Results decided together. */
const batch = 32;

const random = new Random('bench');
export const chance = (sizeBytes: number): Uint8Array => random.bytes(sizeBytes);
const clock = { nowMs: () => Date.now() };
export const issuer = makeIssuer({ nowMs: Date.now(), chance });
const nodeId = new Uint8Array(32).fill(1);

/** Says yes to everything, with a quorum's votes: HyperMesh without consensus. */
export class YesCluster implements Validator {
  readonly validators;
  readonly verify;
  private readonly signers;
  private readonly subjects = new Map<string, CertificateSubject>();
  private readonly others = Array.from({ length: batch - 1 }, () => leafHash(chance(200)));
  private sequence = 0;

  constructor(scheme: SignatureScheme) {
    this.signers = Array.from({ length: replicas }, () => scheme.signer(chance(32)));
    const publicKeys = this.signers.map(({ publicKey }) => publicKey);
    this.validators = { chainId: 'c4'.repeat(32), epoch: 0, publicKeys };
    this.verify = voteVerifier(scheme, this.validators);
  }

  readonly agent: ProofAgent = {
    nodeId,
    prove: (subject, done) => {
      const operation = chance(1500);
      this.subjects.set(requestDigest(operation), subject);
      done(operation);
    },
  };

  submit(operation: Uint8Array, done: Parameters<Validator['submit']>[1]): void {
    const digest = requestDigest(operation);
    const subject = this.subjects.get(digest) as CertificateSubject;
    this.subjects.delete(digest);
    done({ type: 'certified', certified: this.certify(digest, subject) });
  }

  certify(digest: Digest, subject: CertificateSubject): CertifiedAnswer {
    const measure = { measured: '2', required: '1' };
    const decidedAtMs = Date.now();
    const result = encodeResult({
      type: 'validation',
      operation: digest,
      decidedAtMs,
      beacon: { epoch: 9, value: 'be'.repeat(32) },
      computeBits: 14,
      requestId: subject.requestId,
      nodeId,
      requestHash: requestHash(subject),
      tbsDigest: subject.tbsDigest,
      status: 'valid',
      failures: [],
      measured: { space: measure, stake: measure, work: measure, time: measure },
    });
    const leaves = [leafHash(result), ...this.others];
    this.sequence += 1;
    const statement = {
      type: 'result',
      epoch: 0,
      sequence: this.sequence,
      timestamp: decidedAtMs,
      resultsRoot: toHex(merkleRoot(leaves)),
      stateDigest: 'ab'.repeat(32),
    } as const;
    const signed = this.signers.slice(0, votes).map((signer, replica) => {
      const { signature } = seal(statement, replica, signer, this.validators.chainId);
      return { replica, signature };
    });
    const path = merklePath(leaves, 0);
    const answer = { requestDigest: digest, result, index: 0, batchSize: batch, path };
    return { certificate: { statement, votes: signed }, answer, view: 0 };
  }
}

export function authorityOver(
  scheme: SignatureScheme,
  validator: YesCluster,
  storage: LogStorage,
  journal: Journal | null,
  urls: ServiceUrls | null = null,
): { readonly authority: CertificateAuthority; readonly log: TransparencyLog } {
  const { validators, verify } = validator;
  const log = new TransparencyLog(logKey(signingKeyFromSeed(chance(32))), storage, clock);
  const options = { issuer, log, validators, scheme: scheme.name, verify, validator, urls };
  return { authority: new CertificateAuthority({ ...options, clock, chance, journal }), log };
}

/** Requests for certificates, ready made: their keys and signatures are no part of issuing. */
export function makeCsrs(count: number): readonly string[] {
  return Array.from({ length: count }, (_, i) => {
    const name = `host-${i}.mesh`;
    return makeCsr({ key: signingKeyFromSeed(chance(32)), commonName: name, dnsNames: [name] });
  });
}
