import { cast, type Role } from '../../src/adversaries/cast.ts';
import type { VillainOptions } from '../../src/adversaries/kit.ts';
import { fromHex, utf8 } from '../../src/base/bytes.ts';
import { digest } from '../../src/base/digest.ts';
import { Heap } from '../../src/base/heap.ts';
import { idealScheme } from '../../src/base/ideal-signature.ts';
import { Random } from '../../src/base/random.ts';
import { createReplica } from '../../src/pbft/create.ts';
import { outerEnvelope, requestDigest, voteVerifier } from '../../src/pbft/envelope.ts';
import type { Evidence } from '../../src/pbft/evidence.ts';
import { rejectEvidence } from '../../src/pbft/evidence-check.ts';
import type { JournalRecord } from '../../src/pbft/journal-record.ts';
import { decodeMessage, encodeMessage } from '../../src/pbft/message-codec.ts';
import type { Message, Operation } from '../../src/pbft/messages.ts';
import type {
  Effect,
  Input,
  Parameters,
  Replica,
  ReplicaOptions,
  TimerName,
} from '../../src/pbft/replica.ts';

/** The smallest world a replica can live in: replicas, a lossy network, a service that hashes. */
export interface ClusterOptions {
  readonly n: number;
  readonly seed: number | string;
  readonly roles?: readonly Role[];
  readonly options?: VillainOptions;
  readonly requests?: number;
  readonly loss?: number;
  readonly latencyMs?: readonly [number, number];
  readonly crashes?: readonly { replica: number; atMs: number; forMs: number }[];
  readonly limitMs?: number;
}

export interface Outcome {
  readonly violations: readonly string[];
  /** Requests that some correct replica had not executed at the end. */
  readonly unanswered: number;
  /** Accused by correct replicas, with evidence that convicts. */
  readonly accused: ReadonlySet<number>;
  readonly evidence: readonly Evidence[];
  readonly strikes: readonly { by: number; against: number; reason: string }[];
  readonly viewChanges: number;
  readonly messages: number;
  readonly endMs: number;
}

export const parameters: Parameters = {
  checkpointInterval: 4,
  logWindow: 16,
  maxBatchOperations: 4,
  maxBatchBytes: 65_536,
  pipelineDepth: 4,
  proposalIntervalMs: 0,
  requestTimeoutMs: 400,
  statusIntervalMs: 100,
  maxClockSkewMs: 1000,
};

const startMs = 1_700_000_000_000;
const chainId = digest('test', utf8('chain'));

interface Snapshot {
  readonly sequence: number;
  readonly timestamp: number;
  readonly history: string;
  readonly executed: readonly string[];
}

interface Seat {
  replica: Replica;
  journal: JournalRecord[];
  /** Records that are not on disk yet, because nothing waits for them. */
  later: JournalRecord[];
  timers: Map<TimerName, number>;
  state: Snapshot;
  snapshots: Map<number, string>;
  /** Counts restarts: what was meant for an earlier life is dropped. */
  life: number;
  up: boolean;
}

const genesis: Snapshot = { sequence: 0, timestamp: 0, history: '', executed: [] };
const chunkCharacters = 2048;

export class Cluster {
  private readonly options: ClusterOptions;
  private readonly random: Random;
  private readonly queue = new Heap<{ atMs: number; number: number; run: () => void }>((a, b) =>
    a.atMs === b.atMs ? a.number < b.number : a.atMs < b.atMs,
  );
  private number = 0;
  nowMs = 0;
  private messages = 0;
  readonly seats: Seat[] = [];
  readonly correct: number[] = [];
  private readonly replicaOptions: ReplicaOptions[] = [];
  private readonly decisions = new Map<number, { by: number; what: string }>();
  readonly violations: string[] = [];
  private readonly evidence: Evidence[] = [];
  private readonly strikes: { by: number; against: number; reason: string }[] = [];
  private readonly viewsEntered = new Set<number>();
  private readonly operations: Operation[] = [];

  constructor(options: ClusterOptions) {
    this.options = options;
    this.random = new Random(`cluster/${options.seed}`);
    const signers = Array.from({ length: options.n }, (_, i) =>
      idealScheme.signer(new Uint8Array(32).fill(i + 1)),
    );
    const publicKeys = signers.map(({ publicKey }) => publicKey);
    const validators = { chainId, epoch: 0, publicKeys };
    const verify = voteVerifier(idealScheme, validators);
    for (const [index, signer] of signers.entries()) {
      this.replicaOptions.push({ index, validators, signer, verify, parameters });
      const isVillain = options.roles?.some(({ replicas }) => replicas.includes(index)) ?? false;
      if (!isVillain) this.correct.push(index);
      this.seats.push({
        replica: this.makeReplica(index),
        journal: [],
        later: [],
        timers: new Map(),
        state: genesis,
        snapshots: new Map(),
        life: 0,
        up: true,
      });
    }
  }

