import { assert } from '../base/assert.ts';
import type { ReplicaIndex } from '../pbft/messages.ts';
import type { Behaviour, Effect, Input, Instant, Replica, TimerName } from '../pbft/replica.ts';
import { sendEach } from './around.ts';
import type { AdversaryKit } from './kit.ts';
import { type Camps, camps } from './plan.ts';
import { Recent } from './recent.ts';

type Executed = Extract<Input, { type: 'executed' }>;

/**
 * Two honest replicas under one key (Bano et al., "Twins: BFT systems made robust"): each talks to
 * one half of the others, and the halves are dealt anew every few timeouts. Neither twin ever lies;
 * together they may contradict each other in any way two honest replicas can.
 *
 * The first twin owns the node's journal, timers and service. The second lives inside the villain:
 * its timers fire with the first step after their time, and it is handed the first one's results.
 */
export function twins(kit: AdversaryKit): Behaviour {
  const { spawnTwin } = kit;
  assert(spawnTwin !== undefined, 'twins: the kit has no spawnTwin');
  return (first) => new Twins(kit, first, spawnTwin());
}

class Twins implements Replica {
  private readonly kit: AdversaryKit;
  private readonly first: Replica;
  private readonly second: Replica;
  private readonly timers = new Map<TimerName, Instant>();
  private readonly results = new Recent<number, Executed>(1024);
  /** Sequences the second twin decided and waits for the results of, in order. */
  private waiting: number[] = [];
  private chapter = -1;
  private halves: Camps = [new Set(), new Set()];

  constructor(kit: AdversaryKit, first: Replica, second: Replica) {
    this.kit = kit;
    this.first = first;
    this.second = second;
  }

  step(input: Input, nowMs: Instant): readonly Effect[] {
    this.turnPage(nowMs);
    const effects: Effect[] = [];
    if (input.type === 'executed') this.results.set(input.sequence, input);
    if (this.hears(0, input)) this.speakFirst(this.first.step(input, nowMs), effects);
    if (this.hears(1, input)) this.speakSecond(this.second.step(input, nowMs), nowMs, effects);
    this.wakeSecond(nowMs, effects);
    return effects;
  }

  private turnPage(nowMs: Instant): void {
    const chapter = Math.floor(nowMs / (4 * this.kit.parameters.requestTimeoutMs));
    if (chapter === this.chapter) return;
    this.chapter = chapter;
    this.halves = camps(this.kit, chapter);
  }

  private hears(twin: 0 | 1, input: Input): boolean {
    switch (input.type) {
      case 'receive':
        return this.listensTo(twin, input.from);
      case 'request':
      case 'isolated':
      case 'withdraw':
      case 'recovered':
      case 'diskLost':
        return true;
      default:
        return twin === 0;
    }
  }

  /** A conspirator stands in neither half: both twins talk to it. */
  private listensTo(twin: 0 | 1, peer: ReplicaIndex): boolean {
    return !this.halves[twin === 0 ? 1 : 0].has(peer);
  }

  private speakFirst(said: readonly Effect[], effects: Effect[]): void {
    for (const effect of said) effects.push(...this.address(0, effect));
  }

  private speakSecond(said: readonly Effect[], nowMs: Instant, effects: Effect[]): void {
    for (const effect of said) {
      switch (effect.type) {
        case 'send':
          effects.push(...this.address(1, effect));
          break;
        case 'serveChunk':
        case 'accuse':
          effects.push(effect);
          break;
        case 'setTimer':
          this.timers.set(effect.timer, nowMs + effect.afterMs);
          break;
        case 'cancelTimer':
          this.timers.delete(effect.timer);
          break;
        case 'execute':
          this.waiting.push(effect.certificate.header.statement.sequence);
          break;
        default:
          // Journal, replies and installed states belong to the first twin alone.
          break;
      }
    }
  }

  private address(twin: 0 | 1, effect: Effect): readonly Effect[] {
    if (effect.type !== 'send') return [effect];
    return sendEach(this.kit, effect, (to) => (this.listensTo(twin, to) ? effect.message : null));
  }

  private wakeSecond(nowMs: Instant, effects: Effect[]): void {
    for (const [timer, dueMs] of [...this.timers]) {
      if (dueMs > nowMs) continue;
      this.timers.delete(timer);
      this.speakSecond(this.second.step({ type: 'timeout', timer }, nowMs), nowMs, effects);
    }
    for (;;) {
      const result = this.results.get(this.waiting[0] ?? -1);
      if (result === undefined) return;
      this.waiting = this.waiting.slice(1);
      this.speakSecond(this.second.step(result, nowMs), nowMs, effects);
    }
  }
}
