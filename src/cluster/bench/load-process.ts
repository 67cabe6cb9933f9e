/** The entry of the load process: the clients, apart from the replicas that they measure. */
import { tuneEngine } from '../../runtime/engine-settings.ts';
import { useSodium } from '../../runtime/sodium-engine.ts';
import { LoadGenerator } from './load-generator.ts';
import type { LoadCommand, LoadReport } from './load-protocol.ts';

const progressMs = 250;
/** Requests made between two looks at what else is to be done. */
const stockSlice = 256;

tuneEngine();
useSodium();
let load: LoadGenerator | null = null;
let ticker: NodeJS.Timeout | null = null;

function post(report: LoadReport): void {
  if (process.connected) process.send?.(report);
}

async function obey(command: LoadCommand): Promise<void> {
  if (command.type === 'prepare') {
    load = new LoadGenerator(command.plan);
    const { source } = load;
    return post({
      type: 'prepared',
      accounts: source.accounts(command.startMs),
      plots: source.plots,
    });
  }
  if (load === null) return;
  switch (command.type) {
    case 'connect':
      await load.connect(command);
      return post({ type: 'connected' });
    case 'stock':
      load.rest();
      await makeStock(load, command.count);
      await load.drained();
      return post({ type: 'stocked' });
    case 'go':
      load.go(command.asking);
      ticker ??= setInterval(() => {
        if (load !== null)
          post({ type: 'progress', answered: load.answered, inFlight: load.inFlight });
      }, progressMs);
      return;
    case 'open':
      return load.open();
    case 'close':
      return post({ type: 'measured', measured: await load.close() });
    case 'stop':
      clearInterval(ticker ?? undefined);
      await load.stop();
      process.exit();
  }
}

/** In slices, so that links stay alive meanwhile. */
async function makeStock({ source }: LoadGenerator, count: number): Promise<void> {
  while (source.stocked < count) {
    source.fill(Math.min(stockSlice, count - source.stocked));
    await new Promise((resolve) => setImmediate(resolve));
  }
}

function fail(error: unknown): void {
  const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
  post({ type: 'failed', error: text });
}

let queue = Promise.resolve();
process.on('message', (command: LoadCommand) => {
  // A close that waits for late answers must not keep a stop from being heard.
  if (command.type === 'stop') void obey(command).catch(fail);
  else queue = queue.then(() => obey(command)).catch(fail);
});
process.on('disconnect', () => process.exit());
process.on('uncaughtException', fail);
process.on('unhandledRejection', fail);
// Ctrl-C reaches the whole group; the parent stops its processes in order.
for (const signal of ['SIGINT', 'SIGHUP', 'SIGTERM'] as const) process.on(signal, () => undefined);
