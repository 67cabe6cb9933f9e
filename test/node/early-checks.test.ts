import { describe, expect, it } from 'vitest';
import { equalBytes } from '../../src/base/bytes.ts';
import { ed25519, type SignatureScheme } from '../../src/base/signature.ts';
import { nopOperation } from '../../src/ledger/operation.ts';
import { checkOperation, type StaticVerdict } from '../../src/ledger/static-check.ts';
import type { StaticChecks } from '../../src/runtime/static-checks.ts';
import { genesis, holders, newLedger, resultOf, validate } from '../ledger/fixtures.ts';
import { Mesh } from './mesh.ts';

const ledger = newLedger();
const operations = Array.from({ length: 12 }, (_, i) => validate(ledger, `r${i}`, i + 1));

/** Ed25519 that counts the checks of requests made on this thread. */
function counting(): { scheme: SignatureScheme; count: () => number } {
  let checked = 0;
  const isHolder = (key: Uint8Array) => holders.some(({ nodeId }) => equalBytes(nodeId, key));
  const scheme: SignatureScheme = {
    ...ed25519,
    verify: (key, bytes, signature) => {
      if (isHolder(key)) checked++;
      return ed25519.verify(key, bytes, signature);
    },
  };
  return { scheme, count: () => checked };
}

/** Checks that come back when the test says so, and were made by nobody the nodes know. */
class HeldChecks implements StaticChecks {
  readonly taken: {
    readonly operation: Uint8Array;
    readonly done: (verdict: StaticVerdict | null) => void;
    readonly isKnown: () => boolean;
  }[] = [];
  room = Number.POSITIVE_INFINITY;

  check(...[operation, done, isKnown]: Parameters<StaticChecks['check']>): boolean {
    if (this.taken.length >= this.room) return false;
    this.taken.push({ operation, done, isKnown });
    return true;
  }

  release(): void {
    const env = { ...genesis, scheme: ed25519 };
    for (const { operation, done } of this.taken.splice(0)) done(checkOperation(operation, env));
  }
}

describe('checks ahead of execution', () => {
  it('start when a request arrives, and a timer that falls due meanwhile is obeyed', async () => {
    const { scheme, count } = counting();
    const held = [0, 1, 2, 3].map(() => new HeldChecks());
    const mesh = new Mesh({ scheme, staticChecks: (i) => held[i] as HeldChecks });
    await mesh.start();
    for (const operation of operations) mesh.request(1, operation);
    expect(held[1]?.taken.length).toBe(operations.length);
    mesh.fireTimers(1);
    expect(mesh.sent(1)).toContain('complaint');
    expect(count(), 'hashing on the thread of consensus').toBe(0);
  });

  it('leave nothing to check at execution once they came back', async () => {
    const { scheme, count } = counting();
    const held = [0, 1, 2, 3].map(() => new HeldChecks());
    const mesh = new Mesh({ scheme, staticChecks: (i) => held[i] as HeldChecks });
    await mesh.start();
    for (let i = 0; i < 4; i++) for (const operation of operations) mesh.request(i, operation);
    for (const checks of held) checks.release();
    await mesh.settle();
    expect(
      mesh.executed.map((batches) => batches.flatMap(({ results }) => results).length),
    ).toEqual([12, 12, 12, 12]);
    expect(count()).toBe(0);
  });

  it('change no answer where they never come back, or are not taken', async () => {
    const answers = async (staticChecks?: (index: number) => StaticChecks) => {
      const { scheme, count } = counting();
      const mesh = new Mesh({ scheme, ...(staticChecks && { staticChecks }) });
      await mesh.start();
      for (let i = 0; i < 4; i++) for (const operation of operations) mesh.request(i, operation);
      await mesh.settle();
      const results = mesh.executed.map((batches) => batches.flatMap((batch) => batch.results));
      return { results, checked: count() };
    };
    const full = new HeldChecks();
    full.room = 0;
    const inline = await answers();
    expect(inline.results[0]?.map((result) => resultOf(result).type)).toEqual(
      operations.map(() => 'validation'),
    );
    expect(inline.checked).toBe(4 * operations.length);
    expect(await answers(() => new HeldChecks())).toEqual(inline);
    expect(await answers(() => full)).toEqual(inline);
  });

  it('may leave out what execution found before they came to it', async () => {
    const held = [0, 1, 2, 3].map(() => new HeldChecks());
    const mesh = new Mesh({ staticChecks: (i) => held[i] as HeldChecks });
    await mesh.start();
    const [operation] = operations as [Uint8Array];
    for (let i = 0; i < 4; i++) mesh.request(i, operation);
    const [early] = held[1]?.taken ?? [];
    expect(early?.isKnown()).toBe(false);
    await mesh.settle();
    expect(early?.isKnown()).toBe(true);
    early?.done(null);
    mesh.request(1, new Uint8Array(operation), 'client-1');
    expect(held[1]?.taken.length, 'that it was checked is still known').toBe(1);
  });

  it('ask once for an operation that comes again, and never for one without proofs', async () => {
    const held = new HeldChecks();
    const mesh = new Mesh({ staticChecks: () => held });
    await mesh.start();
    const [operation] = operations as [Uint8Array];
    mesh.request(1, operation, 'client-0');
    mesh.request(1, new Uint8Array(operation), 'client-1');
    mesh.request(1, nopOperation(new Uint8Array(8)));
    expect(held.taken.length).toBe(1);
    held.release();
    mesh.request(1, new Uint8Array(operation), 'client-2');
    expect(held.taken.length, 'in the cache by now').toBe(0);
  });

  it('begin for a batch when its pre-prepare arrives', async () => {
    const held = [0, 1, 2, 3].map(() => new HeldChecks());
    const mesh = new Mesh({ staticChecks: (i) => held[i] as HeldChecks });
    await mesh.start();
    mesh.request(0, operations[0] as Uint8Array);
    await mesh.settle();
    expect(held.map(({ taken }) => taken.length)).toEqual([1, 1, 1, 1]);
  });
});
