import { expect, test } from 'vitest';
import { readmitBytes, readmitOperation } from '../../src/ledger/operation.ts';
import { decodeResult } from '../../src/ledger/result.ts';
import { solveAtOnce } from '../../src/runtime/solve-work.ts';
import type { Validator } from '../../src/runtime/validator.ts';
import { replicaSeed } from '../../src/scenario/deployment.ts';
import type { Scenario } from '../../src/scenario/scenario.ts';
import { genesisOf, workloadParameters } from '../../src/simulator/clients.ts';
import { startMs, World } from '../../src/simulator/world.ts';
import { CertificateAuthority } from '../../src/trustchain/authority.ts';
import type { IssuedCertificate } from '../../src/trustchain/certificate-store.ts';
import { type CondemnationNotice, Condemnations } from '../../src/trustchain/condemnations.ts';
import { makeIssuer } from '../../src/trustchain/issuer.ts';
import { signingKeyFromSeed } from '../../src/trustchain/keys.ts';
import { logKey } from '../../src/trustchain/log/log-key.ts';
import { MemoryLogStorage } from '../../src/trustchain/log/storage.ts';
import { TransparencyLog } from '../../src/trustchain/log/transparency-log.ts';
import { localhostRetryPolicy } from '../../src/validation/retry-policy.ts';
import { Applicant } from '../../src/workload/applicant.ts';
import { clientAddress, clientValidators } from '../../src/workload/client-links.ts';
import { clientIdentity, clientRandom } from '../../src/workload/identity.ts';
import { clientDomain } from '../../src/workload/plan.ts';
import { plotOf } from '../../src/workload/plots.ts';
import { certificates, scenario } from './scenarios.ts';

/** A cluster in virtual time, and a TrustChain before it that the test tells when to look. */
class Rig {
  readonly world: World;
  readonly authority: CertificateAuthority;
  readonly condemnations: Condemnations;
  readonly notices: CondemnationNotice[] = [];
  readonly validator: Validator;
  private readonly scenario: Scenario;
  private readonly applicant: Applicant;
  private asked = 0;
  private looks = 0;

  constructor(played: Scenario) {
    this.scenario = played;
    const world = new World({
      scenario: played,
      genesis: (deployment, scheme) => genesisOf(played, deployment, scheme),
      readers: {},
    });
    this.world = world;
    world.start();
    const { epochs, scheme, deployment } = world;
    const { seed } = played;
    const { network, timers, clock } = world.client(clientAddress(0), 0);
    const [validator] = clientValidators({
      clients: 1,
      seed,
      network: () => network,
      timers,
      epochs,
      standbys: deployment.standbys,
      policy: localhostRetryPolicy,
    });
    this.validator = validator!;
    const random = clientRandom(seed, 0);
    const chance = (sizeBytes: number) => random.bytes(sizeBytes);
    const { validators, verify } = epochs.firstEpoch;
    const issuer = makeIssuer({ nowMs: startMs, chance });
    const key = logKey(signingKeyFromSeed(chance(32)));
    const log = new TransparencyLog(key, new MemoryLogStorage(), clock);
    this.authority = new CertificateAuthority({
      ...{ issuer, log, validators, epochs, verify, clock, chance },
      scheme: scheme.name,
      validator: this.validator,
    });
    const { requirements, plot } = workloadParameters(played);
    const identity = clientIdentity(seed, 0, requirements, scheme);
    const nodeId = identity.signer.publicKey;
    this.applicant = new Applicant({
      ...{ identity, requirements, clock, timers, random, authority: this.authority },
      chainId: validators.chainId,
      plot: () => plotOf(nodeId, plot.labels, plot.scaleFactor),
      validator: this.validator,
      solveWork: solveAtOnce,
      onRetry: () => undefined,
    });
    const { authority } = this;
    const onNotice = (notice: CondemnationNotice): void => void this.notices.push(notice);
    this.condemnations = new Condemnations({
      authority,
      epochs,
      validator: this.validator,
      onNotice,
    });
  }

  /** Lets virtual time go on until this is settled, with the promises that hang on it. */
  async play<T>(promise: Promise<T>): Promise<T> {
    let over = false;
    void promise.finally(() => (over = true)).catch(() => undefined);
    while (!over) {
      for (let i = 0; i < 20; i++) this.world.scheduler.step();
      await new Promise((resolve) => setImmediate(resolve));
    }
    return promise;
  }

  /** Up to this time, milliseconds since the run began. */
  async until(ms: number): Promise<void> {
    while (this.world.nowMs < ms) await this.play(Promise.resolve());
  }

