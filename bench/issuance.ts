/**
 * What issuing costs the authority beside consensus: from the request to the certificate with its
 * SCT, all checks, signatures and records included, the votes taken for granted or checked. Beside
 * it one P-256 signature of the same run: trust the ratios, not the microseconds. Those are CPU
 * time of one core, so that what else the machine does counts less. Medians of seven rounds, their
 * least and most. Then certificates a second by the clock, journal and log on disk.
 * `node bench/issuance.ts`
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { toHex } from '../src/base/bytes.ts';
import type { Digest } from '../src/base/digest.ts';
import { idealScheme } from '../src/base/ideal-signature.ts';
import { leafHash, merklePath, merkleRoot } from '../src/base/merkle.ts';
import { Random } from '../src/base/random.ts';
import { ed25519, type SignatureScheme } from '../src/base/signature.ts';
import { encodeResult } from '../src/ledger/result.ts';
import { requestDigest, seal, voteVerifier } from '../src/pbft/envelope.ts';
import type { CertificateSubject } from '../src/proofs/request.ts';
import { requestHash } from '../src/proofs/request-codec.ts';
import { LevelJournal } from '../src/runtime/level-journal.ts';
import type { Journal } from '../src/runtime/ports.ts';
import { RecordFile } from '../src/runtime/record-file.ts';
import type { CertifiedAnswer, Validator } from '../src/runtime/validator.ts';
import { CertificateAuthority, type ProofAgent } from '../src/trustchain/authority.ts';
import { makeCsr } from '../src/trustchain/csr.ts';
import { makeIssuer } from '../src/trustchain/issuer.ts';
import { signingKeyFromSeed } from '../src/trustchain/keys.ts';
import { logKey } from '../src/trustchain/log/log-key.ts';
import { type LogStorage, MemoryLogStorage } from '../src/trustchain/log/storage.ts';
import { TransparencyLog } from '../src/trustchain/log/transparency-log.ts';

const rounds = 7;
const certificatesPerRound = 300;
const certificatesOnDisk = 2000;
/** Requests in flight at the authority, when journal and log are on disk. */
const outstanding = 64;
const replicas = 4;
const votes = 3;
/** Results decided together. */
const batch = 32;

const random = new Random('bench');
const chance = (sizeBytes: number): Uint8Array => random.bytes(sizeBytes);
const clock = { nowMs: () => Date.now() };
const issuer = makeIssuer({ nowMs: Date.now(), chance });
const nodeId = new Uint8Array(32).fill(1);

/** CPU time of this process since it began, microseconds. */
function cpuUs(): number {
  const { user, system } = process.cpuUsage();
  return user + system;
}

/** Says yes to everything, with a quorum's votes. */
class Yes implements Validator {
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

  /** What this class itself does for each certificate, by the median of some rounds. */
  costUs(): number {
    const subjects: CertificateSubject[] = [];
    const taking = { nodeId, prove: (it: CertificateSubject) => subjects.push(it) };
    const authority = authorityOver(idealScheme, this, new MemoryLogStorage(), null);
    authority.request(csrOf(0), { requestId: 'cost' }, taking, () => {});
    const asked = subjects[0] as CertificateSubject;
    const digest = requestDigest(chance(1500));
    return medianOf(costsOf(certificatesPerRound, () => this.certify(digest, asked)));
  }
}

function authorityOver(
  scheme: SignatureScheme,
  validator: Yes,
  storage: LogStorage,
  journal: Journal | null,
): CertificateAuthority {
  const { validators, verify } = validator;
  const log = new TransparencyLog(logKey(signingKeyFromSeed(chance(32))), storage, clock);
  const options = { issuer, log, validators, scheme: scheme.name, verify, validator };
  return new CertificateAuthority({ ...options, clock, chance, journal });
}

const csrs = Array.from({ length: certificatesPerRound }, (_, i) => {
  const name = `host-${i}.mesh`;
  return makeCsr({ key: signingKeyFromSeed(chance(32)), commonName: name, dnsNames: [name] });
});
const csrOf = (i: number): string => csrs[i % csrs.length] as string;

