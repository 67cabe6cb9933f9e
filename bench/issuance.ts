/**
 * What issuing costs, without consensus and with it, beside one P-256 signature of the same run.
 *
 * First the authority alone, by the CPU clock of one core: from the request to the certificate with
 * its SCT, all checks, signatures and records included, the votes taken for granted or checked.
 * Then TrustChain over HTTP in a process of its own, twice: over a stand-in that says yes at once,
 * and over a real cluster (a process per node, four proofs checked on every node, synced journals).
 * Closed loops with so many clients, and half of what the last of them gave as an open loop: the
 * difference of the two medians there is the latency that consensus adds. Proofs are made by
 * TrustChain's own node, with one bit of work instead of 14: what more would cost its node is said.
 *
 * Each of the two is started once and warmed up once; its runs are so many windows of every load in
 * turn, each after a moment of that load (`--settle`).
 *
 *   node bench/issuance.ts [--runs 5] [--for 4s] [--settle 1s] [--warm-up 30s]
 *                          [--clients 1,16,64] [--json FILE] [--plain]
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { loadavg, tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { idealScheme } from '../src/base/ideal-signature.ts';
import { ed25519 } from '../src/base/signature.ts';
import { ClusterDirectory } from '../src/daemon/cluster-directory.ts';
import { parseDurationMs } from '../src/scenario/quantity.ts';
import { type IssuanceLoad, type IssuanceMeasured, loadIssuance } from './issuance-load.ts';
import {
  issuanceCost,
  medianOf,
  outstanding,
  perSecondOnDisk,
  signatureCost,
} from './issuance-plain.ts';
import { makeCsrs, votes } from './yes-cluster.ts';

const { values } = parseArgs({
  options: {
    runs: { type: 'string', default: '5' },
    for: { type: 'string', default: '4s' },
    settle: { type: 'string', default: '1s' },
    'warm-up': { type: 'string', default: '30s' },
    clients: { type: 'string', default: '1,16,64' },
    replicas: { type: 'string', default: '4' },
    json: { type: 'string' },
    plain: { type: 'boolean', default: false },
  },
});
const window = {
  warmUpMs: parseDurationMs(values.settle) ?? 1_000,
  forMs: parseDurationMs(values.for) ?? 4_000,
};
const warmUpMs = parseDurationMs(values['warm-up']) ?? 30_000;
const clientCounts = values.clients.split(',').map(Number);
const say = (line: string): void => void process.stdout.write(`${line}\n`);

/** A service under load: where it is, whose CPU counts as what, how it ends. */
interface Service {
  readonly url: string;
  readonly pids: Readonly<Record<string, readonly number[]>>;
  stop(): Promise<void>;
}

async function firstLine(child: ChildProcess): Promise<string> {
  const [chunk] = (await once(child.stdout as NodeJS.ReadableStream, 'data')) as [Buffer];
  return chunk.toString().split('\n')[0] ?? '';
}

function temporary(): string {
  return mkdtempSync(join(tmpdir(), 'hypermesh-issuance-'));
}

async function ended(child: ChildProcess, directory: string): Promise<void> {
  const gone = once(child, 'exit');
  child.kill('SIGTERM');
  await gone;
  rmSync(directory, { recursive: true, force: true, maxRetries: 5 });
}

async function startPlain(): Promise<Service> {
  const directory = temporary();
  const entry = resolve(import.meta.dirname, 'issuance-service.ts');
  const stdio = ['ignore', 'pipe', 'inherit'] as const;
  const child = spawn(process.execPath, [entry, directory], { stdio: [...stdio] });
  const url = await firstLine(child);
  return { url, pids: { trustchain: [child.pid ?? 0] }, stop: () => ended(child, directory) };
}

/** One bit of work in every copy of a genesis that no process has started from yet. */
function easeWork(directory: string): void {
  const nodes = readdirSync(directory).filter((name) => name.startsWith('node-'));
  for (const place of ['.', ...nodes]) {
    const path = join(directory, place, 'genesis.json');
    const text = readFileSync(path, 'utf8');
    writeFileSync(path, text.replace(/("minimum_compute_bits": *)\d+/, '$11'));
  }
}

