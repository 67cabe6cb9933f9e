import { describe, expect, it } from 'vitest';
import { ed25519 } from '../../src/base/signature.ts';
import { EpochChain } from '../../src/ledger/epoch-chain.ts';
import { validateOperation } from '../../src/ledger/operation.ts';
import type { NodeStatus } from '../../src/node/status.ts';
import { requestDigest, voteVerifier } from '../../src/pbft/envelope.ts';
import { profiles } from '../../src/proofs/profiles.ts';
import { MemoryJournal } from '../../src/runtime/memory-journal.ts';
import type { Journal } from '../../src/runtime/ports.ts';
import type { Validator, ValidatorOutcome } from '../../src/runtime/validator.ts';
import { AnswerStore } from '../../src/validation/answer-store.ts';
import { ConsensusValidationService } from '../../src/validation/service.ts';
import {
  localhostServiceLimits,
  type ServiceLimits,
  type ServiceOutcome,
  type Submission,
} from '../../src/validation/service-types.ts';
import { genesis, newLedger } from '../ledger/fixtures.ts';
import { chainId, requestOf, startMs, subjectOf, testNode } from '../proofs/fixtures.ts';
import { FakeTimers } from './fakes.ts';

const node = testNode(1);

function submission(requestId: string, changes: Partial<Submission> = {}): Submission {
  const request = requestOf(node, { subject: subjectOf(node, { requestId }) });
  const operation = validateOperation(request);
  const bodyDigest = requestDigest(operation);
  return {
    requestId,
    bodyDigest,
    operation,
    request,
    asked: undefined,
    authentic: true,
    ...changes,
  };
}

/** A status in which `reachable` of four members are there. */
function statusWith(reachable: number, changes: Partial<NodeStatus> = {}): NodeStatus {
  const members = genesis.validators.map((publicKey, replica) => ({
    replica,
    process: replica,
    publicKey,
    standing: 'trusted' as const,
    reachable: replica < reachable,
  }));
  return {
    publicKey: genesis.validators[0]!,
    process: 0,
    role: 'voting',
    epoch: 0,
    n: 4,
    f: 1,
    quorum: 3,
    view: 0,
    active: true,
    primary: 0,
    sequence: 0,
    stableCheckpoint: 0,
    logWindow: 64,
    members,
    standbys: [],
    convicted: [],
    byzantine: 0,
    recovery: null,
    recovering: false,
    fetchingState: false,
    failure: null,
    pendingRequests: 0,
    pendingBytes: 0,
    computeBits: 14,
    beaconEpoch: 1,
    staticChecks: { hits: 0, misses: 0 },
    counts: {
      evidence: {},
      strikes: 0,
      refusedFrames: 0,
      viewChanges: 0,
      executedBatches: 0,
      executedOperations: 0,
      journalErrors: 0,
    },
    uptimeMs: 1,
    ...changes,
  };
}

/** A service whose validator answers when the test says so, and whose time it moves. */
class World implements Validator {
  readonly timers = new FakeTimers();
  readonly asked: { operation: Uint8Array; done: (outcome: ValidatorOutcome) => void }[] = [];
  status = statusWith(4);
  readonly store: AnswerStore;
  readonly service: ConsensusValidationService;

  constructor(limits: Partial<ServiceLimits> = {}, journal: Journal = new MemoryJournal()) {
    const validators = { chainId, epoch: 0, publicKeys: genesis.validators };
    const clock = { nowMs: () => startMs + this.timers.nowMs };
    this.store = new AnswerStore(journal, clock);
    this.service = new ConsensusValidationService({
      validator: this,
      epochs: new EpochChain(validators, (set) => voteVerifier(ed25519, set)),
      requirements: profiles.localhost,
      store: this.store,
      status: () => this.status,
      clock,
      monotonic: { nowMs: () => this.timers.nowMs },
      timers: this.timers,
      limits: { ...localhostServiceLimits, ...limits },
    });
  }

  async start(): Promise<this> {
    await new Promise((resolve) => this.service.start(resolve));
    return this;
  }

