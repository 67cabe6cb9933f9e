/**
 * Every behaviour, by exactly f replicas, alone and in pairs, in virtual time: all must pass.
 *
 * `npm run gauntlet -- [--replicas 4,5,7,8,10] [--alone] [--only PATTERN] [--json FILE]`
 *
 * One line for each behaviour or pair, a column for each size: the verdict, how fast liars were
 * caught (milliseconds and messages since two correct replicas had the parts of a proof between
 * them; `-`: nothing that proves itself), and the throughput relative to no fault. Exits with 1
 * unless every cell passed.
 */
import { writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { type BehaviourName, behaviourNames } from '../src/scenario/scenario.ts';
import { type Cell, runCell } from './gauntlet/run-cell.ts';

const { values } = parseArgs({
  options: {
    replicas: { type: 'string', default: '4,5,7,8,10' },
    alone: { type: 'boolean', default: false },
    only: { type: 'string', default: '' },
    json: { type: 'string' },
  },
});
const sizes = values.replicas.split(',').map(Number);
const wanted = new RegExp(values.only);

function casts(): BehaviourName[][] {
  const alone = behaviourNames.map((name) => [name]);
  if (values.alone) return alone;
  const pairs = behaviourNames.flatMap((first, i) =>
    behaviourNames.slice(i + 1).map((second) => [first, second]),
  );
  return [...alone, ...pairs];
}

function show(cell: Cell, freeMs: number): string {
  if (cell.verdict !== 'passed') return cell.verdict.toUpperCase();
  const { detectedMs, detectedMessages, answeredMs } = cell;
  const caught = detectedMs === null ? '-' : `${Math.round(detectedMs)}ms/${detectedMessages}`;
  const share = answeredMs === null ? 0 : Math.round((100 * freeMs) / answeredMs);
  return `${caught} ${share}%${cell.recovered ? '' : ' apart'}`;
}

const free = new Map(sizes.map((n) => [n, runCell(n, []).answeredMs ?? 0]));
const cells: Cell[] = [];
process.stdout.write(`${''.padEnd(36)}${sizes.map((n) => `n = ${n}`.padEnd(18)).join('')}\n`);
for (const cast of casts().filter((names) => wanted.test(names.join('+')))) {
  const row = sizes.map((n) => runCell(n, cast));
  cells.push(...row);
  const shown = row.map((cell) => show(cell, free.get(cell.n) ?? 0).padEnd(18));
  process.stdout.write(`${`${cast.join('+')}`.padEnd(36)}${shown.join('')}\n`);
}
const failed = cells.filter(({ verdict }) => verdict !== 'passed');
process.stdout.write(`${cells.length - failed.length} of ${cells.length} passed\n`);
if (values.json !== undefined) {
  writeFileSync(values.json, `${JSON.stringify({ free: [...free], cells }, null, 1)}\n`);
}
process.exitCode = failed.length === 0 ? 0 : 1;
