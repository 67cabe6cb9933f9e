import { randomBytes } from 'node:crypto';
import type { GenesisAccount, GenesisPlot } from '../../ledger/genesis.ts';
import type { Beacon } from '../../proofs/request.ts';
import { AskingNode } from './asking-node.ts';
import { type BenchPlan, chainIdOf, nodesFor } from './plan.ts';

/** Makes requests, ahead of time where there is time: who asks must not slow who answers. */
export class RequestSource {
  private readonly nodes: readonly AskingNode[];
  private readonly plan: BenchPlan;
  private readonly chainId: string;
  private stock: Uint8Array[] = [];
  private taken = 0;
  private made = 0;
  private beacon: Beacon | null = null;
  /** Requests that were made when they were wanted. */
  madeLate = 0;
  /** Size of the last one made; in a batch, its share. */
  requestBytes = 0;

  constructor(plan: BenchPlan) {
    this.plan = plan;
    this.chainId = chainIdOf(plan);
    this.nodes = Array.from({ length: nodesFor(plan) }, (_, i) => new AskingNode(plan.seed, i));
  }

  accounts(startMs: number): readonly GenesisAccount[] {
    return this.nodes.map((node) => node.account(startMs));
  }

  get plots(): readonly GenesisPlot[] {
    return this.nodes.map((node) => node.genesisPlot);
  }

  /** What every answer brings: requests are made for the newest beacon. */
  learn(beacon: Beacon): void {
    if (this.beacon === null || beacon.epoch >= this.beacon.epoch) this.beacon = beacon;
  }

  /** Operations made ahead and not taken yet. */
  get stocked(): number {
    return this.stock.length - this.taken;
  }

  /** Makes `count` operations more. */
  fill(count: number): void {
    for (let i = 0; i < count; i++) this.stock.push(this.make());
  }

  next(): Uint8Array {
    const operation = this.stock[this.taken];
    if (operation === undefined) {
      this.madeLate++;
      return this.make();
    }
    this.taken++;
    if (this.taken >= 4096) {
      this.stock = this.stock.slice(this.taken);
      this.taken = 0;
    }
    return operation;
  }

  private make(): Uint8Array {
    const operation = this.makeOne();
    this.requestBytes = Math.round(operation.length / this.plan.requestBatch);
    return operation;
  }

  private makeOne(): Uint8Array {
    const { work, requestBatch } = this.plan;
    if (work.type === 'opaque') return opaque(work.sizeBytes);
    const node = this.nodes[this.made++ % this.nodes.length];
    if (node === undefined || this.beacon === null) throw new Error('no beacon to ask for');
    const { chainId, beacon } = this;
    return requestBatch === 1
      ? node.request(chainId, beacon, Date.now())
      : node.requests(requestBatch, chainId, beacon, Date.now());
  }
}

/** Opaque bytes are drawn for so many operations at once. */
const drawnAtOnce = 64;
let drawn = Buffer.alloc(0);

/** Bytes that are no operation: the ledger answers each that it is none, and keeps nothing. */
function opaque(sizeBytes: number): Uint8Array {
  if (drawn.length < sizeBytes) drawn = randomBytes(sizeBytes * drawnAtOnce);
  const bytes = new Uint8Array(drawn.buffer, drawn.byteOffset, sizeBytes);
  drawn = drawn.subarray(sizeBytes);
  bytes[0] = 0;
  return bytes;
}
