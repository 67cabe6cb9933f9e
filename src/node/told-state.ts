import type { ReplicaIndex } from '../pbft/messages.ts';
import type { Input } from '../pbft/replica.ts';
import type { Epoch } from './epoch.ts';
import type { Service } from './service.ts';

/** What the state says of members and their standing, as far as nobody was told of it yet. */
export interface News {
  /** For the replica of the present epoch. */
  readonly inputs: readonly Input[];
  /** Processes convicted by now, ascending; null: the same as before. */
  readonly convicted: readonly number[] | null;
}

const nothingNew: News = { inputs: [], convicted: null };

/** Remembers what the present replica and the readers were told of the state. */
export class ToldState {
  isolated: readonly ReplicaIndex[] = [];
  private convicted: readonly number[] = [];

  /** The replica of a new epoch knows nothing yet. */
  begin(): void {
    this.isolated = [];
  }

  /** `installed`: the sequence of a state that was just taken over. */
  news({ membership, isolated }: Service, here: Epoch, installed: number | null): News {
    const { epoch, processes, expelled } = here;
    if (membership.epoch < epoch) return nothingNew;
    const ends = membership.epoch > epoch ? installed : (membership.next?.after ?? null);
    const isQuiet = nobodyIs(isolated) && nobodyIs(this.isolated) && nobodyIs(expelled);
    // Before and after every batch of nearly all runs.
    if (ends === null && isQuiet && nobodyIs(this.convicted)) return nothingNew;
    const inputs: Input[] = [];
    if (ends !== null) inputs.push({ type: 'epochEnds', sequence: ends });
    if (membership.epoch > epoch) return { inputs, convicted: null };
    if (isolated.join() !== this.isolated.join()) {
      this.isolated = isolated;
      inputs.push({ type: 'isolated', replicas: isolated });
    }
    const now = [...expelled, ...isolated.map((replica) => processes[replica] ?? replica)];
    const convicted = now.toSorted((a, b) => a - b);
    if (convicted.join() === this.convicted.join()) return { inputs, convicted: null };
    this.convicted = convicted;
    return { inputs, convicted };
  }
}

const nobodyIs = (list: readonly number[]): boolean => list.length === 0;
