/**
 * A cluster of real processes under mixed load for a long time, while its nodes are restarted one
 * after the other, or killed (SIGKILL), or the primary of the moment is frozen for four seconds.
 * Prints what was answered, what was not and why, and whether everything that was acknowledged is
 * still there; draws memory over time where told to (`--picture bench/soak.svg`).
 *
 *   node bench/soak.ts [--for 30m] [--fault terminate|kill|freezePrimary] [--every 45s]
 *                      [--replicas 4] [--picture FILE]
 */
import { spawn } from 'node:child_process';
import { randomBytes, randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { parseDurationMs } from '../src/scenario/quantity.ts';
import { makeCsr } from '../src/trustchain/csr.ts';
import { generateSigningKey } from '../src/trustchain/keys.ts';
import { drawPanels, type Series } from './chart.ts';
import { type FaultKind, faultKinds, inflict, pidOf } from './soak-faults.ts';

const { values } = parseArgs({
  options: {
    for: { type: 'string', default: '30m' },
    fault: { type: 'string', default: 'terminate' },
    every: { type: 'string', default: '45s' },
    picture: { type: 'string' },
    replicas: { type: 'string', default: '4' },
  },
});
const forMs = parseDurationMs(values.for) ?? 1_800_000;
const faultMs = parseDurationMs(values.every) ?? 45_000;
const fault = faultKinds.find((kind) => kind === values.fault);
if (fault === undefined) {
  process.stderr.write(`--fault: found ${values.fault}; allowed: ${faultKinds.join(', ')}\n`);
  process.exit(64);
}
const certificateMs = 500;
/** A node lets an address ask sixty times a minute: a little below that. */
const operationMs = 1_200;
const sampleMs = 10_000;
const patienceMs = 60_000;

interface Line {
  readonly trustchain: string;
  readonly nodes: readonly string[];
  readonly trustchain_pid: number;
}

const directory = mkdtempSync(join(tmpdir(), 'hypermesh-soak-'));
const data = join(directory, 'cluster');
const launcher = resolve(import.meta.dirname, '..', 'scripts', 'hypermesh.js');
const flags = ['--data', data, '--replicas', values.replicas, '--json'];
const cluster = spawn(process.execPath, [launcher, 'cluster', ...flags], {
  stdio: ['ignore', 'pipe', 'inherit'],
});
const gone = once(cluster, 'exit');
const [first] = (await once(cluster.stdout, 'data')) as [Buffer];
const line = JSON.parse(first.toString()) as Line;
const ground = { data, nodes: line.nodes };

/** Answers by what was asked and how it ended. */
const outcomes = new Map<string, number>();
const acknowledged: string[] = [];
const latenciesMs: number[] = [];
let faults = 0;

function count(what: string): void {
  outcomes.set(what, (outcomes.get(what) ?? 0) + 1);
}

async function ask(what: string, url: string, body?: object): Promise<Response | null> {
  const begunMs = performance.now();
  try {
    const answer = await fetch(url, {
      signal: AbortSignal.timeout(patienceMs),
      ...(body && {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(body),
      }),
    });
    count(`${what}: ${answer.status}`);
    if (answer.ok) latenciesMs.push(performance.now() - begunMs);
    return answer;
  } catch (error) {
    const { cause } = error as { cause?: { code?: string } };
    count(`${what}: ${cause?.code ?? (error as Error).name}`);
    return null;
  }
}

const chance = (sizeBytes: number) => new Uint8Array(randomBytes(sizeBytes));
const key = generateSigningKey(chance);

/** One in ten is for a name that the policy refuses, one in ten is no request at all. */
async function askCertificate(i: number): Promise<void> {
  const name = i % 10 === 3 ? 'www.not-ours.dev' : `soak-${i}.mesh`;
  const csr = i % 10 === 7 ? 'nonsense' : makeCsr({ key, commonName: name, dnsNames: [name] });
  const body = { csr, request_id: randomUUID() };
  const answer = await ask('certificate', `${line.trustchain}/certificates`, body);
  if (answer?.status === 201) {
    acknowledged.push(((await answer.json()) as { serial: string }).serial);
  } else {
    await answer?.arrayBuffer();
  }
}

async function askOperation(node: string): Promise<void> {
  const operation = `0900000010${randomBytes(16).toString('hex')}`;
  const answer = await ask('operation', `${node}/consensus/operations`, { operation });
  await answer?.arrayBuffer();
}

async function every(ms: number, act: (i: number) => Promise<void>): Promise<void> {
  const under = new Set<Promise<void>>();
  for (let i = 0; performance.now() < endsMs; i++) {
    const one = act(i).finally(() => under.delete(one));
    under.add(one);
    await sleep(ms);
  }
  await Promise.all(under);
}

function residentMiB(pid: number): number {
  try {
    const found = /VmRSS:\s+([0-9]+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'));
    return Number(found?.[1] ?? 0) / 1024;
  } catch {
    return 0; // gone between the two looks
  }
}

const names = [...line.nodes.keys()].map((node) => `node ${node}`);
const memory = new Map<string, { x: number; y: number }[]>();

function sample(): void {
  const minutes = (performance.now() - startedMs) / 60_000;
  const processes: [string, number | null][] = names.map((name, node) => [
    name,
    pidOf(ground, node),
  ]);
  processes.push(['TrustChain', line.trustchain_pid]);
  for (const [name, pid] of processes) {
    const y = pid === null ? 0 : residentMiB(pid);
    if (y > 0) memory.set(name, [...(memory.get(name) ?? []), { x: minutes, y }]);
  }
}

/** The first one comes after one pause. */
async function trouble(kind: FaultKind, i: number): Promise<void> {
  if (i > 0 && (await inflict(kind, i - 1, ground))) faults++;
}

/** Asked again for a minute: the last fault may have been a moment ago. */
async function healthOf(node: string): Promise<unknown> {
  for (let left = 60; ; left--) {
    try {
      const answer = await fetch(`${node}/consensus/health`);
      const health = (await answer.json()) as { readonly status: string };
      if (health.status === 'healthy' || left === 0) return health;
    } catch (error) {
      if (left === 0) return String(error);
    }
    await sleep(1_000);
  }
}

const startedMs = performance.now();
const endsMs = startedMs + forMs;
await Promise.all([
  every(certificateMs, askCertificate),
  ...line.nodes.map((node) => every(operationMs, () => askOperation(node))),
  every(faultMs, (i) => trouble(fault, i)),
  every(sampleMs, async () => sample()),
]);

// Everything that was acknowledged is there, and every node is whole again.
let missing = 0;
for (const serial of acknowledged) {
  const answer = await fetch(`${line.trustchain}/certificates/${serial}`);
  await answer.arrayBuffer();
  if (answer.status !== 200) missing++;
}
const { tree_size } = (await (await fetch(`${line.trustchain}/ct/v1/get-sth`)).json()) as {
  tree_size: number;
};
const health = await Promise.all(line.nodes.map(healthOf));
cluster.kill('SIGINT');
await gone;
rmSync(directory, { recursive: true, force: true });

latenciesMs.sort((a, b) => a - b);
const at = (share: number) => Math.round(latenciesMs[Math.floor(share * latenciesMs.length)] ?? 0);
const say = (text: string) => process.stdout.write(`${text}\n`);
say(`${values.for}, ${faults} times ${fault}, one every ${values.every}`);
for (const [what, times] of [...outcomes].sort()) say(`  ${what.padEnd(28)}${times}`);
say(`latency of what was granted: p50 ${at(0.5)} ms, p90 ${at(0.9)} ms, p99 ${at(0.99)} ms`);
say(`acknowledged certificates: ${acknowledged.length}, missing at the end: ${missing}`);
say(`entries of the log: ${tree_size}`);
say(`health at the end: ${JSON.stringify(health)}`);
for (const [name, points] of memory) {
  const third = Math.floor(points.length / 3);
  const mean = (some: readonly { y: number }[]) =>
    Math.round(some.reduce((sum, { y }) => sum + y, 0) / Math.max(1, some.length));
  const [middle, last] = [points.slice(third, 2 * third), points.slice(2 * third)];
  say(`${name}: ${mean(middle)} MiB in the middle third, ${mean(last)} MiB in the last`);
}

function drawMemory(file: string): void {
  const colours = ['#0072b2', '#009e73', '#d55e00', '#b0558c', '#1b1f24', '#7a6fb0', '#5c7f1f'];
  const series = [...memory].map(([name, points], i): Series => {
    return { name, colour: colours[i % colours.length]!, kind: 'measured', points };
  });
  const most = Math.max(...series.flatMap(({ points }) => points.map(({ y }) => y)));
  const minutes = forMs / 60_000;
  const ticks = (end: number) => [0, 0.25, 0.5, 0.75, 1].map((share) => Math.round(share * end));
  const panel = {
    title: 'Resident memory under load and rolling restarts',
    xName: 'minutes',
    yName: 'MiB',
    xTicks: ticks(minutes),
    yTicks: ticks(Math.ceil(most / 100) * 100),
    format: { x: String, y: String },
    series,
  };
  writeFileSync(file, drawPanels('A cluster in the long run', [panel]));
  say(`picture: ${file}`);
}

if (values.picture !== undefined) drawMemory(values.picture);
