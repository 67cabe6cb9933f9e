import { describe, expect, it } from 'vitest';
import type { LiveEvent } from '../../../src/daemon/live.ts';
import { axisEnd, History, historyMs, ratesOf } from '../../../src/report/live/model/history.ts';
import { ringOf } from '../../../src/report/live/model/ring.ts';
import { healthOf } from '../../../src/report/live/model/words.ts';
import { healthyWord, picture } from '../../daemon/live-sample.ts';

const isolated = { said: { ...healthyWord, standing: 'isolated' as const } };

describe('the health of a cluster in one word', () => {
  it.each([
    ['all four take part', [], 'healthy', '1 more may fail'],
    ['one is down', [{ state: 'down' as const }], 'degraded', 'none more may fail'],
    ['one is isolated', [isolated], 'degraded', 'none more may fail'],
    ['two are down', [{ state: 'down' as const }, { state: 'down' as const }], 'no quorum', ''],
    ['one never said a word', [{ said: null }], 'degraded', ''],
    ['one is cut off from all', [{ cutOff: [1, 2, 3] }], 'degraded', ''],
  ])('when %s', (_, changes, word, words) => {
    const health = healthOf(picture(changes));
    expect(health.word).toBe(word);
    expect(health.sentence).toContain(words);
  });

  it('does not count standbys', () => {
    const whole = picture([{ state: 'down' }, { state: 'down' }]);
    const standby = { ...whole.replicas[3]!, replica: 4 };
    expect(healthOf({ ...whole, replicas: [...whole.replicas, standby] }).word).toBe('no quorum');
  });
});

describe('the ring', () => {
  it('links those that are up, and shows what is cut', () => {
    const { dots, lines } = ringOf(picture([{}, { state: 'down' }, { cutOff: [0, 1, 3] }]));
    expect(dots.map(({ look }) => look)).toEqual(['primary', 'down', 'up', 'up']);
    expect(lines.filter(({ cut }) => cut)).toHaveLength(3);
    expect(lines.filter(({ cut }) => !cut)).toEqual([{ from: 0, to: 3, cut: false }]);
  });

  it('gives every replica a place of its own', () => {
    const { dots } = ringOf(picture());
    expect(new Set(dots.map(({ x, y }) => `${x} ${y}`)).size).toBe(4);
  });
});

describe('the history behind the charts', () => {
  const event = (atMs: number, kind: LiveEvent['kind'], latencyMs: number | null): LiveEvent => {
    return { id: 1, atMs, kind, latencyMs, replica: null, text: '', serial: null };
  };

  it('keeps answers and trouble of the last two minutes', () => {
    const history = new History();
    history.add(event(1_000, 'issued', 5));
    history.add(event(historyMs, 'refused', 7));
    history.add(event(historyMs, 'viewChange', null));
    history.add(event(historyMs, 'healed', null));
    const { answers, trouble } = history.until(historyMs + 2_000);
    expect(answers).toEqual([{ atMs: historyMs, latencyMs: 7, refused: true }]);
    expect(trouble).toEqual([historyMs]);
  });

  it('counts whole steps only, so that the last one is no drop', () => {
    const answers = [100_000, 100_500, 101_999, 102_001].map((atMs) => {
      return { atMs, latencyMs: 1, refused: false };
    });
    const rates = ratesOf(answers, 103_000);
    expect(rates.at(-1)).toEqual({ fromMs: 100_000, perSecond: 1.5 });
    expect(rates).toHaveLength(60);
  });

  it('ends axes at round numbers', () => {
    expect([0, 1, 1.2, 3, 7, 20, 21].map(axisEnd)).toEqual([1, 1, 2, 5, 10, 20, 50]);
  });
});
