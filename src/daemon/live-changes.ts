import type { LiveEvent, LivePicture, LiveWord } from './live.ts';
import type { NodeWord } from './live-poll.ts';

type Change = Pick<LiveEvent, 'kind' | 'replica' | 'text'>;

/** What happened between two looks at a cluster, in words. */
export class LiveChanges {
  private view = 0;
  private readonly standings = new Map<number, string>();
  private readonly evidence = new Map<string, number>();

  /** `words` by process; null where a node said nothing. */
  between(picture: LivePicture, words: readonly (NodeWord | null)[]): readonly Change[] {
    return [...this.views(picture), ...this.standing(picture), ...this.found(words)];
  }

  private views({ replicas }: LivePicture): readonly Change[] {
    const view = Math.max(0, ...replicas.map(({ said }) => said?.view ?? 0));
    const before = this.view;
    this.view = Math.max(before, view);
    if (view <= before) return [];
    const primary = replicas.find(({ said }) => said?.isPrimary && said.view === view);
    const who = primary === undefined ? '' : `, replica ${primary.replica} is the primary`;
    return [{ kind: 'viewChange', replica: null, text: `view ${before} → ${view}${who}` }];
  }

  private standing({ replicas }: LivePicture): readonly Change[] {
    return replicas.flatMap(({ replica, said }) => {
      if (said === null) return [];
      const before = this.standings.get(replica) ?? 'trusted';
      this.standings.set(replica, said.standing);
      if (before === said.standing) return [];
      const text = `replica ${replica}: ${before} → ${said.standing}`;
      return [{ kind: kindOf(said.standing), replica, text }];
    });
  }

  private found(words: readonly (NodeWord | null)[]): readonly Change[] {
    return words.flatMap((word, replica) =>
      Object.entries(word?.evidence ?? {}).flatMap(([kind, count]): Change[] => {
        const key = `${replica} ${kind}`;
        const before = this.evidence.get(key) ?? 0;
        // A node that was started again counts from zero.
        this.evidence.set(key, count);
        if (count <= before) return [];
        return [{ kind: 'evidence', replica, text: `replica ${replica} found ${kind}` }];
      }),
    );
  }
}

function kindOf(standing: LiveWord['standing']): LiveEvent['kind'] {
  if (standing === 'trusted') return 'healed';
  return standing === 'isolated' ? 'isolated' : 'process';
}
