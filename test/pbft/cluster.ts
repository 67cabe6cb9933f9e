import { utf8 } from '../../src/base/bytes.ts';
import { type Digest, digest } from '../../src/base/digest.ts';
import { ed25519, type SignatureScheme } from '../../src/base/signature.ts';
import { createReplica } from '../../src/pbft/create.ts';
import { outerEnvelope, requestDigest, voteVerifier } from '../../src/pbft/envelope.ts';
import type { JournalRecord } from '../../src/pbft/journal-record.ts';
import { decodeMessage, encodeMessage } from '../../src/pbft/message-codec.ts';
import type {
  CheckpointCertificate,
  Message,
  Operation,
  ResultStatement,
} from '../../src/pbft/messages.ts';
import { decodeRecord, encodeRecord } from '../../src/pbft/record-codec.ts';
import type { Effect, Input, Parameters, ValidatorSet } from '../../src/pbft/replica.ts';

export const testParameters: Parameters = {
  checkpointInterval: 4,
  logWindow: 8,
  maxBatchOperations: 4,
  maxBatchBytes: 64 * 1024,
  pipelineDepth: 2,
  proposalIntervalMs: 0,
  requestTimeoutMs: 1000,
  statusIntervalMs: 200,
  maxClockSkewMs: 10_000,
};

export interface InFlight {
  readonly from: number;
  readonly to: number;
  readonly message: Message;
}

/** A service that chains digests: its state names everything it ever ran, in order. */
class ChainService {
  state: Digest = digest('test/state', utf8('genesis'));
  timestamp = 0;

  execute(timestamp: number, batch: readonly Operation[]): { results: string; state: Digest } {
    this.timestamp = Math.max(this.timestamp, timestamp);
    const names = batch.map(requestDigest).join();
    if (batch.length > 0) this.state = digest('test/state', utf8(`${this.state}${names}`));
    return { results: digest('test/results', utf8(names)), state: this.state };
  }
}

/** An epoch other than the first, or with replicas that follow without a vote. */
export interface Membership {
  readonly standbys?: number;
  /** The sequence at which the epoch begins. */
  readonly base?: number;
  /** The replica that lacks the state at the base. */
  readonly behind?: number;
}

/** What a node sends only when all it knows is on disk. */
const tellsProgress = new Set(['checkpoint', 'status', 'replyStable']);

export interface Member {
  readonly index: number;
  replica: ReturnType<typeof createReplica>;
  service: ChainService;
  /** Timers that run, with the time they fire. */
  timers: Map<string, number>;
  journal: JournalRecord[];
  /** Records that are not on disk yet, because nothing waits for them. */
  later: JournalRecord[];
  snapshots: Map<number, { state: Digest; timestamp: number }>;
  executed: { sequence: number; batch: readonly Operation[]; timestamp: number }[];
  effects: Effect[];
  down: boolean;
  clockOffsetMs: number;
  /** Its disk was lost: one that comes back with an empty journal is not new. */
  lostDisk: boolean;
  /** Loses power after so many more effects; null while it does not. */
  effectsLeft: number | null;
}

/** n replicas in one process, every message in the test's hands. */
export class TestCluster {
  readonly members: Member[];
  readonly validators: ValidatorSet;
  readonly parameters: Parameters;
  readonly scheme: SignatureScheme;
  readonly membership: Membership;
  flight: InFlight[] = [];
  nowMs = 1_700_000_000_000;
  /** Called with every effect of every replica, after it was obeyed. */
  onEffect: (member: Member, effect: Effect) => void = () => {};

  constructor(
    n: number,
    parameters: Partial<Parameters> = {},
    scheme = ed25519,
    membership: Membership = {},
  ) {
    this.parameters = { ...testParameters, ...parameters };
    this.scheme = scheme;
    this.membership = membership;
    const publicKeys = Array.from({ length: n }, (_, i) => this.signer(i).publicKey);
    this.validators = { chainId: digest('test/chain', utf8('test')), epoch: 0, publicKeys };
    const followers = membership.standbys ?? 0;
    this.members = Array.from({ length: n + followers }, (_, index) => ({
      index,
      replica: this.create(index),
      service: new ChainService(),
      timers: new Map(),
      journal: [],
      later: [],
      snapshots: new Map(),
      executed: [],
      effects: [],
      down: false,
      clockOffsetMs: 0,
      lostDisk: false,
      effectsLeft: null,
    }));
    for (const { index, snapshots } of this.members) {
      const { state, timestamp } = new ChainService();
      if (index !== membership.behind) snapshots.set(membership.base ?? 0, { state, timestamp });
      this.step(index, { type: 'recovered', records: [] });
    }
  }

