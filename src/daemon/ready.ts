import { setTimeout as sleep } from 'node:timers/promises';
import { readyTimeoutMs } from './limits.ts';

const pollMs = 100;
const attemptMs = 5000;

/**
 * Waits until every service is ready by its own word; throws what one lacks if that takes long.
 * `onReady` is told how many are. Aborted, it resolves at once.
 */
export async function untilReady(
  urls: readonly string[],
  signal: AbortSignal,
  onReady: (ready: number) => void = () => undefined,
): Promise<void> {
  const deadlineMs = performance.now() + readyTimeoutMs;
  let ready = 0;
  const each = async (url: string) => {
    await oneReady(url, deadlineMs, signal);
    onReady(++ready);
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