  submit(operation: Uint8Array, done: (outcome: ValidatorOutcome) => void): void {
    this.asked.push({ operation, done });
  }

  ask(asked: Submission, respondAsync = false): ServiceOutcome[] {
    const outcomes: ServiceOutcome[] = [];
    this.service.submit(asked, respondAsync, (outcome) => outcomes.push(outcome));
    return outcomes;
  }

  /** A quorum answers what was asked `which`-th; the votes are the validator's business. */
  async answer(which = 0): Promise<void> {
    const { operation, done } = this.asked[which]!;
    const { results } = newLedger().execute(1, startMs, [operation]);
    const statement = {
      type: 'result',
      epoch: 0,
      sequence: 1,
      timestamp: startMs,
      resultsRoot: 'aa'.repeat(32),
      stateDigest: 'bb'.repeat(32),
    } as const;
    const votes = [0, 1, 2].map((replica) => ({ replica, signature: new Uint8Array(64) }));
    const answer = {
      requestDigest: requestDigest(operation),
      result: results[0]!,
      index: 0,
      batchSize: 1,
      path: [],
    };
    done({ type: 'certified', certified: { certificate: { statement, votes }, answer, view: 0 } });
    await turn();
  }
}

function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

const reasonOf = (outcome: ServiceOutcome | undefined) =>
  outcome?.type === 'unavailable' ? outcome.reason : outcome?.type;

