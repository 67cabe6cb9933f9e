import { arrowAt } from '../model/arrows.ts';
import { timeAt } from '../model/layout.ts';
import { panned, zoomed } from '../model/window.ts';
import { describeShortly } from './details.ts';
import type { Diagram } from './diagram.ts';
import { element, within } from './elements.ts';

const reachPx = 7;
/** A pointer that moved less has clicked, not dragged. */
const clickPx = 4;

/** Mouse, touch and keys in the diagram. */
export function addPointer(diagram: Diagram): void {
  const stage = element('stage', HTMLDivElement);
  const canvas = within(stage, 'canvas', HTMLCanvasElement);
  addDragging(diagram, canvas);
  addTip(diagram, canvas, element('tip', HTMLDivElement));
  canvas.addEventListener(
    'wheel',
    (event) => {
      // The plain wheel belongs to the page.
      if (!event.ctrlKey && !event.metaKey && Math.abs(event.deltaX) <= Math.abs(event.deltaY)) {
        return;
      }
      event.preventDefault();
      const { window } = diagram.layout;
      if (event.ctrlKey || event.metaKey) {
        const at = timeAt(diagram.layout, event.offsetX);
        diagram.show(zoomed(window, 1.0015 ** -event.deltaY, at, diagram.whole));
      } else {
        diagram.show(panned(window, event.deltaX / canvas.clientWidth, diagram.whole));
      }
    },
    { passive: false },
  );
  stage.addEventListener('keydown', (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const action = actionOf(diagram, event.key);
    if (action === null) return;
    event.preventDefault();
    action();
  });
}

function actionOf(diagram: Diagram, key: string): (() => void) | null {
  const { layout, whole } = diagram;
  const { window } = layout;
  const middle = (window.fromUs + window.toUs) / 2;
  switch (key) {
    case 'ArrowLeft':
      return () => diagram.show(panned(window, -0.2, whole));
    case 'ArrowRight':
      return () => diagram.show(panned(window, 0.2, whole));
    case 'Home':
      return () => diagram.show(panned(window, Number.MIN_SAFE_INTEGER, whole));
    case 'End':
      return () => diagram.show(panned(window, Number.MAX_SAFE_INTEGER, whole));
    case '+':
    case '=':
      return () => diagram.show(zoomed(window, 1.5, middle, whole));
    case '-':
      return () => diagram.show(zoomed(window, 1 / 1.5, middle, whole));
    case '0':
      return () => diagram.show(whole);
    case 'n':
      return () => diagram.step(1);
    case 'p':
      return () => diagram.step(-1);
    case 's':
      return () => diagram.toggleSlot();
    case 'Escape':
      return () => diagram.select(null);
    default:
      return null;
  }
}

function messageAt(diagram: Diagram, event: MouseEvent): number | null {
  const { painted, messages, layout } = diagram;
  if (!painted.asArrows) return null;
  return arrowAt(messages, painted.shown, layout, event.offsetX, event.offsetY, reachPx);
}

function addDragging(diagram: Diagram, canvas: HTMLCanvasElement): void {
  let grabbed: { readonly x: number; readonly fromUs: number; readonly toUs: number } | null = null;
  let moved = false;
  canvas.addEventListener('pointerdown', (event) => {
    if (event.button !== 0) return;
    canvas.setPointerCapture(event.pointerId);
    grabbed = { x: event.offsetX, ...diagram.layout.window };
    moved = false;
  });
  canvas.addEventListener('pointermove', (event) => {
    if (grabbed === null) return;
    const byPx = event.offsetX - grabbed.x;
    if (Math.abs(byPx) > clickPx) moved = true;
    if (!moved) return;
    const { leftPx, rightPx } = diagram.layout;
    const byUs = (byPx / (rightPx - leftPx)) * (grabbed.toUs - grabbed.fromUs);
    diagram.show({ fromUs: grabbed.fromUs - byUs, toUs: grabbed.toUs - byUs });
  });
  const release = (): void => {
    grabbed = null;
  };
  canvas.addEventListener('pointercancel', release);
  canvas.addEventListener('pointerup', (event) => {
    if (grabbed !== null && !moved) diagram.select(messageAt(diagram, event));
    release();
  });
}

function addTip(diagram: Diagram, canvas: HTMLCanvasElement, tip: HTMLDivElement): void {
  canvas.addEventListener('mousemove', (event) => {
    const message = event.buttons === 0 ? messageAt(diagram, event) : null;
    tip.hidden = message === null;
    if (message === null) return;
    tip.textContent = describeShortly(diagram, message);
    const room = canvas.clientWidth - tip.offsetWidth - 4;
    tip.style.left = `${Math.max(Math.min(event.offsetX + 12, room), 0)}px`;
    tip.style.top = `${event.offsetY + 16}px`;
  });
  canvas.addEventListener('mouseleave', () => {
    tip.hidden = true;
  });
}
