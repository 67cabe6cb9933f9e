import { describe, expect, onTestFinished, test } from 'vitest';
import { Random } from '../../src/base/random.ts';
import { validateOperation } from '../../src/ledger/operation.ts';
import type { CertificateSubject } from '../../src/proofs/request.ts';
import { MemoryJournal } from '../../src/runtime/memory-journal.ts';
import type { JournalWrite } from '../../src/runtime/ports.ts';
import { systemTimers } from '../../src/runtime/system-timers.ts';
import type { Validator } from '../../src/runtime/validator.ts';
import { CertificateAuthority } from '../../src/trustchain/authority.ts';
import { makeIssuer } from '../../src/trustchain/issuer.ts';
import { signingKeyFromSeed } from '../../src/trustchain/keys.ts';
import { logKey } from '../../src/trustchain/log/log-key.ts';
import { MemoryLogStorage } from '../../src/trustchain/log/storage.ts';
import { TransparencyLog } from '../../src/trustchain/log/transparency-log.ts';
import { type FinalOutcome, RequestDesk } from '../../src/trustchain/request-desk.ts';
import { HttpValidator } from '../../src/validation/http-client.ts';
import { localhostHttpPolicy } from '../../src/validation/http-policy.ts';
import { requestOf, startMs, testNode } from '../proofs/fixtures.ts';
import { answerJson, type FakeNode, fakeNodes, honest, reply } from '../validation/http-fakes.ts';
import { type Lie, lies } from '../validation/http-lies.ts';
import { csrFor } from './fake-cluster.ts';

/** A node that answers wrongly has all the time it wants; one that is silent has not. */
const policyFor = ({ needsPatience }: Lie) => ({
  ...localhostHttpPolicy,
  ...(needsPatience && { timeoutMs: 1_500, attemptMs: 500 }),
  retries: 0,
});
const clock = { nowMs: () => startMs };
const node = testNode(1);

/** A journal that notes the kinds of what was written. */
class NotingJournal extends MemoryJournal {
  readonly kinds: string[] = [];
  override write(write: JournalWrite, done: (error: Error | null) => void): void {
    for (const { key } of write.puts) this.kinds.push(key.split('/')[0] ?? '');
    super.write(write, done);
  }
}

const application = { requestId: 'lied-to', csr: csrFor('host.mesh'), requirements: null };

/** An authority that hears of a cluster through one node. */
function worldBefore(fake: FakeNode, policy = { ...localhostHttpPolicy, retries: 0 }) {
  const epochs = fake.cluster.chain();
  const client = () => new HttpValidator({ endpoints: [fake.url], epochs, policy });
  // Later another one takes its place: the first rests from an endpoint that did so badly.
  let way = client();
  onTestFinished(() => way.stop());
  const validator: Validator = { submit: (operation, done) => way.submit(operation, done) };
  const random = new Random('lying cluster');
  const chance = (sizeBytes: number) => random.bytes(sizeBytes);
  const key = logKey(signingKeyFromSeed(chance(32)));
  const log = new TransparencyLog(key, new MemoryLogStorage(), clock);
  const journal = new NotingJournal();
  const { validators, verify } = epochs.firstEpoch;
  const issuer = makeIssuer({ nowMs: startMs, chance });
  const authority = new CertificateAuthority({
    ...{ issuer, log, validators, epochs, verify, validator, clock, chance, journal },
    scheme: 'ed25519',
  });
  const drafted: string[] = [];
  const agent = {
    nodeId: node.nodeId,
    prove: (subject: CertificateSubject, done: (operation: Uint8Array | null) => void) => {
      drafted.push(JSON.stringify(subject));
      done(validateOperation(requestOf(node, { subject })));
    },
  };
  const desk = new RequestDesk({ authority, clock, timers: systemTimers });
  const renewClient = async (): Promise<void> => {
    await way.stop();
    way = client();
  };
  return { authority, log, journal, drafted, agent, desk, renewClient };
}

const failure = { proof: 'stake', reason: 'too small', measured: '1', required: '2' } as const;

test('An invalid decision that is told as valid is what the quorum signed: invalid', async () => {
  const [fake] = await fakeNodes(({ operation, cluster, response }) => {
    const json = answerJson(cluster.certify(operation, { failures: [failure] }));
    reply(response, 200, { ...json, status: 'valid' });
  });
  const world = worldBefore(fake!);
  const { desk, agent, authority, log } = world;
  const settled = Promise.withResolvers<FinalOutcome>();
  const waiter = { onSettled: settled.resolve };
  desk.ask(application, { agent, healer: null }, waiter);
  expect(await settled.promise).toMatchObject({ type: 'invalid', failures: [failure] });
  expect(authority.store.size).toBe(0);
  expect(log.size).toBe(0);
  desk.stop();
});

describe('A HyperMesh that', () => {
  test.each(Object.keys(lies))(
    '%s gets no certificate, no SCT and burns no serial',
    async (what) => {
      const lie = lies[what]!;
      const [fake] = await fakeNodes(lie.conduct);
      const world = worldBefore(fake!, policyFor(lie));
      const { desk, agent, authority, log, journal, drafted } = world;
      const settled = Promise.withResolvers<FinalOutcome>();
      const held = await new Promise<string>((resolve) => {
        desk.ask(
          application,
          { agent, healer: null },
          {
            onSettled: settled.resolve,
            onHeld: resolve,
          },
        );
      });
      expect(held).toMatch(lie.needsPatience ? fake!.url : lie.detail);
      expect(authority.store.size).toBe(0);
      expect(log.size).toBe(0);
      expect(new Set(journal.kinds)).toEqual(new Set(['draft', 'operation']));
      expect(desk.stateOf(node.nodeId, 'lied-to')).toMatchObject({ type: 'pending', detail: held });
      // The same draft, under the same serial, once it says the truth.
      fake!.conduct = honest;
      await world.renewClient();
      const outcome = await settled.promise;
      expect(outcome.type).toBe('issued');
      expect(drafted).toHaveLength(1);
      expect(authority.store.size).toBe(1);
      expect(log.size).toBe(1);
      desk.stop();
    },
  );
});
