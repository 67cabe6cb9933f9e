import { ed25519, type SignatureScheme } from '../../src/base/signature.ts';
import { Node } from '../../src/node/node.ts';
import { encodeMessage } from '../../src/pbft/message-codec.ts';
import type { ReplicaIndex } from '../../src/pbft/messages.ts';
import type { Effect } from '../../src/pbft/replica.ts';
import { MemoryJournal } from '../../src/runtime/memory-journal.ts';
import type {
  ClientStandingChange,
  ExecutedBatch,
  ProcessStanding,
} from '../../src/runtime/observer.ts';
import { type Address, replicaAddress } from '../../src/runtime/ports.ts';
import type { StaticChecks } from '../../src/runtime/static-checks.ts';
import { genesis, validatorSigners } from '../ledger/fixtures.ts';
import { chainId, startMs } from '../proofs/fixtures.ts';

/** Four real nodes in one process, whose frames and timers move only when a test says so. */
export class Mesh {
  readonly executed: ExecutedBatch[][] = [[], [], [], []];
  readonly refused: string[][] = [[], [], [], []];
  readonly standings: ProcessStanding[][] = [[], [], [], []];
  readonly clients: ClientStandingChange[][] = [[], [], [], []];
  readonly effects: Effect[][] = [[], [], [], []];
  readonly heard: ReplicaIndex[][] = [[], [], [], []];
  /** Frames handed over as copies of what may be under way. */
  readonly copies: Uint8Array[][] = [[], [], [], []];
  /** Armed timers by node. */
  readonly timers: Set<() => void>[] = [new Set(), new Set(), new Set(), new Set()];
  private readonly receivers = new Map<Address, (from: Address, frame: Uint8Array) => void>();
  private readonly frames: { from: Address; to: Address; frame: Uint8Array }[] = [];
  private readonly nodes: readonly Node[];

  constructor(options: {
    readonly scheme?: SignatureScheme;
    readonly staticChecks?: (index: number) => StaticChecks;
    /** What links prove. */
    readonly publicKeyOf?: (address: Address) => Uint8Array | null;
    /** Turns of the links end when the test says so. */
    readonly endOfTurn?: (last: () => void) => void;
  }) {
    const { scheme = ed25519, staticChecks, publicKeyOf, endOfTurn } = options;
    const parameters = {
      checkpointInterval: 16,
      logWindow: 64,
      maxBatchOperations: 256,
      maxBatchBytes: 1024 * 1024,
      pipelineDepth: 8,
      proposalIntervalMs: 0,
      requestTimeoutMs: 1500,
      statusIntervalMs: 200,
      maxClockSkewMs: 5000,
    };
    this.nodes = validatorSigners.map((signer, index) => {
      const self = replicaAddress(index);
      return new Node({
        index,
        validators: { chainId, epoch: 0, publicKeys: genesis.validators },
        parameters,
        signer,
        scheme,
        genesis,
        clock: { nowMs: () => startMs + 1000 },
        timers: { after: (_, callback) => this.arm(index, callback) },
        network: {
          send: (to, frame, again) => {
            this.frames.push({ from: self, to, frame });
            if (again === true) this.copies[index]?.push(frame);
          },
          onFrame: (receive) => void this.receivers.set(self, receive),
          ...(publicKeyOf && { publicKeyOf }),
        },
        journal: new MemoryJournal(),
        observer: {
          onStanding: (change) => this.standings[index]?.push(change),
          onClientStanding: (change) => this.clients[index]?.push(change),
          onRefused: (_, reason) => this.refused[index]?.push(reason),
          onExecuted: (batch) => this.executed[index]?.push(batch),
          onHeard: (from) => this.heard[index]?.push(from),
          onStep: (_, effects) => this.effects[index]?.push(...effects),
        },
        ranBefore: false,
        ...(staticChecks && { staticChecks: staticChecks(index) }),
        ...(endOfTurn && { endOfTurn }),
      });
    });
  }

  async start(): Promise<void> {
    for (const node of this.nodes) node.start(() => undefined);
    await turn();
  }

  /** A client's or a peer's request, straight into one node. */
  request(index: number, operation: Uint8Array, client = 'client-0'): void {
    this.frame(index, encodeMessage({ type: 'request', operation }), client);
  }

  /** Any bytes, straight into one node. */
  frame(index: number, frame: Uint8Array, from: Address): void {
    this.receivers.get(replicaAddress(index))?.(from, frame);
  }

  node(index: number): Node {
    const node = this.nodes[index];
    if (node === undefined) throw new Error(`no node ${index}`);
    return node;
  }

  /** Delivers frames, and what they lead to, until nobody says anything more. */
  async settle(): Promise<void> {
    await turn();
    while (this.frames.length > 0) {
      for (const { from, to, frame } of this.frames.splice(0)) {
        this.receivers.get(to)?.(from, new Uint8Array(frame));
      }
      await turn();
    }
  }

  fireTimers(index: number): void {
    for (const callback of [...(this.timers[index] ?? [])]) callback();
  }

  /** Types of the messages a node has sent, by its effects. */
  sent(index: number): string[] {
    return (this.effects[index] ?? []).flatMap((effect) =>
      effect.type === 'send' ? [effect.message.type] : [],
    );
  }

  private arm(index: number, callback: () => void): () => void {
    const timers = this.timers[index] as Set<() => void>;
    const fire = (): void => {
      if (timers.delete(fire)) callback();
    };
    timers.add(fire);
    return () => void timers.delete(fire);
  }
}

/** Lets journals confirm. */
function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
