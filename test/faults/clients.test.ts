import { describe, expect, it } from 'vitest';
import { ClientWatch } from '../../src/faults/clients.ts';
import { limits } from '../../src/faults/limits.ts';
import { suspicion } from '../../src/faults/standing.ts';

function start() {
  const told: string[] = [];
  const watch = new ClientWatch((client, to) => told.push(`${client} ${to}`));
  /** How many of `frames` at one moment are read. */
  const read = (frames: number, atMs: number, client = 'a') => {
    let count = 0;
    for (let i = 0; i < frames; i++) if (watch.admits(client, atMs)) count += 1;
    return count;
  };
  return { watch, told, read };
}

describe('what a replica thinks of a client', () => {
  it('is nothing, as long as it sends what clients send: all of it is read', () => {
    const { read, told, watch } = start();
    expect(read(100_000, 0)).toBe(100_000);
    expect(told).toEqual([]);
    expect(watch.size).toBe(0);
  });

  it('is suspicion after garbage, and from then on it is read slowly', () => {
    const { watch, read, told } = start();
    for (let i = 0; i < 4; i++) watch.strike('a', 'garbage', 0);
    expect(told).toEqual(['a suspected']);
    expect(read(1000, 0)).toBe(limits.floodPerSecond);
    expect(read(1000, limits.floodWindowMs)).toBe(limits.floodPerSecond);
    expect(read(1000, 0, 'b')).toBe(1000);
  });

  it('is forgiven by time alone', () => {
    const { watch, read, told } = start();
    for (let i = 0; i < 100; i++) watch.strike('a', 'slander', 0);
    expect(read(1, 3 * suspicion.halfLifeMs)).toBe(1);
    expect(told).toEqual(['a suspected']);
    expect(read(1000, 4 * suspicion.halfLifeMs)).toBe(1000);
    expect(told).toEqual(['a suspected', 'a trusted']);
  });

  it('does not turn on who has more to ask than there is room for', () => {
    const { watch, told } = start();
    for (let second = 0; second < 60; second++) {
      for (let i = 0; i < 500; i++) watch.shed('a', 500, second * 1000);
    }
    expect(told).toEqual([]);
  });

  it('turns on who goes on filling the room all the same', () => {
    const { watch, told } = start();
    for (let second = 0; second < 6; second++) {
      for (let i = 0; i < 5000; i++) watch.shed('a', 500, second * 1000);
    }
    expect(told).toEqual(['a suspected']);
  });

  it('has a bound: the one struck longest ago is forgotten', () => {
    const { watch } = start();
    for (let i = 0; i < limits.clients; i++) watch.strike(`${i}`, 'garbage', 0);
    watch.strike('0', 'garbage', 0);
    watch.strike('new', 'garbage', 0);
    expect(watch.size).toBe(limits.clients);
    for (let i = 0; i < 2; i++) watch.strike('0', 'garbage', 0);
    expect(watch.admits('0', 0)).toBe(true);
  });
});