  private makeReplica(index: number): Replica {
    const { roles, seed, n, options } = this.options;
    const replicaOptions = this.replicaOptions[index] as ReplicaOptions;
    const behaviour = cast(
      roles ?? [],
      index,
      (role, conspirators) => ({
        index,
        n,
        chainId,
        epoch: 0,
        signer: replicaOptions.signer,
        parameters,
        random: new Random(`${seed}/${role.behaviour}/${index}`),
        conspirators,
        planSeed: `${seed}`,
        accusation: (evidence) => evidence,
        spawnTwin: () => createReplica(replicaOptions),
        ...(options === undefined ? {} : { options }),
      }),
      startMs,
    );
    const honest = createReplica(replicaOptions);
    return behaviour === null ? honest : behaviour(honest);
  }

  private after(delayMs: number, run: () => void): void {
    this.number += 1;
    this.queue.push({ atMs: this.nowMs + delayMs, number: this.number, run });
  }

  run(): Outcome {
    const { requests = 12, limitMs = 60_000, crashes = [] } = this.options;
    for (let i = 0; i < requests; i++) {
      const operation = utf8(`operation ${i}`);
      this.operations.push(operation);
      this.after(50 + i * 25, () => this.submit(operation));
    }
    for (const index of this.seats.keys()) {
      this.input(index, { type: 'timeout', timer: 'status' });
    }
    for (const { replica, atMs, forMs } of crashes) this.crash(replica, atMs, forMs);
    for (let next = this.queue.pop(); next !== undefined; next = this.queue.pop()) {
      if (next.atMs > limitMs || this.violations.length > 0) break;
      this.nowMs = next.atMs;
      next.run();
      if (this.unanswered() === 0 && this.operations.length === requests) break;
    }
    return this.outcome();
  }

  private outcome(): Outcome {
    return {
      violations: this.violations,
      unanswered: this.unanswered(),
      accused: new Set(this.evidence.map(({ accused }) => accused)),
      evidence: this.evidence,
      strikes: this.strikes,
      viewChanges: this.viewsEntered.size,
      messages: this.messages,
      endMs: this.nowMs,
    };
  }

  private unanswered(): number {
    const least = Math.min(...this.correct.map((i) => this.seats[i]?.state.executed.length ?? 0));
    // Forged operations count as executed too, so look closer only when the number is reached.
    if (least < this.operations.length) return this.operations.length - least;
    return this.operations.filter((operation) =>
      this.correct.some((i) => !this.knows(i, operation)),
    ).length;
  }

  private knows(index: number, operation: Operation): boolean {
    return this.seats[index]?.state.executed.includes(requestDigest(operation)) ?? false;
  }

  /** As a client: to every replica, again until all correct ones have it. */
  private submit(operation: Operation): void {
    if (this.correct.every((i) => this.knows(i, operation))) return;
    for (const index of this.seats.keys()) this.input(index, { type: 'request', operation });
    this.after(1000, () => this.submit(operation));
  }

  private crash(index: number, atMs: number, forMs: number): void {
    const seat = this.seats[index] as Seat;
    this.after(atMs, () => {
      seat.up = false;
      seat.life += 1;
      seat.later = [];
      seat.timers.clear();
    });
    this.after(atMs + forMs, () => {
      const stable = seat.journal.findLast((record) => record.type === 'stable');
      const sequence = stable?.certificate.statement.sequence ?? 0;
      const saved = seat.snapshots.get(sequence);
      seat.state = saved === undefined ? genesis : (JSON.parse(saved) as Snapshot);
      seat.replica = this.makeReplica(index);
      seat.up = true;
      this.input(index, { type: 'recovered', records: [...seat.journal] });
    });
  }

  private input(index: number, input: Input): void {
    const seat = this.seats[index] as Seat;
    if (!seat.up) return;
    if (input.type === 'request' && this.knows(index, input.operation)) return;
    const effects = seat.replica.step(input, startMs + this.nowMs);
    for (const effect of effects) this.obey(index, seat, effect);
  }

  private obey(index: number, seat: Seat, effect: Effect): void {
    const isCorrect = this.correct.includes(index);
    switch (effect.type) {
      case 'send':
        if (['checkpoint', 'status', 'replyStable'].includes(effect.message.type)) {
          seat.journal.push(...seat.later.splice(0));
        }
        for (const to of this.seats.keys()) {
          if (to !== index && (effect.to === 'others' || effect.to === to)) {
            this.transmit(index, to, effect.message);
          }
        }
        return;
      case 'persist':
        seat.later.push(effect.record);
        if (effect.later !== true) seat.journal.push(...seat.later.splice(0));
        return;
      case 'execute':
        return this.execute(index, seat, effect);
      case 'setTimer': {
        this.number += 1;
        const token = this.number;
        seat.timers.set(effect.timer, token);
        this.after(effect.afterMs, () => {
          if (seat.timers.get(effect.timer) !== token) return;
          seat.timers.delete(effect.timer);
          this.input(index, { type: 'timeout', timer: effect.timer });
        });
        return;
      }
      case 'cancelTimer':
        seat.timers.delete(effect.timer);
        return;
      case 'accuse':
        if (isCorrect) this.judge(index, effect.evidence);
        return;
      case 'strike':
        if (isCorrect) {
          this.strikes.push({ by: index, against: effect.replica, reason: effect.reason });
          if (this.correct.includes(effect.replica)) {
            this.violations.push(`${index} strikes correct ${effect.replica}: ${effect.reason}`);
          }
        }
        return;
      case 'serveChunk':
        return this.serve(index, seat, effect);
      case 'install':
        return this.install(index, seat, effect);
      case 'enterView':
        if (isCorrect && effect.active) this.viewsEntered.add(effect.view);
        return;
      case 'reply':
      case 'stable':
        return;
    }
  }

