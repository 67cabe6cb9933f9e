import type { ChaosOrder, LivePicture, LiveReplica } from '../../../daemon/live.ts';
import { element, onClick } from '../../html/page/elements.ts';

export interface FaultButtons {
  readonly bar: HTMLDivElement;
  show(replica: LiveReplica): void;
}

/** Sends an order and says what became of it. */
async function order(what: ChaosOrder): Promise<void> {
  const answer = element('chaos-answer', HTMLSpanElement);
  answer.textContent = '…';
  try {
    const response = await fetch('/live/chaos', {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(what),
    });
    if (response.ok) answer.textContent = 'done';
    else answer.textContent = ((await response.json()) as { detail?: string }).detail ?? 'refused';
  } catch {
    answer.textContent = 'the cluster does not answer';
  }
}

/** The faults of one replica. */
export function faultButtons(replica: number): FaultButtons {
  const bar = document.createElement('div');
  bar.className = 'bar';
  const button = (words: string, action: () => ChaosOrder): HTMLButtonElement => {
    const made = document.createElement('button');
    made.type = 'button';
    made.textContent = words;
    made.setAttribute('aria-label', `${words} replica ${replica}`);
    made.addEventListener('click', () => void order(action()));
    bar.append(made);
    return made;
  };
  let frozen = false;
  const kill = button('kill', () => ({ action: 'kill', replica }));
  const freeze = button('freeze', () => ({ action: frozen ? 'thaw' : 'freeze', replica }));
  const cut = button('cut off', () => ({ action: 'isolateNetwork', replica }));
  return {
    bar,
    show({ state, cutOff }) {
      frozen = state === 'frozen';
      const words = frozen ? 'thaw' : 'freeze';
      if (freeze.textContent !== words) {
        freeze.textContent = words;
        freeze.setAttribute('aria-label', `${words} replica ${replica}`);
      }
      const gone = state === 'down' || state === 'starting';
      kill.disabled = gone;
      freeze.disabled = gone;
      cut.disabled = gone || cutOff.length > 0;
    },
  };
}

/** The faults of the cluster as a whole. */
export function addChaos(): void {
  onClick('request-one', () => void order({ action: 'request' }));
  onClick('heal-all', () => void order({ action: 'heal' }));
}

export function showChaos({ cluster }: LivePicture): void {
  element('chaos', HTMLElement).hidden = !cluster.chaos;
}
