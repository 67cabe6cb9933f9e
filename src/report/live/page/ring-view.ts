import type { LivePicture } from '../../../daemon/live.ts';
import { element } from '../../html/page/elements.ts';
import { ringOf } from '../model/ring.ts';
import { healthOf } from '../model/words.ts';

const svg = 'http://www.w3.org/2000/svg';

function add(parent: Element, name: string, attributes: Record<string, string | number>): Element {
  const made = document.createElementNS(svg, name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, String(value));
  parent.append(made);
  return made;
}

/** Draws the ring anew with every picture; a replica that executed something pulses. */
export class RingView {
  private readonly ring = element('ring', SVGSVGElement);
  private readonly sequences = new Map<number, number>();

  show(picture: LivePicture): void {
    const { dots, lines } = ringOf(picture);
    this.ring.replaceChildren();
    this.ring.setAttribute('aria-label', `The cluster now: ${healthOf(picture).sentence}`);
    for (const { from, to, cut } of lines) {
      const [a, b] = [dots[from]!, dots[to]!];
      const ends = { x1: a.x, y1: a.y, x2: b.x, y2: b.y };
      add(this.ring, 'line', cut ? { ...ends, class: 'cut' } : ends);
    }
    for (const { replica, x, y, look, view, sequence } of dots) {
      const moved = sequence !== null && (this.sequences.get(replica) ?? sequence) < sequence;
      if (sequence !== null) this.sequences.set(replica, sequence);
      add(this.ring, 'circle', { cx: x, cy: y, r: 22, class: moved ? 'pulse moved' : 'pulse' });
      add(this.ring, 'circle', { cx: x, cy: y, r: 22, class: `dot ${look}` });
      add(this.ring, 'text', { x, y: y + 5, class: 'name' }).textContent = String(replica);
      const words = view === null ? 'no word' : `view ${view} · ${sequence}`;
      add(this.ring, 'text', { x, y: y + 37, class: 'small' }).textContent = words;
    }
  }
}
