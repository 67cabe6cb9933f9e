import { equalBytes, toHex, utf8 } from '../../src/base/bytes.ts';
import { digest } from '../../src/base/digest.ts';
import { Heap } from '../../src/base/heap.ts';
import { leafHash, merklePath, merkleRoot } from '../../src/base/merkle.ts';
import { Random } from '../../src/base/random.ts';
import { ed25519, type Signer } from '../../src/base/signature.ts';
import { EpochChain } from '../../src/ledger/epoch-chain.ts';
import { requestDigest, seal, voteVerifier } from '../../src/pbft/envelope.ts';
import { decodeMessage, encodeMessage } from '../../src/pbft/message-codec.ts';
import type { Answer, MessageOf, Operation } from '../../src/pbft/messages.ts';
import type { ValidatorSet } from '../../src/pbft/replica.ts';
import {
  type Address,
  type Network,
  replicaAddress,
  type Timers,
} from '../../src/runtime/ports.ts';
import { ValidationClient, type ValidationOptions } from '../../src/validation/client.ts';

/** Timers in virtual time: nothing happens until `run` is called. */
export class FakeTimers implements Timers {
  nowMs = 0;
  private order = 0;
  private readonly heap = new Heap<{ atMs: number; order: number; callback: () => void }>(
    (a, b) => a.atMs < b.atMs || (a.atMs === b.atMs && a.order < b.order),
  );

  after(delayMs: number, callback: () => void): () => void {
    const timer = { atMs: this.nowMs + delayMs, order: this.order++, callback };
    this.heap.push(timer);
    return () => {
      timer.callback = () => {};
    };
  }

  run(untilMs: number): void {
    for (;;) {
      const next = this.heap.peek();
      if (next === undefined || next.atMs > untilMs) break;
      this.heap.pop();
      this.nowMs = next.atMs;
      next.callback();
    }
    this.nowMs = untilMs;
  }
}

/** How a fake replica treats a request: the frames it answers with. */
export type Conduct = (replica: FakeReplica, operation: Operation) => Uint8Array[];

const sequence = 7;
const others = [utf8('result of another'), utf8('result of a third')];

export class FakeReplica {
  readonly index: number;
  readonly signer: Signer;
  readonly world: FakeWorld;

  constructor(index: number, world: FakeWorld) {
    this.index = index;
    this.world = world;
    this.signer = ed25519.signer(new Random(`replica-${index}`).bytes(32));
  }

  /** The honest reply: the result at index 1 of a batch of three. */
  reply(
    operation: Operation,
    change: { result?: Uint8Array; epoch?: number; sequence?: number; signer?: Signer } = {},
  ): MessageOf<'reply'> {
    const result = change.result ?? honestResult(operation);
    const leaves = [others[0] as Uint8Array, result, others[1] as Uint8Array].map(leafHash);
    const statement = {
      type: 'result',
      epoch: change.epoch ?? this.world.validators.epoch,
      sequence: change.sequence ?? sequence,
      timestamp: 1_000,
      resultsRoot: toHex(merkleRoot(leaves)),
      stateDigest: digest('state', new Uint8Array()),
    } as const;
    const signer = change.signer ?? this.signer;
    const vote = seal(statement, this.index, signer, this.world.validators.chainId);
    const answer: Answer = {
      requestDigest: requestDigest(operation),
      result,
      index: 1,
      batchSize: 3,
      path: merklePath(leaves, 1),
    };
    return { type: 'reply', view: 2, vote, answers: [answer] };
  }

  /** The honest statement, whose batch also holds another's result: that one under our name. */
  relabelled(operation: Operation): MessageOf<'reply'> {
    const honest = this.reply(operation);
    const results = [others[0], honestResult(operation), others[1]] as Uint8Array[];
    const result = results[0] as Uint8Array;
    const path = merklePath(results.map(leafHash), 0);
    const digestOfRequest = requestDigest(operation);
    const answer = { requestDigest: digestOfRequest, result, index: 0, batchSize: 3, path };
    return { ...honest, answers: [answer] };
  }
}

export function honestResult(operation: Operation): Uint8Array {
  return utf8(`the true result of ${toHex(operation)}`);
}

/** n replicas with a conduct each, behind one link per replica to the client under test. */
export class FakeWorld implements Network {
  readonly timers = new FakeTimers();
  readonly replicas: FakeReplica[];
  readonly validators: ValidatorSet;
  readonly sent: { to: Address; frame: Uint8Array }[] = [];
  private readonly conducts: readonly Conduct[];
  private receive: (from: Address, frame: Uint8Array) => void = () => {};

