import { utf8 } from '../../src/base/bytes.ts';
import { digest } from '../../src/base/digest.ts';
import { Heap } from '../../src/base/heap.ts';
import { leafHash, merklePath } from '../../src/base/merkle.ts';
import { Random } from '../../src/base/random.ts';
import { ed25519 } from '../../src/base/signature.ts';
import type { Genesis } from '../../src/ledger/genesis.ts';
import { Ledger } from '../../src/ledger/ledger.ts';
import type { LoadPolicy } from '../../src/ledger/load.ts';
import { requestDigest, seal, voteVerifier } from '../../src/pbft/envelope.ts';
import type { Operation } from '../../src/pbft/messages.ts';
import { quorum } from '../../src/pbft/quorum.ts';
import type { ValidatorSet } from '../../src/pbft/replica.ts';
import type { Requirements } from '../../src/proofs/request.ts';
import type { Clock, Timers } from '../../src/runtime/ports.ts';
import { solveAtOnce, solveInSlices } from '../../src/runtime/solve-work.ts';
import type { Validator, ValidatorOutcome } from '../../src/runtime/validator.ts';
import { makeIssuer } from '../../src/trustchain/issuer.ts';
import { signingKeyFromSeed } from '../../src/trustchain/keys.ts';
import { logKey } from '../../src/trustchain/log/log-key.ts';
import { MemoryLogStorage } from '../../src/trustchain/log/storage.ts';
import { TransparencyLog } from '../../src/trustchain/log/transparency-log.ts';
import { rememberVotes } from '../../src/validation/remembered-votes.ts';
import { workloadGenesis } from '../../src/workload/identity.ts';
import type { Broken, WorkloadParameters } from '../../src/workload/parameters.ts';
import type { WorkloadEvent } from '../../src/workload/records.ts';
import { startWorkload, type Workload } from '../../src/workload/workload.ts';

export const startMs = 1_700_000_000_000;
export const requirements: Requirements = {
  minimumStake: 100,
  maxTimeOffsetMs: 30_000,
  minimumStorageBytes: 128 * 32 * 8,
  minimumComputeBits: 6,
};
export const noneInvalid: Readonly<Record<Broken, number>> = {
  space: 0,
  stake: 0,
  work: 0,
  time: 0,
  signature: 0,
  replay: 0,
};

export function parameters(change: Partial<WorkloadParameters> = {}): WorkloadParameters {
  return {
    clients: 2,
    requests: 8,
    ratePerSecond: null,
    outstanding: 3,
    invalid: noneInvalid,
    requirements,
    plot: { labels: 128, scaleFactor: 8 },
    ...change,
  };
}

class VirtualTime implements Clock, Timers {
  /** What a turn of the event loop costs. */
  minDelayMs = 0;
  private now = startMs;
  private order = 0;
  private readonly heap = new Heap<{ atMs: number; order: number; callback: () => void }>(
    (a, b) => a.atMs < b.atMs || (a.atMs === b.atMs && a.order < b.order),
  );

  nowMs(): number {
    return this.now;
  }

  after(delayMs: number, callback: () => void): () => void {
    const timer = {
      atMs: this.now + Math.max(delayMs, this.minDelayMs),
      order: this.order++,
      callback,
    };
    this.heap.push(timer);
    return () => {
      timer.callback = () => {};
    };
  }

  run(untilMs: number): void {
    for (let next = this.heap.peek(); next && next.atMs <= untilMs; next = this.heap.peek()) {
      this.heap.pop();
      this.now = next.atMs;
      next.callback();
    }
    this.now = untilMs;
  }
}

export interface FakeOptions {
  readonly parameters?: WorkloadParameters;
  readonly seed?: string;
  readonly beaconEpochMs?: number;
  readonly inSlices?: boolean;
  readonly load?: LoadPolicy;
  readonly attestationEpochs?: number;
  /** Comes between a client and the cluster; null lets the operation through. */
  readonly intercept?: (operation: Operation, submission: number) => ValidatorOutcome | null;
  /** Before a batch runs, milliseconds after its first operation came. */
  readonly latencyMs?: number;
}

