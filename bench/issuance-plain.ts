import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { idealScheme } from '../src/base/ideal-signature.ts';
import type { SignatureScheme } from '../src/base/signature.ts';
import { requestDigest } from '../src/pbft/envelope.ts';
import type { CertificateSubject } from '../src/proofs/request.ts';
import { LevelJournal } from '../src/runtime/level-journal.ts';
import { RecordFile } from '../src/runtime/record-file.ts';
import { signingKeyFromSeed } from '../src/trustchain/keys.ts';
import { MemoryLogStorage } from '../src/trustchain/log/storage.ts';
import { authorityOver, chance, makeCsrs, YesCluster } from './yes-cluster.ts';

const rounds = 7;
const certificatesPerRound = 300;
const certificatesOnDisk = 2000;
/** Requests in flight at the authority, when journal and log are on disk. */
export const outstanding = 64;

/** CPU time of this process since it began, microseconds. */
function cpuUs(): number {
  const { user, system } = process.cpuUsage();
  return user + system;
}

export function medianOf(samples: readonly number[]): number {
  return samples.toSorted((a, b) => a - b)[Math.floor(samples.length / 2)] ?? Number.NaN;
}

const csrs = makeCsrs(certificatesPerRound);
const csrOf = (i: number): string => csrs[i % csrs.length] as string;

/** Microseconds of CPU of one call, of each round; the first round is for the compiler. */
function costsOf(calls: number, call: (i: number) => void): number[] {
  return Array.from({ length: rounds + 1 }, () => {
    const from = cpuUs();
    for (let i = 0; i < calls; i++) call(i);
    return (cpuUs() - from) / calls;
  }).slice(1);
}

/** One P-256 signature. */
export function signatureCost(): number[] {
  const key = signingKeyFromSeed(chance(32));
  const bytes = chance(1500);
  return costsOf(1000, () => key.sign(bytes));
}

/** What the stand-in for the cluster itself does for each certificate. */
function costOf(cluster: YesCluster): number {
  const subjects: CertificateSubject[] = [];
  const taking = {
    nodeId: cluster.agent.nodeId,
    prove: (it: CertificateSubject) => subjects.push(it),
  };
  const { authority } = authorityOver(idealScheme, cluster, new MemoryLogStorage(), null);
  authority.request(csrOf(0), { requestId: 'cost' }, taking, () => {});
  const asked = subjects[0] as CertificateSubject;
  const digest = requestDigest(chance(1500));
  return medianOf(costsOf(certificatesPerRound, () => cluster.certify(digest, asked)));
}

/** CPU of one certificate, the cluster's part taken off. */
export function issuanceCost(scheme: SignatureScheme): number[] {
  const yes = new YesCluster(scheme);
  const { authority } = authorityOver(scheme, yes, new MemoryLogStorage(), null);
  let next = 0;
  const costs = costsOf(certificatesPerRound, (i) => {
    authority.request(csrOf(i), { requestId: `r${next++}` }, yes.agent, (outcome) => {
      if (outcome.type !== 'issued') throw new Error(JSON.stringify(outcome));
    });
  });
  const clusterUs = costOf(yes);
  return costs.map((us) => us - clusterUs);
}

/** Certificates a second by the clock, journal and log on disk. */
export async function perSecondOnDisk(scheme: SignatureScheme): Promise<number> {
  const directory = mkdtempSync(join(tmpdir(), 'hypermesh-issuance-'));
  const journal = await LevelJournal.open(join(directory, 'journal'));
  const storage = RecordFile.open(join(directory, 'log'));
  const yes = new YesCluster(scheme);
  const { authority } = authorityOver(scheme, yes, storage, journal);
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