  signer(index: number) {
    return this.scheme.signer(new Uint8Array(32).fill(index + 1));
  }

  get verify() {
    return voteVerifier(this.scheme, this.validators);
  }

  options(index: number) {
    const { validators, parameters, verify, membership } = this;
    const own = { index, signer: this.signer(index) };
    if (membership.base === undefined) return { ...own, validators, parameters, verify };
    const behindBase = index === membership.behind;
    const base = this.baseCertificate(membership.base);
    return { ...own, validators, parameters, verify, base, behindBase };
  }

  /** Where the epoch begins, certified by an epoch before it, which had the same keys. */
  private baseCertificate(sequence: number): CheckpointCertificate {
    const { state: stateDigest, timestamp } = new ChainService();
    const resultsRoot = digest('test/results', utf8(''));
    const statement = { type: 'result', epoch: 0, sequence, timestamp, resultsRoot, stateDigest };
    const votes = this.validators.publicKeys.map((_, replica) => ({
      replica,
      signature: new Uint8Array(),
    }));
    return { statement: statement as ResultStatement, votes };
  }

  private create(index: number) {
    return createReplica(this.options(index));
  }

  member(index: number): Member {
    return this.members[index] as Member;
  }

  step(index: number, input: Input): readonly Effect[] {
    const member = this.member(index);
    if (member.down) return [];
    const inputs: Input[] = [input];
    const all: Effect[] = [];
    for (let next = inputs.shift(); next; next = inputs.shift()) {
      if (next.type === 'receive' && member.replica.counts(next.message)) continue;
      const effects = member.replica.step(next, this.nowMs + member.clockOffsetMs);
      for (const effect of effects) {
        this.obey(member, effect, inputs);
        all.push(effect);
        if (member.effectsLeft === null || --member.effectsLeft > 0) continue;
        this.crash(index);
        return all;
      }
    }
    return all;
  }

  private obey(member: Member, effect: Effect, inputs: Input[]): void {
    member.effects.push(effect);
    switch (effect.type) {
      case 'send': {
        const receivers =
          effect.to === 'others'
            ? this.validators.publicKeys.map((_, index) => index).filter((i) => i !== member.index)
            : [effect.to];
        if (tellsProgress.has(effect.message.type)) this.hurry(member);
        for (const to of receivers)
          this.flight.push({ from: member.index, to, message: effect.message });
        break;
      }
      case 'persist':
        member.later.push(effect.record);
        if (effect.later !== true) this.hurry(member);
        break;
      case 'execute': {
        const { sequence, timestamp } = effect.certificate.header.statement;
        const { results, state } = member.service.execute(timestamp, effect.batch);
        member.executed.push({ sequence, batch: effect.batch, timestamp });
        const { timestamp: agreed } = member.service;
        member.snapshots.set(sequence, { state, timestamp: agreed });
        const roots = { resultsRoot: results, stateDigest: state };
        inputs.push({ type: 'executed', sequence, timestamp: agreed, ...roots });
        break;
      }
      case 'setTimer':
        member.timers.set(effect.timer, this.nowMs + effect.afterMs);
        break;
      case 'cancelTimer':
        member.timers.delete(effect.timer);
        break;
      case 'serveChunk': {
        const snapshot = member.snapshots.get(effect.sequence);
        if (!snapshot) break;
        const bytes = utf8(JSON.stringify(snapshot));
        const { sequence, to, chunk } = effect;
        const message = { type: 'stateChunk', sequence, chunk, chunks: 1, bytes } as const;
        this.flight.push({ from: member.index, to, message });
        break;
      }
      case 'install': {
        const { sequence, stateDigest } = effect.certificate.statement;
        const snapshot = parseSnapshot(effect.chunks[0]);
        const ok = snapshot?.state === stateDigest;
        if (snapshot && ok) {
          member.service.state = snapshot.state;
          member.service.timestamp = snapshot.timestamp;
          member.snapshots.set(sequence, snapshot);
        }
        inputs.push({ type: 'installed', sequence, ok });
      }
    }
    this.onEffect(member, effect);
  }

  private hurry(member: Member): void {
    for (const record of member.later.splice(0)) this.persist(member, record);
  }

  /** Keeps records as bytes do: encoded and decoded, the newest of a kind replacing the older. */
  private persist(member: Member, record: JournalRecord): void {
    const decoded = decodeRecord(encodeRecord(record));
    if (!decoded.ok) throw new Error(decoded.reason);
    member.journal.push(decoded.value);
  }

  request(text: string, to = this.members.map(({ index }) => index)): void {
    for (const index of to) this.step(index, { type: 'request', operation: utf8(text) });
  }