async function startCluster(): Promise<Service> {
  const parent = temporary();
  const directory = join(parent, 'cluster');
  ClusterDirectory.open(directory, { replicas: Number(values.replicas), accounts: [] }, 'bench');
  easeWork(directory);
  const launcher = resolve(import.meta.dirname, '..', 'scripts', 'hypermesh.js');
  const flags = ['--data', directory, '--json', '--log-level', 'warn'];
  const stdio = ['ignore', 'pipe', 'inherit'] as const;
  const child = spawn(process.execPath, [launcher, 'cluster', ...flags], { stdio: [...stdio] });
  const line = JSON.parse(await firstLine(child)) as {
    readonly trustchain: string;
    readonly pids: readonly number[];
    readonly trustchain_pid: number;
  };
  const pids = { trustchain: [line.trustchain_pid], nodes: line.pids };
  return { url: line.trustchain, pids, stop: () => ended(child, parent) };
}

/** CPU time of processes as Linux counts it, in ticks of 10 ms; elsewhere nothing. */
function cpuOf(pids: Service['pids']): Readonly<Record<string, number>> {
  const usedUs = (pid: number): number => {
    try {
      const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
      const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
      return (Number(fields[11]) + Number(fields[12])) * 10_000;
    } catch {
      return 0;
    }
  };
  const sums = Object.entries(pids).map(([name, list]) => {
    return [name, list.reduce((sum, pid) => sum + usedUs(pid), 0)] as const;
  });
  return Object.fromEntries(sums);
}

const csrs = makeCsrs(512);

function load(service: Service, asked: Omit<IssuanceLoad, 'warmUpMs' | 'forMs'>) {
  return loadIssuance(service.url, { ...asked, ...window }, csrs, () => cpuOf(service.pids));
}

/** All loads of one run, by what they are called. */
type Measured = Record<string, IssuanceMeasured>;

async function closedLoops(service: Service, of: string): Promise<Measured> {
  const measured: Measured = {};
  for (const clients of clientCounts) {
    const name = `${of}, ${clients} client${clients === 1 ? '' : 's'}`;
    measured[name] = await load(service, { clients, ratePerSecond: null });
    sayMeasured(name, measured[name]);
  }
  return measured;
}

const halfLoad = (of: string): string => `${of}, half load`;

const runCount = Number(values.runs);

/** Until its code is compiled; what comes of it counts for nothing. */
async function warmUp(service: Service): Promise<void> {
  const clients = Math.max(...clientCounts);
  const asked = { clients, ratePerSecond: null, warmUpMs, forMs: 1 };
  await loadIssuance(service.url, asked, csrs, () => cpuOf(service.pids));
}

async function halfLoadOf(service: Service, of: string, ratePerSecond: number): Promise<Measured> {
  const name = halfLoad(of);
  const half = await load(service, { clients: 0, ratePerSecond });
  sayMeasured(name, half);
  return { [name]: half };
}

/** All runs of a service; `rate` is the half load of a run, in certificates a second. */
async function runsOf(
  of: string,
  start: () => Promise<Service>,
  rate: (run: number, closed: Measured) => number,
): Promise<Measured[]> {
  const service = await start();
  const measured: Measured[] = [];
  try {
    await warmUp(service);
    for (let run = 0; run < runCount; run++) {
      say(`${of}, run ${run + 1} of ${runCount}, load average ${load1()}`);
      const closed = await closedLoops(service, of);
      const half = await halfLoadOf(service, of, rate(run, closed));
      measured.push({ ...closed, ...half });
    }
  } finally {
    await service.stop();
  }
  return measured;
}

/** Both are asked at the same rate, half of what the one with consensus did at the most. */
async function allRuns(): Promise<Measured[]> {
  const rates: number[] = [];
  const voted = await runsOf('with consensus', startCluster, (run, closed) => {
    rates[run] = Math.max(...Object.values(closed).map(({ perSecond }) => perSecond)) / 2;
    return rates[run];
  });
  const plain = await runsOf('plain', startPlain, (run) => rates[run] ?? 1);
  return voted.map((measured, run) => ({ ...measured, ...plain[run] }));
}

