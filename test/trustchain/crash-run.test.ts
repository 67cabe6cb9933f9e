import { expect, test } from 'vitest';
import { idealScheme } from '../../src/base/ideal-signature.ts';
import { Random } from '../../src/base/random.ts';
import { requestDigest } from '../../src/pbft/envelope.ts';
import type { Validator } from '../../src/runtime/validator.ts';
import { IssuanceChecker } from '../../src/simulator/checkers/issuance.ts';
import type { CertificateAuthority, IssuanceOutcome } from '../../src/trustchain/authority.ts';
import type { IssuedCertificate } from '../../src/trustchain/certificate-store.ts';
import { defaultExtensionOid } from '../../src/trustchain/consensus-extension.ts';
import { verifyConsistency } from '../../src/trustchain/log/proof-check.ts';
import type { TransparencyLog } from '../../src/trustchain/log/transparency-log.ts';
import { type SignedTreeHead, verifyTreeHead } from '../../src/trustchain/log/tree-head.ts';
import { DyingDisk } from './dying-disk.ts';
import { csrFor, FakeCluster, makeAuthority, makeIssuer, makeLog } from './fake-cluster.ts';

const names = ['one', 'two', 'three'];
const issuer = makeIssuer();
const csrs = new Map(names.map((name) => [name, csrFor(`${name}.mesh`)]));

/** What the world saw of an authority, over all its lives. */
class Witness {
  readonly cluster = new FakeCluster(4, idealScheme);
  readonly disk = new DyingDisk();
  readonly checker = new IssuanceChecker();
  /** By name, as handed out. */
  readonly issued = new Map<string, IssuedCertificate>();
  readonly heads: SignedTreeHead[] = [];
  readonly crlNumbers: number[] = [];
  revoked: string | null = null;
  log: TransparencyLog = makeLog();
  authority: CertificateAuthority | null = null;
  private readonly serials = new Random('serials');

  constructor() {
    this.disk.slow = true;
  }

  /** A new life: the disk may die again while it recovers, then there is no authority. */
  start(): void {
    const { disk, cluster, checker } = this;
    const { journal, storage } = disk.restart();
    this.log = makeLog(storage);
    const validator: Validator = {
      submit: (operation, done) => {
        cluster.submit(operation, (outcome) => {
          if (outcome.type === 'certified') {
            const { certified } = outcome;
            checker.onAcknowledged({
              operation,
              requestDigest: requestDigest(operation),
              certified,
            });
          }
          done(outcome);
        });
      },
    };
    // Serials of two lives come from one source: only a crash's own doing could double them.
    const chance = (sizeBytes: number): Uint8Array => this.serials.bytes(sizeBytes);
    const options = { issuer, journal, log: this.log, validator, chance };
    const authority = makeAuthority(cluster, options);
    this.authority = null;
    authority.recover((error) => {
      expect(error).toBeNull();
      this.authority = authority;
    });
    disk.settle();
  }

  ask(name: string): void {
    const csr = csrs.get(name)!;
    const asked = { requestId: name };
    this.authority?.request(csr, asked, this.cluster.agent(), (it) => this.hear(name, it));
  }

  private hear(name: string, outcome: IssuanceOutcome): void {
    if (outcome.type !== 'issued') throw new Error(`${name}: ${JSON.stringify(outcome)}`);
    const { certificate } = outcome;
    const before = this.issued.get(name);
    // The same request gets the same certificate, in every life.
    if (before !== undefined) expect(certificate.pem).toBe(before.pem);
    else this.issued.set(name, certificate);
  }

  /** One write, and a look at the log as it is published then. */
  step(): boolean {
    const moved = this.disk.step();
    this.heads.push(this.log.head());
    return moved;
  }