  enrol(): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    this.applicant.enrol((enrolled) => (enrolled.ok ? resolve() : reject(enrolled.reason)));
    return this.play(promise);
  }

  async issue(): Promise<IssuedCertificate> {
    const { promise, resolve, reject } = Promise.withResolvers<IssuedCertificate>();
    const index = this.asked++;
    const request = {
      index,
      client: 0,
      name: `n${index}.${clientDomain(0)}`,
      broken: null,
    };
    this.applicant.apply(request, (verdict) => {
      if (verdict.type === 'issued') resolve(verdict.certificate);
      else reject(new Error(JSON.stringify(verdict)));
    });
    return this.play(promise);
  }

  async issueUntil(ms: number): Promise<void> {
    while (this.world.nowMs < ms) {
      await this.issue();
      await this.until(this.world.nowMs + 100);
    }
  }

  look(): Promise<boolean> {
    return this.play(this.condemnations.look(this.looks++));
  }

  /** Whose certificate would fall short without the votes of this replica. */
  restsOn({ epoch, voters }: IssuedCertificate, replica: number): boolean {
    return epoch === 0 && voters.includes(replica) && voters.length === 3;
  }

  revoked(): string[] {
    return this.authority.revocations
      .all()
      .map(({ serial }) => serial)
      .sort();
  }

  /** The other replicas take `replica` back. */
  async readmit(replica: number): Promise<void> {
    const { scheme, deployment } = this.world;
    const found = await this.standing(replica);
    const isolatedAt = Number(/^isolated at (\d+)$/.exec(found)?.[1]);
    const bytes = readmitBytes(deployment.validators.chainId, replica, isolatedAt);
    const others = [0, 1, 2, 3].filter((other) => other !== replica);
    const votes = others.map((other) => {
      const signature = scheme.signer(replicaSeed(this.scenario, other)).sign(bytes);
      return { replica: other, signature };
    });
    const result = await this.order(readmitOperation(replica, isolatedAt, votes));
    expect(result.type).toBe('accepted');
  }

  private async standing(replica: number): Promise<string> {
    const result = await this.order(readmitOperation(replica, 1, []));
    return result.type === 'refused' ? result.reason : result.type;
  }

  private async order(operation: Uint8Array) {
    const { promise, resolve, reject } = Promise.withResolvers<Uint8Array>();
    this.validator.submit(operation, (outcome) => {
      if (outcome.type === 'certified') resolve(outcome.certified.answer.result);
      else reject(new Error(outcome.type));
    });
    const decoded = decodeResult(await this.play(promise));
    if (!decoded.ok) throw new Error(decoded.reason);
    return decoded.value;
  }
}

/** Replica 0 votes as it should for three seconds, and then tells two stories. */
const liar = { replicas: [0], behaviour: 'equivocate', fromMs: 3000, untilMs: 9000 } as const;

async function rigWith(changes: Partial<Scenario>): Promise<Rig> {
  const rig = new Rig(scenario({ workload: certificates(1), adversaries: [liar], ...changes }));
  await rig.enrol();
  await rig.issueUntil(3000);
  return rig;
}

/** What was issued falls exactly where the votes of replica 0 were needed. */
function expectFallen(rig: Rig): void {
  const { authority, notices } = rig;
  const resting = authority.store.all().filter((one) => rig.restsOn(one, 0));
  expect(resting.length).toBeGreaterThan(0);
  expect(resting.length).toBeLessThan(authority.store.size);
  expect(rig.revoked()).toEqual(resting.map(({ serial }) => serial).sort());
  for (const { reason } of authority.revocations.all()) expect(reason).toBe('superseded');
  const told = notices.flatMap((notice) => (notice.type === 'revoked' ? [notice.serial] : []));
  expect(told.sort()).toEqual(rig.revoked());
  authority.revocations.crl((_, crl) => {
    for (const serial of rig.revoked()) {
      expect(Buffer.from(crl!.der).includes(Buffer.from(serial, 'hex'))).toBe(true);
    }
  });
}

test('certificates that rest on a validator fall when the cluster isolates it', async () => {
  const rig = await rigWith({});
  expect(await rig.look()).toBe(true);
  expect(rig.revoked()).toEqual([]);
  expect(rig.notices).toEqual([]);
  await rig.issueUntil(8000);
  // Whose three answers come first is chance: one certificate at least must stand without its vote.
  while (rig.authority.store.all().every((one) => rig.restsOn(one, 0))) await rig.issue();
  expect(await rig.look()).toBe(true);
  expect(rig.notices[0]).toEqual({
    type: 'condemned',
    publicKey: rig.world.deployment.validators.publicKeys[0],
  });
  expectFallen(rig);
});

test('they fall too when a standby had its place before anybody asked', async () => {
  const rig = await rigWith({ replicas: { voting: 4, standby: 1 } });
  // Past the checkpoint at which the next epoch begins.
  while (rig.world.epochs.current.validators.epoch === 0) await rig.issue();
  const later = await rig.issue();
  expect(later.epoch).toBe(1);
  expect(await rig.look()).toBe(true);
  expectFallen(rig);
  // Its number is another validator's now.
  expect(rig.authority.revocations.get(later.serial)).toBeNull();
});

test('a readmitted validator\u2019s new votes stand, its old ones do not', async () => {
  const rig = await rigWith({});
  await rig.issueUntil(8000);
  await rig.look();
  const before = rig.revoked();
  await rig.until(9500);
  await rig.readmit(0);
  const fresh: IssuedCertificate[] = [];
  while (!fresh.some((one) => rig.restsOn(one, 0))) fresh.push(await rig.issue());
  expect(await rig.look()).toBe(true);
  expect(rig.revoked()).toEqual(before);
  // A TrustChain that starts now was told of no isolation, and takes nothing more back.
  const { authority, world, validator } = rig;
  const { epochs } = world;
  const restarted = new Condemnations({ authority, epochs, validator, onNotice: () => {} });
  expect(await rig.play(restarted.look(9999))).toBe(true);
  expect(rig.revoked()).toEqual(before);
});

test('a cluster without a quorum condemns nobody', async () => {
  const timeline = [1, 2].map((replica) => ({ type: 'crash', atMs: 3200, replica }) as const);
  const rig = await rigWith({ timeline, adversaries: [] });
  await rig.until(3500);
  expect(await rig.look()).toBe(false);
  expect(rig.revoked()).toEqual([]);
});