  private judge(by: number, evidence: Evidence): void {
    const rejected = rejectEvidence(evidence, this.replicaOptions[by] as ReplicaOptions);
    if (rejected !== null) this.violations.push(`${by} accuses without proof: ${rejected}`);
    if (this.correct.includes(evidence.accused)) {
      this.violations.push(`${by} accuses correct ${evidence.accused} of ${evidence.type}`);
    }
    this.evidence.push(evidence);
  }

  /** Through the codec, as on a wire; the receiver checks the outer signature before the step. */
  private transmit(from: number, to: number, message: Message): void {
    this.messages += 1;
    if (this.random.chance(this.options.loss ?? 0)) return;
    const frame = encodeMessage(message);
    const [minMs, maxMs] = this.options.latencyMs ?? [1, 10];
    const seat = this.seats[to] as Seat;
    const { life } = seat;
    this.after(this.random.between(minMs, maxMs), () => {
      if (seat.life !== life) return;
      const decoded = decodeMessage(frame);
      if (!decoded.ok) return;
      const envelope = outerEnvelope(decoded.value);
      const { verify } = this.replicaOptions[to] as ReplicaOptions;
      if (envelope !== null) {
        if (envelope.sender >= this.options.n) return;
        if (!verify(envelope.sender, envelope.payload, envelope.signature)) return;
      }
      if (decoded.value.type === 'request' && this.knows(to, decoded.value.operation)) return;
      this.input(to, { type: 'receive', from, message: decoded.value });
    });
  }

  private execute(index: number, seat: Seat, effect: Extract<Effect, { type: 'execute' }>): void {
    const { sequence, batchDigest, timestamp } = effect.certificate.header.statement;
    if (this.correct.includes(index)) this.compare(index, sequence, `${batchDigest} ${timestamp}`);
    const { life } = seat;
    this.after(0, () => {
      if (seat.life !== life || !seat.up) return;
      seat.state = {
        sequence,
        timestamp: Math.max(seat.state.timestamp, timestamp),
        history: digest('test/history', utf8(`${seat.state.history} ${sequence} ${batchDigest}`)),
        executed: [...new Set([...seat.state.executed, ...effect.batch.map(requestDigest)])],
      };
      const snapshot = JSON.stringify(seat.state);
      seat.snapshots.set(sequence, snapshot);
      const stateDigest = digest('test/state', utf8(snapshot));
      if (this.correct.includes(index)) this.compare(index, -sequence, stateDigest);
      this.input(index, {
        type: 'executed',
        sequence,
        timestamp: seat.state.timestamp,
        resultsRoot: digest('test/results', fromHex(batchDigest) as Uint8Array),
        stateDigest,
      });
    });
  }

  /** Agreement: the first correct replica's word on a sequence is every correct replica's. */
  private compare(by: number, sequence: number, what: string): void {
    const first = this.decisions.get(sequence);
    if (first === undefined) this.decisions.set(sequence, { by, what });
    else if (first.what !== what) {
      this.violations.push(`sequence ${sequence}: ${first.by} ${first.what}, ${by} ${what}`);
    }
  }

  private serve(index: number, seat: Seat, effect: Extract<Effect, { type: 'serveChunk' }>): void {
    const snapshot = seat.snapshots.get(effect.sequence);
    if (snapshot === undefined) return;
    const chunks = Math.ceil(snapshot.length / chunkCharacters);
    const { sequence, chunk } = effect;
    if (chunk >= chunks) return;
    const bytes = utf8(snapshot.slice(chunk * chunkCharacters, (chunk + 1) * chunkCharacters));
    this.transmit(index, effect.to, { type: 'stateChunk', sequence, chunk, chunks, bytes });
  }

  private install(index: number, seat: Seat, effect: Extract<Effect, { type: 'install' }>): void {
    const { sequence, stateDigest } = effect.certificate.statement;
    const snapshot = Buffer.concat(effect.chunks).toString('utf8');
    const ok = digest('test/state', utf8(snapshot)) === stateDigest;
    const { life } = seat;
    // Behind the batches handed over before, as the service works in order.
    this.after(0, () => {
      if (seat.life !== life) return;
      if (ok) {
        seat.state = JSON.parse(snapshot) as Snapshot;
        seat.snapshots.set(sequence, snapshot);
      }
      this.input(index, { type: 'installed', sequence, ok });
    });
  }
}
