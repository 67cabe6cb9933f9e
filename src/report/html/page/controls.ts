import { zoomed } from '../model/window.ts';
import type { Diagram } from './diagram.ts';
import { all, element, onClick, onClickIfThere } from './elements.ts';

/** Filters, time, zoom: the controls around the diagram. */
export function addControls(diagram: Diagram): void {
  addChips(diagram, 'kind', 'kinds');
  addChips(diagram, 'lane', 'lanes');
  const text = element('field-text', HTMLInputElement);
  text.addEventListener('input', () => diagram.choose({ ...diagram.filter, text: text.value }));
  addTimes(diagram);
  const zoomBy = (factor: number) => () => {
    const { window } = diagram.layout;
    const middle = (window.fromUs + window.toUs) / 2;
    diagram.show(zoomed(window, factor, middle, diagram.whole));
  };
  onClick('zoom-in', zoomBy(2));
  onClick('zoom-out', zoomBy(0.5));
  onClick('whole', () => diagram.show(diagram.whole));
  onClick('save-svg', () => save(diagram));
  for (const button of all('[data-at]', HTMLButtonElement)) {
    button.addEventListener('click', () => {
      diagram.lookAt(Number(button.dataset.at));
      element('stage', HTMLDivElement).scrollIntoView({ block: 'center' });
    });
  }
  const inView = element('in-view', HTMLParagraphElement);
  diagram.onChange(() => {
    inView.textContent = describeView(diagram);
  });
}

function describeView({ painted, messages }: Diagram): string {
  const count = painted.shown.length.toLocaleString('en-US');
  const of = messages.count.toLocaleString('en-US');
  const how = painted.asArrows ? '' : ', drawn as bars of what each lane sends; zoom in for arrows';
  return `${count} of ${of} messages in view${how}.`;
}

function addChips(diagram: Diagram, what: 'kind' | 'lane', which: 'kinds' | 'lanes'): void {
  const boxes = all(`input[data-${what}]`, HTMLInputElement);
  const choose = (): void => {
    diagram.choose({ ...diagram.filter, [which]: boxes.map(({ checked }) => checked) });
  };
  for (const box of boxes) box.addEventListener('change', choose);
  const setAll = (checked: boolean) => () => {
    for (const box of boxes) box.checked = checked;
    choose();
  };
  onClickIfThere(`all-${which}`, setAll(true));
  onClickIfThere(`no-${which}`, setAll(false));
}

function addTimes(diagram: Diagram): void {
  const from = element('from-ms', HTMLInputElement);
  const to = element('to-ms', HTMLInputElement);
  const show = (): void => {
    const [fromUs, toUs] = [from.valueAsNumber * 1000, to.valueAsNumber * 1000];
    if (fromUs < toUs) diagram.show({ fromUs, toUs });
  };
  from.addEventListener('change', show);
  to.addEventListener('change', show);
  diagram.onChange(() => {
    const { fromUs, toUs } = diagram.layout.window;
    // Never under the reader's fingers.
    if (document.activeElement !== from) from.value = (fromUs / 1000).toFixed(1);
    if (document.activeElement !== to) to.value = (toUs / 1000).toFixed(1);
  });
}

function save(diagram: Diagram): void {
  const blob = new Blob([diagram.svg(document.title)], { type: 'image/svg+xml' });
  const link = document.createElement('a');
  link.href = URL.createObjectURL(blob);
  link.download = 'space-time-diagram.svg';
  link.click();
  URL.revokeObjectURL(link.href);
}
