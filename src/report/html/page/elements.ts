/** The element that the page has under this id, of this class. */
export function element<T extends Element>(id: string, type: new () => T): T {
  const found = document.getElementById(id);
  if (!(found instanceof type)) throw new Error(`the page has no ${type.name} #${id}`);
  return found;
}

/** The first match inside `parent`, of this class. */
export function within<T extends Element>(parent: Element, selector: string, type: new () => T): T {
  const found = parent.querySelector(selector);
  if (!(found instanceof type)) throw new Error(`the page has no ${type.name} ${selector}`);
  return found;
}

export function all<T extends Element>(selector: string, type: new () => T): readonly T[] {
  return [...document.querySelectorAll(selector)].filter(
    (found): found is T => found instanceof type,
  );
}

export function onClick(id: string, action: () => void): void {
  element(id, HTMLButtonElement).addEventListener('click', action);
}

/** A page can lack what its run has no use for: the chips of messages when there are none. */
export function onClickIfThere(id: string, action: () => void): void {
  document.getElementById(id)?.addEventListener('click', action);
}
