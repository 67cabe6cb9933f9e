import { setTimeout as sleep } from 'node:timers/promises';
import { readyTimeoutMs, stragglersMs } from './limits.ts';

const pollMs = 100;
const attemptMs = 5000;

/**
 * Waits until every service is ready by its own word, or `enough` of them are and the others were
 * given some seconds more: a node that lost its disk is ready only after many requests, which it
 * never gets from a cluster that waits for it. Throws what one lacks if it takes long. `onReady` is
 * told how many are. Aborted, it resolves at once.
 */
export async function untilReady(
  urls: readonly string[],
  signal: AbortSignal,
  enough: number = urls.length,
  onReady: (ready: number) => void = () => undefined,
): Promise<void> {
  const deadlineMs = performance.now() + readyTimeoutMs;
  const patience = new AbortController();
  const over = AbortSignal.any([signal, patience.signal]);
  let ready = 0;
  const each = async (url: string) => {
    await oneReady(url, deadlineMs, over);
    if (over.aborted) return;
    onReady(++ready);
    if (ready >= enough) setTimeout(() => patience.abort(), stragglersMs).unref();
  };
  await Promise.all(urls.map(each));
}

async function oneReady(url: string, deadlineMs: number, signal: AbortSignal): Promise<void> {
  for (;;) {
    const lack = await lackOf(url, signal);
    if (lack === null || signal.aborted) return;
    if (performance.now() >= deadlineMs) throw new Error(`${url} is not ready: ${lack}`);
    await sleep(pollMs, undefined, { signal }).catch(() => undefined); // aborted: seen above
  }
}

async function lackOf(url: string, aborted: AbortSignal): Promise<string | null> {
  try {
    const signal = AbortSignal.any([aborted, AbortSignal.timeout(attemptMs)]);
    const answer = await fetch(`${url}/readyz`, { signal });
    const text = await answer.text();
    return answer.ok ? null : text;
  } catch (error) {
    // It may just be on its way back up: its supervisor looks after that.
    return error instanceof Error ? error.message : String(error);
  }
}
