import { fromHex, toHex } from '../base/bytes.ts';
import { sha256 } from '../base/digest.ts';
import type { Accusation, EvidenceMessage } from '../scenario/result.ts';
import type { Paint } from './paint.ts';
import { showMs, showReplicas } from './quantities.ts';
import { cut, pad, printable } from './table.ts';

const labelWidth = 16;
const valueWidth = 34;

/** Who is accused of what, by whom, and the signed messages side by side, field by field. */
export function formatAccusation(accusation: Accusation, paint: Paint): readonly string[] {
  const { accused, evidence, by, atMs, messages } = accusation;
  const proof = `${evidence}, proved by ${showReplicas(by)} after ${showMs(atMs)}`;
  return [
    `${paint('bad', `replica ${accused}`)}: ${proof}`,
    ...sideBySide(messages, paint).map((line) => `  ${line}`),
  ];
}

function sideBySide(messages: readonly EvidenceMessage[], paint: Paint): readonly string[] {
  if (messages.length === 0) return [];
  const labels = [...new Set(messages.flatMap((message) => Object.keys(message.fields)))];
  const rows = [
    ['message', ...messages.map(({ type }) => type)],
    ...labels.map((label) => [label, ...messages.map(({ fields }) => show(fields[label]))]),
    ['SHA-256', ...messages.map(({ payload }) => showDigest(payload))],
    ['signature', ...messages.map(({ signature }) => `${signature.slice(0, 32)}…`)],
  ];
  return rows.map(([label, ...values]) => {
    const differs = messages.length > 1 && new Set(values).size > 1 && label !== 'message';
    const mark = differs ? paint('bad', '≠') : ' ';
    const cells = values.map((value) => pad(cut(value, valueWidth), valueWidth));
    return `${mark} ${pad(cut(label!, labelWidth), labelWidth)}${cells.join('  ')}`.trimEnd();
  });
}

function show(value: string | number | undefined): string {
  return value === undefined ? '-' : printable(String(value));
}

/** Of the payload the signature covers. */
function showDigest(payloadHex: string): string {
  const bytes = fromHex(payloadHex);
  return bytes === null ? '-' : `${toHex(sha256(bytes)).slice(0, 32)}…`;
}
