import { createReplica } from '../../src/pbft/create.ts';
import type { CheckpointCertificate, Message } from '../../src/pbft/messages.ts';
import type { Effect, Input } from '../../src/pbft/replica.ts';
import type { TestCluster } from './cluster.ts';

/** Certificates of the checkpoints that 0, 1 and 2 made while 3 was away, oldest first. */
export function checkpoints(cluster: TestCluster, count: number): CheckpointCertificate[] {
  const found: CheckpointCertificate[] = [];
  cluster.onEffect = ({ index }, effect) => {
    if (index === 0 && effect.type === 'stable') found.push(effect.certificate);
  };
  cluster.crash(3);
  for (let i = 0; found.length < count; i++) {
    cluster.request(`r${i}`, [0, 1, 2]);
    cluster.settle();
  }
  return found;
}

/** Replica 3 come back, and the state that it asks for: eight chunks arrive per status tick. */
export class Latecomer {
  readonly installed: number[] = [];
  readonly struck: string[] = [];
  readonly cancelled: string[] = [];
  readonly asked: Extract<Message, { type: 'fetchState' }>[] = [];
  readonly replica: ReturnType<typeof createReplica>;
  private readonly chunks: number;
  private nowMs: number;

  constructor(cluster: TestCluster, chunks: number) {
    this.replica = createReplica(cluster.options(3));
    this.chunks = chunks;
    this.nowMs = cluster.nowMs;
    this.step({ type: 'recovered', records: [] });
  }

  step(input: Input): void {
    this.obey(this.replica.step(input, this.nowMs));
  }

  hear(from: number, message: Message): void {
    this.step({ type: 'receive', from, message });
  }

  timeout(timer: 'status' | 'fetch'): void {
    this.nowMs += 200;
    this.step({ type: 'timeout', timer });
  }

  get transfer() {
    return this.replica.state.transfer;
  }

  /** The source answers what was asked so far, with `other` for what it would say. */
  answer(other: Partial<Extract<Message, { type: 'stateChunk' }>> = {}): void {
    for (const { sequence, chunk } of this.asked.splice(0)) {
      const honest = { sequence, chunk, chunks: this.chunks, bytes: new Uint8Array([chunk]) };
      this.hear(this.transfer?.source ?? 0, { type: 'stateChunk', ...honest, ...other });
    }
  }

  private obey(effects: readonly Effect[]): void {
    for (const effect of effects) {
      if (effect.type === 'strike') this.struck.push(`${effect.replica}: ${effect.reason}`);
      if (effect.type === 'cancelTimer') this.cancelled.push(effect.timer);
      if (effect.type === 'install') this.installed.push(effect.certificate.statement.sequence);
      if (effect.type !== 'send' || effect.message.type !== 'fetchState') continue;
      this.asked.push(effect.message);
    }
  }
}
