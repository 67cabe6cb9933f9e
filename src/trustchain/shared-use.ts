interface Shared {
  readonly key: string;
  users: number;
}

/**
 * Which records of the journal name which record that they share: it is written with the first of
 * them and forgotten with the last. Users have names of their own, and one thing each.
 */
export class SharedUse {
  private readonly shared = new Map<string, Shared>();
  private readonly byUser = new Map<string, Shared>();

  /** True when nobody used `key` before: then it is to be written. A user begins once. */
  begin(user: string, key: string): boolean {
    if (this.byUser.has(user)) return false;
    const known = this.shared.get(key);
    const shared = known ?? { key, users: 0 };
    shared.users += 1;
    this.byUser.set(user, shared);
    if (known === undefined) this.shared.set(key, shared);
    return known === undefined;
  }

  /** What nobody uses any more: the key, or nothing. */
  end(user: string): string[] {
    const shared = this.byUser.get(user);
    if (shared === undefined) return [];
    this.byUser.delete(user);
    shared.users -= 1;
    if (shared.users > 0) return [];
    this.shared.delete(shared.key);
    return [shared.key];
  }

  has(key: string): boolean {
    return this.shared.has(key);
  }
}
