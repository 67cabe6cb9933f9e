import { describe, expect, it } from 'vitest';
import { eachOwnLink, latencyFrom, longestLatencyMs } from '../../src/scenario/link-latency.ts';
import { parseScenarios } from '../../src/scenario/parse.ts';

function networkOf(lines: string) {
  const parsed = parseScenarios('a.yaml', `name: a\nreplicas: 5\nnetwork: ${lines}`);
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.problems));
  return parsed.scenarios[0]!.network;
}

describe('links with a latency of their own', () => {
  const network = networkOf(`
  latency: 5ms
  links:
    - {between: [[0, 1], [2]], latency: 40ms}
    - {between: [[3], [0, 4]], latency: {min: 1ms, max: 90ms, spread: longTail}, oneWay: true}
`);

  it('are those between two groups, in both directions unless it says one way', () => {
    const links: string[] = [];
    eachOwnLink(network, (from, to, { maxMs }) => links.push(`${from}${to} ${maxMs}`));
    expect(links.toSorted()).toEqual(['02 40', '12 40', '20 40', '21 40', '30 90', '34 90']);
  });

  it('are told by where a replica sends', () => {
    const slow = { minMs: 1, maxMs: 90, longTail: true };
    expect([...latencyFrom(network, 3)]).toEqual([
      ['replica-0', slow],
      ['replica-4', slow],
    ]);
    expect([...latencyFrom(network, 4)]).toEqual([]);
  });

  it('count for the longest delay', () => {
    expect(longestLatencyMs(network)).toBe(90);
  });
});