describe('the validation service', () => {
  it('asks the replicas once for a body that is asked twice', async () => {
    const world = await new World().start();
    const first = world.ask(submission('a'));
    const second = world.ask(submission('a'));
    expect(world.asked).toHaveLength(1);
    await world.answer();
    expect(first).toEqual(second);
    expect(reasonOf(first[0])).toBe('answered');
    expect(world.ask(submission('a'))).toEqual(first);
  });

  it('lets nobody use up an id with a body that the node key did not sign', async () => {
    const world = await new World().start();
    const forged = submission('a', { bodyDigest: 'ff'.repeat(32), authentic: false });
    const told = world.ask(forged);
    const honest = world.ask(submission('a'));
    expect(world.asked).toHaveLength(2);
    await world.answer(0);
    await world.answer(1);
    expect([reasonOf(told[0]), reasonOf(honest[0])]).toEqual(['answered', 'answered']);
    expect(world.store.size).toBe(1);
    expect(reasonOf(world.ask(forged)[0])).toBe('conflict');
  });

  it('tells an unsigned body the same again, and another one that the id is used', async () => {
    const world = await new World().start();
    const forged = submission('a', { bodyDigest: 'ff'.repeat(32), authentic: false });
    const told = world.ask(forged);
    await world.answer(0);
    expect(world.ask(forged)).toEqual(told);
    const other = submission('a', { bodyDigest: 'ee'.repeat(32), authentic: false });
    expect(reasonOf(world.ask(other)[0])).toBe('conflict');
    expect(world.asked).toHaveLength(1);
    const honest = world.ask(submission('a'));
    await world.answer(1);
    expect(reasonOf(honest[0])).toBe('answered');
  });

  it('tells nothing before it is on disk', async () => {
    const held: (() => void)[] = [];
    const journal = new MemoryJournal();
    const slow: Journal = {
      load: (done) => journal.load(done),
      write: (write, done) => journal.write(write, (error) => held.push(() => done(error))),
    };
    const world = await new World({}, slow).start();
    const told = world.ask(submission('a'));
    const accepted = world.ask(submission('b'), true);
    await world.answer();
    expect([...told, ...accepted]).toEqual([]);
    for (const release of held.splice(0)) release();
    expect([reasonOf(told[0]), reasonOf(accepted[0])]).toEqual(['answered', 'accepted']);
  });

  it('says so when the disk takes nothing, and takes nothing more itself', async () => {
    const journal = new MemoryJournal();
    const world = await new World({}, journal).start();
    const told = world.ask(submission('a'));
    await journal.close();
    await world.answer();
    expect(reasonOf(told[0])).toBe('storeFailed');
    expect(reasonOf(world.ask(submission('b'))[0])).toBe('storeFailed');
  });

  it('bounds what waits, and takes nobody while the first waits too long', async () => {
    const world = await new World({ maxInFlight: 1, maxQueued: 2, maxQueueWaitMs: 500 }).start();
    for (const id of ['a', 'b', 'c']) world.ask(submission(id), true);
    expect(reasonOf(world.ask(submission('d'))[0])).toBe('saturated');
    await world.answer();
    expect(world.asked).toHaveLength(2);
    world.timers.run(501);
    expect(reasonOf(world.ask(submission('e'))[0])).toBe('saturated');
    expect(world.service.depths).toMatchObject({ inFlight: 1, queued: 1 });
  });

  it('gives an answer by the deadline, and the decision to who asks later', async () => {
    const world = await new World({ deadlineMs: 1_000 }).start();
    const told = world.ask(submission('a'));
    world.timers.run(999);
    expect(told).toEqual([]);
    world.timers.run(1_000);
    expect(reasonOf(told[0])).toBe('deadline');
    expect(JSON.parse(world.service.statusOf('a')!).status).toBe('pending');
    await world.answer();
    expect(JSON.parse(world.service.statusOf('a')!)).toMatchObject({ request_id: 'a' });
    expect(reasonOf(world.ask(submission('a'))[0])).toBe('answered');
  });

  it('says that the quorum is gone, once it is gone for longer than links flap', async () => {
    const world = await new World({ quorumGraceMs: 1_000 }).start();
    const told = world.ask(submission('a'));
    world.status = statusWith(2);
    world.timers.run(500);
    expect(told).toEqual([]);
    const meanwhile = world.ask(submission('b'));
    world.timers.run(2_000);
    expect([reasonOf(told[0]), reasonOf(meanwhile[0])]).toEqual(['noQuorum', 'noQuorum']);
    expect(reasonOf(world.ask(submission('c'))[0])).toBe('noQuorum');
    expect(world.asked).toHaveLength(2);
    world.status = statusWith(3);
    world.timers.run(2_500);
    await world.answer();
    expect(reasonOf(world.ask(submission('a'))[0])).toBe('answered');
  });

  it('asks again for what it took until it is decided, or far too old', async () => {
    const world = await new World({ pendingKeepMs: 60_000 }).start();
    world.ask(submission('a'), true);
    await turn();
    world.asked[0]!.done({ type: 'timeout' });
    world.timers.run(1);
    expect(world.asked).toHaveLength(2);
    world.asked[1]!.done({ type: 'refused', reason: 'overloaded' });
    world.timers.run(1_000);
    expect(world.asked).toHaveLength(3);
    world.timers.run(60_001);
    world.asked[2]!.done({ type: 'timeout' });
    expect(JSON.parse(world.service.statusOf('a')!).status).toBe('timeout');
    expect(world.service.depths).toMatchObject({ inFlight: 0, queued: 0 });
    world.ask(submission('a'));
    expect(world.asked).toHaveLength(4);
  });

  it('believes no certificate when more replicas lie than can be tolerated', async () => {
    const world = await new World().start();
    world.status = statusWith(4, { byzantine: 2 });
    const told = world.ask(submission('a'));
    await world.answer();
    const [outcome] = told;
    if (outcome?.type !== 'answered') throw new Error(`${outcome?.type}`);
    const result = JSON.parse(outcome.text);
    expect(result).toMatchObject({ status: 'byzantine_detected', result_certificate: null });
    expect(result.details.bft_status.fault_tolerance_maintained).toBe(false);
    expect(world.store.size).toBe(0);
  });

  it('ends every wait when it stops', async () => {
    const world = await new World({ maxInFlight: 1 }).start();
    const told = [world.ask(submission('a')), world.ask(submission('b'))];
    world.service.stop();
    expect(told.map(([outcome]) => reasonOf(outcome))).toEqual(['stopping', 'stopping']);
    expect(reasonOf(world.ask(submission('c'))[0])).toBe('stopping');
    await world.answer();
    expect(world.asked).toHaveLength(1);
  });
});