  /** All names, two at first and the third when some writes are done; then one is revoked. */
  run(): void {
    this.ask('one');
    this.ask('two');
    for (let i = 0; i < 4; i++) this.step();
    this.ask('three');
    while (this.step());
    const first = this.issued.get('one');
    if (first === undefined || this.authority === null) return;
    const { revocations } = this.authority;
    revocations.revoke(first.serial, 'keyCompromise', { by: 'operator' }, ({ type }) => {
      if (type === 'revoked') this.revoked = first.serial;
    });
    revocations.crl((error, crl) => {
      if (error === null && crl !== null) this.crlNumbers.push(crl.number);
    });
    while (this.step());
  }

  /** Everything that must hold when the dust has settled: store, journal, log and list agree. */
  check(): void {
    const { log, checker, disk, issued } = this;
    const authority = this.authority!;
    expect([...issued.keys()].sort()).toEqual([...names].sort());
    expect(authority.pending).toBe(0);
    const serials = [...issued.values()].map(({ serial }) => serial).sort();
    expect(
      authority.store
        .all()
        .map(({ serial }) => serial)
        .sort(),
    ).toEqual(serials);
    const kinds = [...disk.entries.keys()].filter((key) => !/^(crl|log|revoked)\//.test(key));
    const answers = kinds.filter((key) => key.startsWith('answer/'));
    const own = kinds.filter((key) => !key.startsWith('answer/'));
    expect(own.sort()).toEqual(serials.map((serial) => `issued/${serial}`));
    expect(answers).toHaveLength(serials.length);
    const answering = { log, issuerChain: [issuer.certificate.der, issuer.root.der] };
    for (const name of names) {
      const outcome = this.askNow(name);
      const { certificate } = outcome;
      const recorded = certificate.pem === issued.get(name)?.pem;
      const extensionOid = defaultExtensionOid;
      expect(checker.onIssued({ ...outcome, answering, extensionOid, recorded })).toBeNull();
    }
    expect(checker.onEnd()).toBeNull();
    this.checkHeads();
    if (this.revoked !== null) expect(authority.revocations.get(this.revoked)).not.toBeNull();
    expect(new Set(this.crlNumbers).size).toBe(this.crlNumbers.length);
  }

  private askNow(name: string) {
    const outcomes: IssuanceOutcome[] = [];
    const { authority, cluster } = this;
    authority?.request(csrs.get(name)!, { requestId: name }, cluster.agent(), (outcome) =>
      outcomes.push(outcome),
    );
    const [outcome] = outcomes;
    if (outcome?.type !== 'issued') throw new Error(`${name}: ${JSON.stringify(outcomes)}`);
    return outcome;
  }

  /** Whatever was ever published is the beginning of what is published now. */
  private checkHeads(): void {
    const { log } = this;
    const now = log.head();
    const claim = ({ treeSize, rootHash }: SignedTreeHead) => ({ size: treeSize, root: rootHash });
    for (const head of this.heads) {
      expect(verifyTreeHead(log.key.publicKey, head)).toBe(true);
      const path = log.consistencyPath(head.treeSize, now.treeSize);
      expect(verifyConsistency(claim(head), claim(now), path)).toBe(true);
    }
  }
}

/** How many writes a life takes that nothing disturbs. */
function writesOfARun(): number {
  const witness = new Witness();
  witness.start();
  witness.run();
  witness.check();
  return witness.disk.written;
}

const writes = writesOfARun();

test('A run of three certificates, a revocation and a list takes fourteen writes', () => {
  expect(writes).toBe(3 * 4 + 2);
});

const crashes = Array.from({ length: writes }, (_, i) => i + 1).flatMap((write) => [
  [write, false, 'before'] as const,
  [write, true, 'after'] as const,
]);

test.each(crashes)(
  'A crash at write %i (kept: %s) of a run leaves store, log and list in agreement',
  (write, kept) => {
    // And then another crash at each write of the recovery, until one gets through.
    for (let recovery = 1, through = false; !through; recovery++) {
      const witness = new Witness();
      const { disk } = witness;
      disk.lastIsKept = kept;
      disk.left = write;
      witness.start();
      witness.run();
      disk.left = recovery;
      witness.start();
      through = witness.authority !== null;
      disk.left = Number.POSITIVE_INFINITY;
      witness.start();
      witness.run();
      witness.check();
    }
  },
);
