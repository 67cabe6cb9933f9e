import { type BenchResult, type StageName, stageNames } from '../cluster/bench/result.ts';
import { type ThreadKind, threadKinds } from '../cluster/bench/thread-times.ts';
import type { Paint } from './paint.ts';
import { plural, showCount, showMs } from './quantities.ts';
import { formatTable } from './table.ts';

/** What a measurement gave, for people. Ends without a newline. */
export function formatBench(result: BenchResult, paint: Paint): string {
  const { throughputPerSecond, latencyMs, errors, verifiedAnswers, seconds } = result;
  const { p50, p90, p99, max } = latencyMs;
  const what = result.work === 'validations' ? 'validations' : 'operations';
  const share = `${(result.shareOfLimit * 100).toFixed(0)} %`;
  const wrong = Object.entries(result.errorsByReason).map(([why, count]) => `${count} ${why}`);
  return [
    paint('strong', `${showCount(throughputPerSecond)} ${what} per second`) +
      ` over ${seconds.toFixed(1)} s${result.partial ? paint('warn', ' (interrupted)') : ''}`,
    `latency: p50 ${showMs(p50)}, p90 ${showMs(p90)}, p99 ${showMs(p99)}, max ${showMs(max)}`,
    `${plural(verifiedAnswers, 'certificate')} checked, ` +
      (errors === 0
        ? 'no errors'
        : paint('bad', `${plural(errors, 'error')}: ${wrong.join(', ')}`)),
    ...(result.work === 'validations' ? [`${share} of ${limitOf(result)}`] : []),
    paint('faint', circumstancesOf(result)),
  ].join('\n');
}

function limitOf({ limitPerSecond, yardstick, replicas }: BenchResult): string {
  const { cores, verifyUs, hashes, hashUs, requestBatch } = yardstick;
  const signature = requestBatch === 1 ? 'one signature' : `1/${requestBatch} of a signature`;
  return (
    `${showCount(limitPerSecond)} per second: ${plural(cores, 'core')} ÷ ${replicas} replicas ÷ ` +
    `(${signature}, ${verifyUs.toFixed(0)} µs, and ${hashes} hashes of ${hashUs.toFixed(2)} µs)`
  );
}

function circumstancesOf(result: BenchResult): string {
  const { replicas, clients, storage, workBits, meanBatch, requestBytes } = result;
  const { requestBatch } = result;
  const { cpuUsPerRequest, coresUsed, ratePerSecond } = result;
  const asked =
    ratePerSecond === null
      ? `${clients} clients, each with one request in flight`
      : `${showCount(ratePerSecond)} requests per second, latency from when each was due`;
  const work = result.work === 'validations' ? `, ${workBits} bit of work` : '';
  const together = requestBatch === 1 ? '' : `, ${requestBatch} under one signature`;
  return [
    `${replicas} replicas, ${asked}, ${doorOf(result)}; journal ${journalOf(storage)}`,
    `requests of ${requestBytes} bytes${work}${together}; ${showCount(meanBatch)} ` +
      `${requestBatch === 1 ? '' : 'operations '}in a batch`,
    `CPU per request: ${showCount(cpuUsPerRequest.replicas)} µs on all replicas, ` +
      `${showCount(cpuUsPerRequest.clients)} µs on clients; ${coresUsed} cores used`,
  ].join('\n');
}

function doorOf({ via, links }: BenchResult): string {
  return via === 'http' ? "over HTTP at the nodes' doors" : plural(links, 'link');
}

function journalOf(storage: BenchResult['storage']): string {
  return storage === 'level' ? 'on disk, synced' : 'in memory';
}

const meanings: Readonly<Record<StageName, string>> = {
  decode: 'frames into messages',
  verify: 'signatures of replicas, and of requests where no thread checks them',
  proofs: 'the four proofs and the signature of each request, on threads and at execution',
  consensus: 'steps of the protocol',
  sign: 'votes signed',
  journal: 'records sealed and handed to the disk; not the wait for it',
  execute: 'the ledger, without the proofs',
  encode: 'messages into frames',
  send: 'frames joined and handed to the links',
  rest: 'links and their ciphers, timers, garbage',
};

const threadMeanings: Readonly<Record<ThreadKind, string>> = {
  main: 'the stages above and the rest',
  checks: 'threads that check proofs; none where replicas outnumber cores',
  engine: 'compiling JavaScript, collecting garbage',
  disk: 'journal writes and their syncs',
  other: 'threads without a known name',
};

/** Where a replica's time goes, per request: by stage, and by thread. */
export function formatProfile(result: BenchResult): string {
  return `${formatStages(result)}\n\n${formatThreads(result)}`;
}

function formatThreads({ cpuUsByThread }: BenchResult): string {
  const total = threadKinds.reduce((sum, kind) => sum + cpuUsByThread[kind], 0);
  const rows = threadKinds.map((kind) => {
    const share = total === 0 ? 0 : (cpuUsByThread[kind] / total) * 100;
    return [kind, cpuUsByThread[kind].toFixed(1), `${share.toFixed(0)} %`, threadMeanings[kind]];
  });
  const right = 'right' as const;
  return formatTable(
    [
      { title: 'thread' },
      { title: 'CPU µs', align: right },
      { title: 'share', align: right },
      { title: 'of all replicas, for one request' },
    ],
    rows,
  ).join('\n');
}

function formatStages({ stages }: BenchResult): string {
  const total = stageNames.reduce((sum, stage) => sum + stages[stage], 0);
  const rows = stageNames.map((stage) => {
    const share = total === 0 ? 0 : (stages[stage] / total) * 100;
    return [stage, stages[stage].toFixed(1), `${share.toFixed(0)} %`, meanings[stage]];
  });
  rows.push(['all', total.toFixed(1), '100 %', 'by the wall: waits for a core are in it']);
  const right = 'right' as const;
  return formatTable(
    [
      { title: 'stage' },
      { title: 'µs', align: right },
      { title: 'share', align: right },
      { title: 'of one replica, for one request' },
    ],
    rows,
  ).join('\n');
}
