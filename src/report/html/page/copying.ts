import type { Diagram } from './diagram.ts';
import { all, element } from './elements.ts';

/** Buttons that copy; where the browser does not allow it, the text is selected instead. */
export function addCopying(): void {
  for (const button of all('[data-copy]', HTMLButtonElement)) {
    const words = button.textContent;
    button.addEventListener('click', () => {
      const source = element(button.dataset.copy ?? '', HTMLPreElement);
      copy(source).then((copied) => {
        button.textContent = copied ? 'Copied' : 'Selected: press Ctrl+C';
        setTimeout(() => {
          button.textContent = words;
        }, 2000);
      });
    });
  }
}

async function copy(source: HTMLPreElement): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(source.textContent ?? '');
    return true;
  } catch {
    getSelection()?.selectAllChildren(source);
    return false;
  }
}

/** Paper gets lines, not pixels: the picture in view as SVG, in the colours of paper. */
export function addPrinting(diagram: Diagram): void {
  const figure = document.getElementById('printed');
  if (figure === null) return;
  addEventListener('beforeprint', () => {
    figure.innerHTML = diagram.svg(document.title);
  });
  addEventListener('afterprint', () => {
    figure.innerHTML = '';
  });
}