const sayMeasured = (name: string, measured: IssuanceMeasured): void => {
  const { perSecond, p50Ms, p90Ms, p99Ms, errors, cpuUs } = measured;
  const cpu = Object.entries(cpuUs).map(([who, us]) => `${who} ${us.toFixed(0)} µs`);
  const failed = Object.entries(errors).map(([what, count]) => `${count}× ${what}`);
  say(
    `  ${name.padEnd(28)} ${perSecond.toFixed(0).padStart(5)}/s  p50 ${p50Ms.toFixed(1)} ms  ` +
      `p90 ${p90Ms.toFixed(1)} ms  p99 ${p99Ms.toFixed(1)} ms  CPU ${cpu.join(', ')}` +
      (failed.length === 0 ? '' : `  errors ${failed.join('; ')}`),
  );
};

/** Median, least and most. */
function spread(samples: readonly number[], digits = 0): string {
  const sorted = samples.toSorted((a, b) => a - b);
  const text = (value = Number.NaN): string => value.toFixed(digits);
  return `${text(medianOf(samples))} (${text(sorted[0])}–${text(sorted.at(-1))})`;
}

function sayTable(runs: readonly Measured[], signatureUs: number): void {
  const rows = Object.keys(runs[0] ?? {});
  const of = (name: string, value: (measured: IssuanceMeasured) => number, digits = 0): string =>
    spread(
      runs.flatMap((run) => (run[name] === undefined ? [] : [value(run[name])])),
      digits,
    );
  say('\n|  | per second | p50 ms | p90 ms | CPU µs, TrustChain | in signatures | CPU µs, nodes |');
  say('| --- | ---: | ---: | ---: | ---: | ---: | ---: |');
  for (const name of rows) {
    const cells = [
      of(name, ({ perSecond }) => perSecond),
      of(name, ({ p50Ms }) => p50Ms, 1),
      of(name, ({ p90Ms }) => p90Ms, 1),
      of(name, ({ cpuUs }) => cpuUs.trustchain ?? Number.NaN),
      of(name, ({ cpuUs }) => (cpuUs.trustchain ?? Number.NaN) / signatureUs, 1),
      name.startsWith('plain') ? '' : of(name, ({ cpuUs }) => cpuUs.nodes ?? Number.NaN),
    ];
    say(`| ${[name, ...cells].join(' | ')} |`);
  }
  const added = (value: (measured: IssuanceMeasured) => number): string => {
    const [voted, plain] = ['with consensus', 'plain'].map(halfLoad) as [string, string];
    const pairs = runs.map((run) => [run[voted], run[plain]] as const);
    return spread(
      pairs.map(([a, b]) => (a ? value(a) : NaN) - (b ? value(b) : NaN)),
      1,
    );
  };
  const [p50, p90] = [added(({ p50Ms }) => p50Ms), added(({ p90Ms }) => p90Ms)];
  say(`\nconsensus adds at half load, at the same rate: p50 ${p50} ms, p90 ${p90} ms`);
}

function sayPlain(signature: readonly number[]) {
  const row = (what: string, samples: readonly number[]): number => {
    const us = medianOf(samples);
    const ratio = `${(us / medianOf(signature)).toFixed(1).padStart(6)} signatures`;
    const rate = `${(1e6 / us).toFixed(0).padStart(7)}/s a core`;
    say(`${what.padEnd(44)} ${`${spread(samples)} µs`.padStart(24)} ${ratio} ${rate}`);
    return us;
  };
  return {
    signatureUs: row('one P-256 signature', signature),
    grantedUs: row('one certificate, votes taken for granted', issuanceCost(idealScheme)),
    checkedUs: row(`one certificate, ${votes} Ed25519 votes checked`, issuanceCost(ed25519)),
  };
}

const load1 = (): string => (loadavg()[0] ?? 0).toFixed(1);
say(`load average ${load1()}`);
const alone = sayPlain(signatureCost());
const onDiskPerSecond = await perSecondOnDisk(ed25519);
const onDisk = `by the clock, journal and log on disk, ${outstanding} at a time`;
say(`${onDisk}: ${onDiskPerSecond.toFixed(0)}/s`);
const runs = values.plain ? [] : await allRuns();
if (runs.length > 0) sayTable(runs, alone.signatureUs);
say(`load average ${load1()}`);
if (values.json !== undefined) {
  writeFileSync(values.json, `${JSON.stringify({ alone, onDiskPerSecond, runs }, null, 2)}\n`);
}
