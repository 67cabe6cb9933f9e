import { escapeHtml } from './escape.ts';
import type { PackedRequest } from './packed.ts';

export const requestColumns = [
  'name',
  'client',
  'outcome',
  'broken',
  'space',
  'stake',
  'work',
  'time',
  'sequence',
  'latency',
  'answered',
  'serial',
] as const;
export type RequestColumn = (typeof requestColumns)[number];

const proofs: readonly string[] = ['space', 'stake', 'work', 'time'];

/** Those that contain every word of `text`, and have the outcome (empty: any). */
export function chosenRequests(
  requests: readonly PackedRequest[],
  text: string,
  outcome: string,
): readonly PackedRequest[] {
  const words = text.toLowerCase().split(/\s+/).filter(Boolean);
  return requests.filter((request) => {
    if (outcome !== '' && request.outcome !== outcome) return false;
    if (words.length === 0) return true;
    const { name, broken, serial, sequence, failures } = request;
    const reasons = failures.map(({ proof, reason }) => `${proof} ${reason}`);
    const own = [name, request.outcome, broken ?? '', serial ?? '', `sequence=${sequence}`];
    const all = [...own, ...reasons].join(' ').toLowerCase();
    return words.every((word) => all.includes(word));
  });
}

/** A sorted copy; what is unknown stands last in either direction. */
export function sortedRequests(
  requests: readonly PackedRequest[],
  column: RequestColumn,
  descending: boolean,
): readonly PackedRequest[] {
  return [...requests].sort((a, b) => {
    const [x, y] = [keyOf(a, column), keyOf(b, column)];
    if (x === null || y === null) return Number(x === null) - Number(y === null);
    const order =
      typeof x === 'number' && typeof y === 'number' ? x - y : compareText(String(x), String(y));
    return descending ? -order : order;
  });
}

/** `host-10` after `host-9`. */
function compareText(a: string, b: string): number {
  return a.localeCompare(b, 'en', { numeric: true });
}

function keyOf(request: PackedRequest, column: RequestColumn): string | number | null {
  switch (column) {
    case 'name':
    case 'client':
    case 'outcome':
    case 'broken':
    case 'serial':
    case 'sequence':
      return request[column];
    case 'latency':
      return request.latencyMs;
    case 'answered':
      return request.answeredMs;
    default:
      return proofState(request, column);
  }
}

/**
 * An issued certificate had all four; a refusal names those that failed. Null: not known, or there
 * were none, as in operations that ask for no certificate.
 */
export function proofState(request: PackedRequest, proof: string): 'valid' | 'failed' | null {
  if (request.outcome === 'issued') return request.serial === null ? null : 'valid';
  return request.failures.some((failure) => failure.proof === proof) ? 'failed' : null;
}

/** One `tr`. Everything that comes from the run is escaped. */
export function requestRow(request: PackedRequest): string {
  const { name, client, outcome, broken, sequence, latencyMs, answeredMs } = request;
  const word = { issued: 'issued', rejected: 'refused', pending: 'pending' }[outcome];
  return [
    `<tr class="${outcome}"><th scope="row">${escapeHtml(name)}</th>`,
    `<td class="number">${client}</td>`,
    `<td><span class="outcome">${word}</span></td>`,
    `<td>${broken === null ? '' : escapeHtml(broken)}</td>`,
    ...proofs.map((proof) => proofCell(request, proof)),
    `<td class="number">${sequence ?? ''}</td>`,
    `<td class="number">${latencyMs === null ? '' : showNumber(latencyMs)}</td>`,
    `<td class="number">${answeredMs === null ? '' : showNumber(answeredMs)}</td>`,
    `${serialOrReasons(request)}</tr>`,
  ].join('');
}

/** The whole serial is there to be copied; a row shows its beginning. */
function serialOrReasons({ serial, failures }: PackedRequest): string {
  if (serial !== null) return `<td class="digest"><span>${escapeHtml(serial)}</span></td>`;
  const reasons = failures.map(({ proof, reason, measured, required }) => {
    const numbers = measured === '' ? '' : ` (${measured}, wanted ${required})`;
    return `${proof}: ${reason}${numbers}`;
  });
  return `<td class="why">${escapeHtml(reasons.join('; '))}</td>`;
}

function proofCell(request: PackedRequest, proof: string): string {
  const state = proofState(request, proof);
  if (state === null) return '<td class="proof"><span class="unknown">–</span></td>';
  return `<td class="proof"><span class="${state}">${state}</span></td>`;
}

function showNumber(value: number): string {
  return value.toFixed(value < 10 ? 1 : 0);
}
