import { setTimeout as sleep } from 'node:timers/promises';
import { Client } from 'undici';

/** How hard TrustChain is asked. */
export interface IssuanceLoad {
  /** In a closed loop: requests in flight. */
  readonly clients: number;
  /** Open loop: certificates a second, due at fixed times whatever becomes of those before. */
  readonly ratePerSecond: number | null;
  readonly warmUpMs: number;
  readonly forMs: number;
}

export interface IssuanceMeasured {
  readonly perSecond: number;
  readonly p50Ms: number;
  readonly p90Ms: number;
  readonly p99Ms: number;
  /** Answers other than 201, by what they were; all of the run, warm-up included. */
  readonly errors: Readonly<Record<string, number>>;
  /** CPU time of each process for each certificate, microseconds. */
  readonly cpuUs: Readonly<Record<string, number>>;
}

/** An address of loopback for each few clients: TrustChain counts what each of them asks. */
const addresses = 64;
/** Connections of an open loop: more than are ever in flight below the knee. */
const openConnections = 256;

/**
 * Asks `url` for certificates and measures, from the moment a request was due to its last byte, so
 * that a slow answer is not hidden by the requests that were not made meanwhile. `cpuUs` reads the
 * CPU times of the processes to be watched, microseconds.
 */
export async function loadIssuance(
  url: string,
  load: IssuanceLoad,
  csrs: readonly string[],
  cpuUs: () => Readonly<Record<string, number>>,
): Promise<IssuanceMeasured> {
  const count = load.ratePerSecond === null ? load.clients : openConnections;
  const clients = Array.from({ length: count }, (_, i) => {
    return new Client(url, { localAddress: `127.0.1.${1 + (i % addresses)}` });
  });
  const run = new Run(load, csrs, clients);
  const asking = load.ratePerSecond === null ? run.closed() : run.open(load.ratePerSecond);
  await sleep(load.warmUpMs);
  const before = cpuUs();
  const beganMs = run.beginWindow();
  await sleep(load.forMs);
  const seconds = (run.endWindow() - beganMs) / 1000;
  const after = cpuUs();
  await asking;
  await Promise.all(clients.map((client) => client.close()));
  const { latenciesMs, errors } = run;
  const sorted = latenciesMs.toSorted((a, b) => a - b);
  const at = (share: number): number => sorted[Math.floor(sorted.length * share)] ?? Number.NaN;
  const each = (name: string): number => {
    return ((after[name] ?? 0) - (before[name] ?? 0)) / Math.max(1, sorted.length);
  };
  return {
    perSecond: sorted.length / seconds,
    p50Ms: at(0.5),
    p90Ms: at(0.9),
    p99Ms: at(0.99),
    errors: Object.fromEntries(errors),
    cpuUs: Object.fromEntries(Object.keys(after).map((name) => [name, each(name)])),
  };
}

class Run {
  readonly latenciesMs: number[] = [];
  readonly errors = new Map<string, number>();
  private readonly csrs: readonly string[];
  private readonly clients: readonly Client[];
  private readonly endMs: number;
  private asked = 0;
  private inWindow = false;

  constructor(load: IssuanceLoad, csrs: readonly string[], clients: readonly Client[]) {
    this.csrs = csrs;
    this.clients = clients;
    this.endMs = performance.now() + load.warmUpMs + load.forMs;
  }

  beginWindow(): number {
    this.inWindow = true;
    return performance.now();
  }

  endWindow(): number {
    this.inWindow = false;
    return performance.now();
  }

  /** Each client asks again as soon as it has its certificate. */
  async closed(): Promise<void> {
    const ask = async (client: Client): Promise<void> => {
      while (performance.now() < this.endMs) await this.ask(client, performance.now());
    };
    await Promise.all(this.clients.map(ask));
  }

  async open(ratePerSecond: number): Promise<void> {
    const beganMs = performance.now();
    const asking: Promise<void>[] = [];
    for (let i = 0; ; i++) {
      const dueMs = beganMs + (i * 1000) / ratePerSecond;
      if (dueMs >= this.endMs) break;
      const aheadMs = dueMs - performance.now();
      if (aheadMs > 1) await sleep(aheadMs);
      asking.push(this.ask(this.clients[i % this.clients.length] as Client, dueMs));
    }
    await Promise.all(asking);
  }

  private async ask(client: Client, dueMs: number): Promise<void> {
    const body = JSON.stringify({ csr: this.csrs[this.asked++ % this.csrs.length] });
    const headers = { 'content-type': 'application/json' };
    let ended: string;
    try {
      const answer = await client.request({ method: 'POST', path: '/certificates', headers, body });
      const text = await answer.body.text();
      ended = answer.statusCode === 201 ? 'issued' : `${answer.statusCode} ${titleOf(text)}`;
    } catch (error) {
      ended = String((error as NodeJS.ErrnoException).code ?? error);
    }
    if (ended !== 'issued') this.errors.set(ended, (this.errors.get(ended) ?? 0) + 1);
    else if (this.inWindow) this.latenciesMs.push(performance.now() - dueMs);
  }
}

function titleOf(text: string): string {
  try {
    const { detail, title } = JSON.parse(text) as { detail?: string; title?: string };
    return (detail ?? title ?? '').slice(0, 60);
  } catch {
    return text.slice(0, 60);
  }
}