  constructor(conducts: readonly Conduct[]) {
    this.conducts = conducts;
    this.replicas = conducts.map((_, index) => new FakeReplica(index, this));
    this.validators = {
      chainId: digest('chain', new Uint8Array()),
      epoch: 3,
      publicKeys: this.replicas.map(({ signer }) => signer.publicKey),
    };
  }

  client(options: Partial<ValidationOptions> = {}): ValidationClient {
    return new ValidationClient({
      network: this,
      timers: this.timers,
      random: new Random('client'),
      epochs: new EpochChain(this.validators, (set) => voteVerifier(ed25519, set)),
      policy: { timeoutMs: 10_000, retryMs: 500, maxRetryMs: 2_000, maxInFlight: 4 },
      ...options,
    });
  }

  onFrame(receive: (from: Address, frame: Uint8Array) => void): void {
    this.receive = receive;
  }

  send(to: Address, frame: Uint8Array): void {
    this.sent.push({ to, frame });
    const replica = this.replicas.find(({ index }) => replicaAddress(index) === to);
    const message = decodeMessage(frame);
    if (replica === undefined || !message.ok || message.value.type !== 'request') {
      throw new Error(`the client sent ${message.ok ? message.value.type : 'rubbish'} to ${to}`);
    }
    const answered = this.conducts[replica.index]?.(replica, message.value.operation) ?? [];
    for (const answer of answered) this.deliver(to, answer, 1 + replica.index);
  }

  deliver(from: Address, frame: Uint8Array, delayMs = 1): void {
    this.timers.after(delayMs, () => this.receive(from, frame));
  }
}

const stranger = ed25519.signer(new Random('stranger').bytes(32));
const lie = utf8('what liars agreed on');

function flipped(bytes: Uint8Array, at: number): Uint8Array {
  const out = bytes.slice();
  out[at] = (out[at] ?? 0) ^ 1;
  return out;
}

export const honest: Conduct = (replica, operation) => [encodeMessage(replica.reply(operation))];

/** Every way to lie, one conduct each; none of them adds a vote to the true answer. */
export const lies: Readonly<Record<string, Conduct>> = {
  silent: () => [],
  answersAnotherRequest: (replica) => [encodeMessage(replica.reply(utf8('never asked')))],
  namesAnothersResultAsOurs: (replica, operation) => [encodeMessage(replica.relabelled(operation))],
  flipsItsSignature: (replica, operation) => {
    const reply = replica.reply(operation);
    const vote = { ...reply.vote, signature: flipped(reply.vote.signature, 9) };
    return [encodeMessage({ ...reply, vote })];
  },
  signsWithAStrangersKey: (replica, operation) => [
    encodeMessage(replica.reply(operation, { signer: stranger })),
  ],
  relaysAnothersVote: (replica, operation) => {
    const { replicas } = replica.world;
    const other = replicas[(replica.index + 1) % replicas.length] as FakeReplica;
    return [encodeMessage(other.reply(operation))];
  },
  votesUnderAnOldEpoch: (replica, operation) => [
    encodeMessage(replica.reply(operation, { epoch: 2 })),
  ],
  breaksThePath: (replica, operation) => {
    const reply = replica.reply(operation);
    const answers = reply.answers.map((answer) => ({
      ...answer,
      path: answer.path.map((hash, i) => (i === 0 ? flipped(hash, 0) : hash)),
    }));
    return [encodeMessage({ ...reply, answers })];
  },
  swapsTheResult: (replica, operation) => {
    const reply = replica.reply(operation);
    return [
      encodeMessage({
        ...reply,
        answers: reply.answers.map((answer) => ({ ...answer, result: lie })),
      }),
    ];
  },
  truncates: (replica, operation) => {
    const frame = encodeMessage(replica.reply(operation));
    return [0, 1, 17, frame.length - 1].map((length) => frame.subarray(0, length));
  },
  sendsAnotherMessage: (_, operation) => [encodeMessage({ type: 'request', operation })],
  answersTwiceInOneFrame: (replica, operation) => {
    const reply = replica.reply(operation);
    const answers = [...reply.answers, ...replica.relabelled(operation).answers];
    return [encodeMessage({ ...reply, answers })];
  },
  contradictsItself: (replica, operation) => [
    encodeMessage(replica.reply(operation, { result: lie })),
    encodeMessage(replica.reply(operation)),
  ],
  floodsSequences: (replica, operation) =>
    Array.from({ length: 40 }, (_, i) =>
      encodeMessage(replica.reply(operation, { sequence: 100 * (1 + replica.index) + i })),
    ),
  colludes: (replica, operation) => [encodeMessage(replica.reply(operation, { result: lie }))],
};

export function isTrue(operation: Operation, result: Uint8Array): boolean {
  return equalBytes(result, honestResult(operation));
}
