/**
 * Lets a class put its private field on an object that somebody else made. For {@link memo}, and
 * for what is asked so often that it needs code of its own: all memos share theirs, which the
 * engine therefore cannot specialise.
 */
export class OntoObject {
  constructor(object: object) {
    // biome-ignore lint/correctness/noConstructorReturn: the returned object gets the field
    return object;
  }
}

/** What was computed from an object once, kept with the object itself and gone when it goes. */
export interface Memo<T> {
  get(of: object): T | undefined;
  set(of: object, value: T): void;
}

/**
 * As a WeakMap, and as invisible: no key, comparison or copy of the object shows the value. Writing
 * costs a fifth of a WeakMap's microsecond, which counts where every message is remembered, and the
 * garbage collector has no table to walk.
 */
export function memo<T>(): Memo<T> {
  class Kept extends OntoObject {
    #value: T;

    constructor(of: object, value: T) {
      super(of);
      this.#value = value;
    }

    static get(of: object): T | undefined {
      return #value in of ? of.#value : undefined;
    }

    static set(of: object, value: T): void {
      if (#value in of) of.#value = value;
      else new Kept(of, value);
    }
  }
  return { get: Kept.get, set: Kept.set };
}

/** The same function, asked once for each object: nobody writes to it between. */
export function onceForEach<O extends object, T>(compute: (of: O) => T): (of: O) => T {
  const known = memo<T>();
  return (of) => {
    let value = known.get(of);
    if (value === undefined) {
      value = compute(of);
      known.set(of, value);
    }
    return value;
  };
}