/** Microseconds of one call. */
function costOf(samples: readonly number[]): string {
  const sorted = samples.toSorted((a, b) => a - b);
  const [median, least, most] = [sorted[Math.floor(sorted.length / 2)], sorted[0], sorted.at(-1)];
  const us = (value = 0): string => value.toFixed(0);
  return `${us(median).padStart(6)} µs ${`${us(least)}–${us(most)}`.padStart(12)}`;
}

const say = (line: string): void => void process.stdout.write(`${line}\n`);

function medianOf(samples: readonly number[]): number {
  return samples.toSorted((a, b) => a - b)[Math.floor(samples.length / 2)] ?? Number.NaN;
}

/** Microseconds of CPU of one call, of each round; the first round is for the compiler. */
function costsOf(calls: number, call: (i: number) => void): number[] {
  return Array.from({ length: rounds + 1 }, () => {
    const from = cpuUs();
    for (let i = 0; i < calls; i++) call(i);
    return (cpuUs() - from) / calls;
  }).slice(1);
}

function signatureCost(): number[] {
  const key = signingKeyFromSeed(chance(32));
  const bytes = chance(1500);
  return costsOf(1000, () => key.sign(bytes));
}

/** CPU of one certificate, the cluster's part taken off. */
function issuanceCost(scheme: SignatureScheme): number[] {
  const yes = new Yes(scheme);
  const authority = authorityOver(scheme, yes, new MemoryLogStorage(), null);
  let next = 0;
  const costs = costsOf(certificatesPerRound, (i) => {
    authority.request(csrOf(i), { requestId: `r${next++}` }, yes.agent, (outcome) => {
      if (outcome.type !== 'issued') throw new Error(JSON.stringify(outcome));
    });
  });
  const clusterUs = yes.costUs();
  return costs.map((us) => us - clusterUs);
}

async function perSecondOnDisk(scheme: SignatureScheme): Promise<number> {
  const directory = mkdtempSync(join(tmpdir(), 'hypermesh-issuance-'));
  const journal = await LevelJournal.open(join(directory, 'journal'));
  const storage = RecordFile.open(join(directory, 'log'));
  const yes = new Yes(scheme);
  const authority = authorityOver(scheme, yes, storage, journal);
  await new Promise<void>((resolve) => authority.recover(() => resolve()));
  const beganMs = performance.now();
  await new Promise<void>((resolve, reject) => {
    let asked = 0;
    let issued = 0;
    const ask = (): void => {
      const i = asked++;
      authority.request(csrOf(i), { requestId: `r${i}` }, yes.agent, (outcome) => {
        if (outcome.type !== 'issued') return reject(new Error(JSON.stringify(outcome)));
        issued += 1;
        if (issued === certificatesOnDisk) resolve();
        else if (asked < certificatesOnDisk) ask();
      });
    };
    for (let i = 0; i < outstanding; i++) ask();
  });
  const seconds = (performance.now() - beganMs) / 1000;
  await journal.close();
  await storage.close();
  rmSync(directory, { recursive: true });
  return certificatesOnDisk / seconds;
}

const signature = signatureCost();
const row = (what: string, samples: readonly number[]): void => {
  const ratio = medianOf(samples) / medianOf(signature);
  const rate = 1_000_000 / medianOf(samples);
  const tail = `${ratio.toFixed(1).padStart(6)} signatures ${rate.toFixed(0).padStart(7)}/s a core`;
  say(`${what.padEnd(44)} ${costOf(samples)} ${tail}`);
};
row('one P-256 signature', signature);
row('one certificate, votes taken for granted', issuanceCost(idealScheme));
row(`one certificate, ${votes} Ed25519 votes checked`, issuanceCost(ed25519));
const onDisk = await perSecondOnDisk(ed25519);
say(`by the clock, journal and log on disk, ${outstanding} at a time: ${onDisk.toFixed(0)}/s`);
