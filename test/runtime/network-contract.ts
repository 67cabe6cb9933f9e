import { expect, test } from 'vitest';
import type { Address, Network } from '../../src/runtime/ports.ts';

/** Some endpoints that all know each other, on a network that loses nothing. */
export interface Mesh {
  readonly endpoints: readonly { readonly address: Address; readonly network: Network }[];
  /** Lets the network work until `condition` holds; rejects if that never happens. */
  until(condition: () => boolean): Promise<void>;
  dispose(): Promise<void>;
}

interface Arrival {
  readonly from: Address;
  readonly frame: Uint8Array;
}

/** What every {@link Network} does when nothing is wrong with it. */
export function networkContract(name: string, make: (count: number) => Promise<Mesh>): void {
  const withMesh = async (
    count: number,
    body: (mesh: Mesh, arrivals: Arrival[][]) => Promise<void>,
  ) => {
    const mesh = await make(count);
    try {
      const arrivals = mesh.endpoints.map(({ network }) => {
        const list: Arrival[] = [];
        network.onFrame((from, frame) => list.push({ from, frame: frame.slice() }));
        return list;
      });
      await body(mesh, arrivals);
    } finally {
      await mesh.dispose();
    }
  };

  test(`${name}: each frame arrives once, under its sender's address`, () =>
    withMesh(3, async ({ endpoints, until }, arrivals) => {
      for (const [i, { network }] of endpoints.entries()) {
        for (const [j, { address }] of endpoints.entries()) {
          if (i !== j) network.send(address, Uint8Array.of(i, j));
        }
      }
      await until(() => arrivals.every((list) => list.length === 2));
      for (const [j, list] of arrivals.entries()) {
        const expected = endpoints.flatMap(({ address }, i) =>
          i === j ? [] : [{ from: address, frame: Uint8Array.of(i, j) }],
        );
        expect(list.toSorted((a, b) => (a.from < b.from ? -1 : 1))).toEqual(expected);
      }
    }));

  test(`${name}: nothing arrives while the sender still speaks`, () =>
    withMesh(2, async ({ endpoints, until }, arrivals) => {
      endpoints[0]!.network.send(endpoints[1]!.address, Uint8Array.of(1));
      expect(arrivals[1]).toEqual([]);
      await until(() => arrivals[1]!.length === 1);
    }));

  test.each([
    { size: 0, why: 'empty' },
    { size: 127, why: 'at the edge of a length of one byte' },
    { size: 128, why: 'past that edge' },
    { size: 70_000, why: 'larger than a Noise message' },
    { size: 2_000_000, why: 'larger than a stream window' },
  ])(`${name}: a frame of $size bytes arrives as it was ($why)`, ({ size }) =>
    withMesh(2, async ({ endpoints, until }, arrivals) => {
      const frame = Uint8Array.from({ length: size }, (_, i) => (i * 31 + (i >> 8)) & 255);
      const expected = frame.slice();
      endpoints[0]!.network.send(endpoints[1]!.address, frame);
      await until(() => arrivals[1]!.length === 1);
      expect(Buffer.compare(arrivals[1]![0]!.frame, expected)).toBe(0);
    }),
  );

  test(`${name}: many frames of one turn all arrive`, () =>
    withMesh(2, async ({ endpoints, until }, arrivals) => {
      const count = 3000;
      for (let i = 0; i < count; i++) {
        endpoints[0]!.network.send(endpoints[1]!.address, Uint8Array.of(i >> 8, i & 255, 7, 7));
      }
      await until(() => arrivals[1]!.length === count);
      const numbers = arrivals[1]!.map(({ frame }) => frame[0]! * 256 + frame[1]!);
      expect(numbers.toSorted((a, b) => a - b)).toEqual([...Array(count).keys()]);
    }));

  test(`${name}: frames of one turn that fill every buffer on the way all arrive`, () =>
    withMesh(2, async ({ endpoints, until }, arrivals) => {
      const count = 160;
      for (let i = 0; i < count; i++) {
        endpoints[0]!.network.send(endpoints[1]!.address, new Uint8Array(50_000).fill(i));
      }
      await until(() => arrivals[1]!.length === count);
      const numbers = arrivals[1]!.map(({ frame }) => frame.at(-1));
      expect(numbers.toSorted((a, b) => a! - b!)).toEqual([...Array(count).keys()]);
    }));

  test(`${name}: a frame to nobody is lost without harm`, () =>
    withMesh(2, async ({ endpoints, until }, arrivals) => {
      endpoints[0]!.network.send('replica-99', Uint8Array.of(1));
      endpoints[0]!.network.send(endpoints[1]!.address, Uint8Array.of(2));
      await until(() => arrivals[1]!.length === 1);
      expect(arrivals[1]![0]!.frame).toEqual(Uint8Array.of(2));
    }));
}
