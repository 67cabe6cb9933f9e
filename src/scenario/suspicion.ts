import type { StandingChange } from '../faults/standing.ts';
import { Watch, type WatchOptions } from '../faults/watch.ts';
import { weakQuorum } from '../pbft/quorum.ts';
import type { Effect, Input } from '../pbft/replica.ts';
import { type Address, replicaAddress } from '../runtime/ports.ts';
import type { RunEvent } from './trace.ts';

export interface SuspicionOptions extends WatchOptions {
  /** Process by index in the epoch; absent: they are the same, as in epoch 0. */
  readonly processes?: readonly number[];
}

/** Feeds one replica's {@link Watch} from its steps. Times count from the start of the run. */
export class SuspicionObserver {
  private readonly options: SuspicionOptions;
  private readonly onChange: (change: StandingChange) => void;
  private watch: Watch | null = null;

  constructor(options: SuspicionOptions, onChange: (change: StandingChange) => void) {
    this.options = options;
    this.onChange = onChange;
  }

  onStep(input: Input, effects: readonly Effect[], atMs: number): void {
    // What a replica thought of others is not on disk: a new life begins without prejudice.
    if (input.type === 'recovered' || input.type === 'diskLost') this.watch = null;
    this.watch ??= new Watch(this.options, atMs);
    const { watch } = this;
    if (input.type === 'receive') watch.heard(input.from, atMs);
    if (input.type === 'isolated') this.tell(watch.setIsolated(input.replicas, atMs));
    for (const effect of effects) {
      if (effect.type === 'strike') this.tell(watch.strike(effect.replica, 'garbage', atMs));
      if (effect.type === 'enterView' && !effect.active && input.type === 'timeout') {
        const late = (effect.view - 1) % this.options.n;
        this.tell(watch.strike(late, 'slowness', atMs));
      }
    }
    this.tell(watch.look(atMs));
  }

  /** A frame of a peer's that no correct node sends. */
  onRefused(from: Address, atMs: number): void {
    const replica = this.memberBehind(from);
    if (replica !== null) this.tell(this.watch?.strike(replica, 'garbage', atMs) ?? []);
  }

  /** A frame that the replica cannot read, for it is of another epoch: not silence at least. */
  onHeard(from: Address, atMs: number): void {
    const replica = this.memberBehind(from);
    if (replica !== null) this.watch?.heard(replica, atMs);
  }

  private memberBehind(from: Address): number | null {
    const { n, processes } = this.options;
    for (let replica = 0; replica < n; replica++) {
      if (replicaAddress(processes?.[replica] ?? replica) === from) return replica;
    }
    return null;
  }

  private tell(changes: readonly StandingChange[]): void {
    for (const change of changes) this.onChange(change);
  }
}

/** Gathers who suspected whom at any time, and believes what f+1 replicas say. */
export class Suspicions {
  private readonly by = new Map<number, Set<number>>();

  add(event: Extract<RunEvent, { type: 'standing' }>): void {
    if (event.to !== 'suspected') return;
    const by = this.by.get(event.against) ?? new Set();
    this.by.set(event.against, by.add(event.replica));
  }

  /** One replica may be wrong, or cut off; f+1 hold a correct one, though it may be as well. */
  suspected(n: number): readonly number[] {
    return [...this.by].flatMap(([replica, by]) => (by.size >= weakQuorum(n) ? [replica] : []));
  }
}
