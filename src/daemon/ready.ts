import { setTimeout as sleep } from 'node:timers/promises';
import { readyTimeoutMs } from './limits.ts';

const pollMs = 100;
const attemptMs = 5000;

/** Waits until every service is ready by its own word; throws what one lacks if that takes long. */
export async function untilReady(urls: readonly string[], signal: AbortSignal): Promise<void> {
  const deadlineMs = performance.now() + readyTimeoutMs;
  await Promise.all(urls.map((url) => oneReady(url, deadlineMs, signal)));
}

async function oneReady(url: string, deadlineMs: number, signal: AbortSignal): Promise<void> {
  for (;;) {
    const lack = await lackOf(url);
    if (lack === null || signal.aborted) return;
    if (performance.now() >= deadlineMs) throw new Error(`${url} is not ready: ${lack}`);
    await sleep(pollMs);
  }
}

async function lackOf(url: string): Promise<string | null> {
  try {
    const answer = await fetch(`${url}/readyz`, { signal: AbortSignal.timeout(attemptMs) });
    const text = await answer.text();
    return answer.ok ? null : text;
  } catch (error) {
    // It may just be on its way back up: its supervisor looks after that.
    return error instanceof Error ? error.message : String(error);
  }
}
