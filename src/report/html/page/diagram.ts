import { darkPalette, lightPalette, type Palette } from '../model/colours.ts';
import { type Filter, passing, sameSlot, showEverything } from '../model/filter.ts';
import { type Layout, layOut } from '../model/layout.ts';
import { type Messages, unpackMessages } from '../model/messages.ts';
import type { PackedRun } from '../model/packed.ts';
import { type Painted, paintDiagram } from '../model/paint.ts';
import { SvgPen } from '../model/svg-pen.ts';
import { broughtIntoView, inside, readableStart, type TimeWindow } from '../model/window.ts';
import { CanvasPen, fitCanvas } from './canvas-pen.ts';
import { element, within } from './elements.ts';

/** So many messages are readable at once: with more, the page opens on the first of them. */
const readableMessages = 420;

/** The diagram's state and the only place that draws it; everything else asks it to change. */
export class Diagram {
  readonly run: PackedRun;
  readonly messages: Messages;
  readonly whole: TimeWindow;
  /** What was drawn last, and where. */
  painted: Painted = { shown: [], asArrows: true };
  layout: Layout;
  filter: Filter;
  selected: number | null = null;
  /** Whether only the slot of the selected message stands out. */
  isolatesSlot = true;
  private window: TimeWindow;
  private passes: Uint8Array;
  private emphasised: Uint8Array | null = null;
  private readonly stage = element('stage', HTMLDivElement);
  private readonly canvas = within(this.stage, 'canvas', HTMLCanvasElement);
  private readonly dark = matchMedia('(prefers-color-scheme: dark)');
  private readonly listeners: (() => void)[] = [];
  private waits = false;

  constructor(run: PackedRun) {
    this.run = run;
    this.messages = unpackMessages(run);
    this.whole = { fromUs: 0, toUs: Math.max(run.endUs * 1.01, 1000) };
    this.filter = showEverything(run);
    this.passes = passing(run, this.messages, this.filter);
    this.window = this.firstWindow();
    this.layout = this.layOutNow();
    this.dark.addEventListener('change', () => this.redraw());
    new ResizeObserver(() => this.redraw()).observe(this.stage);
  }

  get palette(): Palette {
    return this.dark.matches ? darkPalette : lightPalette;
  }

  /** Called after everything that changes what is seen. */
  onChange(listener: () => void): void {
    this.listeners.push(listener);
  }

  show(window: TimeWindow): void {
    this.window = inside(window, this.whole);
    this.redraw();
  }

  choose(filter: Filter): void {
    this.filter = filter;
    this.passes = passing(this.run, this.messages, filter);
    if (this.selected !== null && this.passes[this.selected] === 0) this.select(null);
    this.redraw();
  }

  select(message: number | null): void {
    this.selected = message;
    this.emphasise();
  }

  toggleSlot(): void {
    this.isolatesSlot = !this.isolatesSlot;
    this.emphasise();
  }

  private emphasise(): void {
    const wanted = this.selected !== null && this.isolatesSlot;
    this.emphasised = wanted ? sameSlot(this.run, this.messages, this.selected!) : null;
    this.redraw();
  }

  /** Selects the next (1) or previous (-1) message that passes, and brings it into view. */
  step(direction: 1 | -1): void {
    const { count, atUs } = this.messages;
    let i = this.selected ?? this.firstFrom(this.window.fromUs) - (direction === 1 ? 1 : 0);
    do i += direction;
    while (i >= 0 && i < count && this.passes[i] === 0);
    if (i < 0 || i >= count) return;
    const at = atUs[i]!;
    if (at < this.window.fromUs || at > this.window.toUs) this.lookAt(at);
    this.select(i);
  }

  /** Moves to a moment, close enough to see single messages. */
  lookAt(atUs: number): void {
    const span = Math.min(this.window.toUs - this.window.fromUs, this.readableSpan(atUs));
    const window = { fromUs: atUs - span / 3, toUs: atUs + (2 * span) / 3 };
    this.show(broughtIntoView(window, atUs, this.whole));
  }

  /** At most once a frame, however often it is asked. */
  redraw(): void {
    if (this.waits) return;
    this.waits = true;
    requestAnimationFrame(() => {
      this.waits = false;
      this.draw();
    });
  }

  /** The same picture for paper. */
  svg(title: string): string {
    const pen = new SvgPen(lightPalette);
    const layout = layOut(this.run, this.filter.lanes, 1180, this.window);
    const { run, messages, passes, emphasised, selected } = this;
    paintDiagram({ run, messages, passes, emphasised, selected, layout }, pen);
    return pen.finish(layout.widthPx, layout.heightPx, title);
  }

  private draw(): void {
    this.layout = this.layOutNow();
    const { run, messages, passes, emphasised, selected, layout, canvas } = this;
    const context = fitCanvas(canvas, layout.widthPx, layout.heightPx);
    if (context === null) return;
    const pen = new CanvasPen(context, this.palette);
    this.painted = paintDiagram({ run, messages, passes, emphasised, selected, layout }, pen);
    this.stage.dataset.lanes = String(layout.lanes.length);
    this.stage.dataset.messages = String(this.painted.shown.length);
    this.stage.dataset.drawn = this.painted.asArrows ? 'arrows' : 'density';
    for (const listener of this.listeners) listener();
  }

  private layOutNow(): Layout {
    const widthPx = Math.max(this.stage.clientWidth, 320);
    return layOut(this.run, this.filter.lanes, widthPx, this.window);
  }

  private firstWindow(): TimeWindow {
    if (this.messages.count <= readableMessages) return this.whole;
    const { atUs, arrivedUs } = this.messages;
    const last = readableStart(atUs, readableMessages) - 1;
    const toUs = Math.max(atUs[last]!, arrivedUs[last] || 0, 1000);
    return inside({ fromUs: 0, toUs: toUs * 1.05 }, this.whole);
  }

  private readableSpan(atUs: number): number {
    const { atUs: times, count } = this.messages;
    if (count === 0) return this.whole.toUs;
    const first = Math.max(this.firstFrom(atUs) - readableMessages / 3, 0);
    const last = Math.min(first + readableMessages, count - 1);
    return Math.max(times[last]! - times[Math.floor(first)]!, 1000);
  }

  /** Index of the first message sent at or after a moment. */
  private firstFrom(atUs: number): number {
    let [low, high] = [0, this.messages.count];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.messages.atUs[middle]! < atUs) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}