  /** Delivers one message as the node would: through bytes, with its signature checked. */
  deliver({ from, to, message }: InFlight): readonly Effect[] {
    const decoded = decodeMessage(encodeMessage(message));
    if (!decoded.ok) throw new Error(decoded.reason);
    const envelope = outerEnvelope(decoded.value);
    if (envelope && !this.verify(envelope.sender, envelope.payload, envelope.signature)) return [];
    return this.step(to, { type: 'receive', from, message: decoded.value });
  }

  /** Delivers everything in flight, and what follows from it, in order; `keep` may drop some. */
  settle(keep: (m: InFlight) => boolean = () => true, limit = 100_000): void {
    for (let i = 0; this.flight.length > 0; i++) {
      if (i > limit) throw new Error('messages without end');
      const next = this.flight.shift() as InFlight;
      if (keep(next)) this.deliver(next);
    }
  }

  /** Lets time pass, firing timers in order and delivering what they send. */
  pass(durationMs: number, keep: (m: InFlight) => boolean = () => true): void {
    const end = this.nowMs + durationMs;
    for (;;) {
      this.settle(keep);
      let due: { member: Member; timer: string; at: number } | null = null;
      for (const member of this.members) {
        for (const [timer, at] of member.timers) {
          if (at <= end && (due === null || at < due.at)) due = { member, timer, at };
        }
      }
      if (due === null) break;
      this.nowMs = due.at;
      this.fire(due.member.index, due.timer);
    }
    this.nowMs = end;
  }

  fire(index: number, timer: string): void {
    this.member(index).timers.delete(timer);
    this.step(index, { type: 'timeout', timer } as Input);
  }

  crash(index: number): void {
    const member = this.member(index);
    member.down = true;
    member.effectsLeft = null;
    member.later = [];
    member.timers.clear();
    this.flight = this.flight.filter(({ to }) => to !== index);
  }

  restart(index: number, disk: 'kept' | 'lost' = 'kept'): void {
    const member = this.member(index);
    member.down = false;
    member.later = [];
    member.replica = this.create(index);
    if (disk === 'lost') {
      member.journal = [];
      member.snapshots.clear();
      member.lostDisk = true;
    }
    // Lost again, before it wrote down that it was: a node knows that it ran before.
    const lost = member.lostDisk && member.journal.length === 0;
    const records = newest(member.journal);
    const stable = records.find((record) => record.type === 'stable');
    member.service = new ChainService();
    const snapshot = member.snapshots.get(stable?.certificate.statement.sequence ?? 0);
    if (snapshot) Object.assign(member.service, snapshot);
    member.executed = [];
    this.step(index, lost ? { type: 'diskLost' } : { type: 'recovered', records });
  }

  /** What a restart would find on the disk of `index`. */
  records(index: number): JournalRecord[] {
    return newest(this.member(index).journal);
  }

  /** What each replica ran, as text, in order. */
  history(index: number): string[] {
    return this.member(index).executed.map(({ sequence, batch }) => {
      const texts = batch.map((operation) => new TextDecoder().decode(operation));
      return `${sequence}:${texts.join('+') || 'null'}`;
    });
  }

  accusations(): string[] {
    const found = new Set<string>();
    for (const { index, effects } of this.members) {
      for (const effect of effects) {
        if (effect.type === 'accuse') {
          found.add(`${index} accuses ${effect.evidence.accused} ${effect.evidence.type}`);
        }
      }
    }
    return [...found].sort();
  }
}

function parseSnapshot(bytes: Uint8Array | undefined) {
  try {
    return JSON.parse(new TextDecoder().decode(bytes)) as { state: Digest; timestamp: number };
  } catch {
    return null;
  }
}

/** The journal's keys: one record of a kind and place, the newest; nothing below the checkpoint. */
function newest(journal: readonly JournalRecord[]): JournalRecord[] {
  const byKey = new Map<string, JournalRecord>();
  let low = 0;
  for (const record of journal) {
    if (record.type === 'stable') low = record.certificate.statement.sequence;
    byKey.set(keyOf(record), record);
  }
  return [...byKey.values()].filter((record) => {
    if (record.type === 'accepted') return record.header.statement.sequence > low;
    if (record.type !== 'prepared' && record.type !== 'decided') return true;
    return record.certificate.header.statement.sequence > low;
  });
}

function keyOf(record: JournalRecord): string {
  switch (record.type) {
    case 'accepted':
      return `accepted/${record.header.statement.sequence}/${record.header.statement.view}`;
    case 'prepared':
    case 'decided':
      return `${record.type}/${record.certificate.header.statement.sequence}`;
    default:
      return record.type;
  }
}