/** A ledger and the keys of n replicas that sign what it says: a cluster without consensus. */
export class FakeCluster {
  readonly time = new VirtualTime();
  readonly events: WorkloadEvent[] = [];
  readonly submitted: { readonly client: number; readonly operation: Operation }[] = [];
  readonly workload: Workload;
  readonly validators: ValidatorSet;
  readonly ledger: Ledger;
  done = 0;
  private readonly signers = [0, 1, 2, 3].map((i) => {
    return ed25519.signer(new Random(`replica ${i}`).bytes(32));
  });
  private readonly options: FakeOptions;
  private waiting: { operation: Operation; done: (outcome: ValidatorOutcome) => void }[] = [];
  private sequence = 0;

  constructor(options: FakeOptions = {}) {
    this.options = options;
    this.time.minDelayMs = options.inSlices ? 1 : 0;
    const asked = options.parameters ?? parameters();
    const seed = options.seed ?? 'seed';
    const chainId = digest('test chain', utf8('workload'));
    this.validators = {
      chainId,
      epoch: 0,
      publicKeys: this.signers.map(({ publicKey }) => publicKey),
    };
    const genesis: Genesis = {
      chainId,
      requirements: asked.requirements,
      scaleNote: '',
      validators: this.validators.publicKeys,
      plots: [],
      startMs,
      beaconEpochMs: options.beaconEpochMs ?? 3_600_000,
      ...(options.load && { load: options.load }),
      attestationEpochs: options.attestationEpochs ?? 0,
      ...workloadGenesis(asked, seed, ed25519, startMs),
    };
    this.ledger = new Ledger(genesis, { scheme: ed25519 });
    const chance = new Random('ca');
    this.workload = startWorkload(asked, {
      seed,
      validators: this.validators,
      scheme: ed25519,
      verify: rememberVotes(voteVerifier(ed25519, this.validators)),
      validator: (client) => this.validatorOf(client),
      issuer: makeIssuer({
        nowMs: startMs,
        chance: (sizeBytes) => chance.bytes(sizeBytes),
      }),
      log: new TransparencyLog(
        logKey(signingKeyFromSeed(new Random('log').bytes(32))),
        new MemoryLogStorage(),
        this.time,
      ),
      clock: this.time,
      timers: this.time,
      solveWork: options.inSlices ? solveInSlices(this.time) : solveAtOnce,
      onEvent: (event) => this.events.push(event),
      onDone: () => {
        this.done += 1;
      },
    });
  }

  run(forMs = 60_000): this {
    this.time.run(this.time.nowMs() + forMs);
    return this;
  }

  private validatorOf(client: number): Validator {
    return {
      submit: (operation, done) => {
        this.submitted.push({ client, operation });
        const outcome = this.options.intercept?.(operation, this.submitted.length) ?? null;
        if (outcome !== null) {
          this.time.after(outcome.type === 'timeout' ? 200 : 1, () => done(outcome));
          return;
        }
        if (this.waiting.length === 0) {
          this.time.after(this.options.latencyMs ?? 10, () => this.execute());
        }
        this.waiting.push({ operation, done });
      },
    };
  }

  private execute(): void {
    const batch = this.waiting;
    this.waiting = [];
    this.sequence += 1;
    const operations = batch.map(({ operation }) => operation);
    const ran = this.ledger.execute(this.sequence, this.time.nowMs(), operations);
    const { timestamp, resultsRoot, stateDigest } = ran;
    const { epoch, chainId } = this.validators;
    const { sequence } = this;
    const statement = {
      type: 'result',
      epoch,
      sequence,
      timestamp,
      resultsRoot,
      stateDigest,
    } as const;
    const votes = this.signers.slice(0, quorum(4)).map((signer, replica) => {
      return { replica, signature: seal(statement, replica, signer, chainId).signature };
    });
    const leaves = ran.results.map(leafHash);
    batch.forEach(({ operation, done }, index) => {
      const answer = {
        requestDigest: requestDigest(operation),
        result: ran.results[index] as Uint8Array,
        index,
        batchSize: batch.length,
        path: merklePath(leaves, index),
      };
      done({
        type: 'certified',
        certified: { certificate: { statement, votes }, answer, view: 0 },
      });
    });
  }
}
