import { PerformanceObserver } from 'node:perf_hooks';
import { setTimeout as sleep } from 'node:timers/promises';
import { tuneEngine } from '../../src/runtime/engine-settings.ts';

/** Keeps 128 MiB of array buffers, puts new ones in their place, and tells how often V8 minded. */
const keptBuffers = 2048;
const madeBuffers = 16 * keptBuffers;
const bufferBytes = 64 * 1024;
const fullCollection = 4;

interface Collection {
  readonly detail: { readonly kind: number };
}

let collections = 0;
new PerformanceObserver((list) => {
  const entries = list.getEntries() as unknown as readonly Collection[];
  collections += entries.filter(({ detail }) => detail.kind === fullCollection).length;
}).observe({ entryTypes: ['gc'] });

if (process.argv.includes('tuned')) tuneEngine();
const kept: Uint8Array[] = [];
for (let i = 0; i < madeBuffers; i++) {
  kept[i % keptBuffers] = new Uint8Array(bufferBytes);
  if (i % 64 === 0) await sleep(0);
}
await sleep(0);
process.send?.({ collections });
