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

/** One thing the messages say, whole, and whether they contradict each other in it. */
export interface ContradictionRow {
  readonly label: string;
  /** One for each message. */
  readonly values: readonly string[];
  readonly differs: boolean;
}

/** Signed messages side by side: every field, the digest of what was signed, the signature. */
export function contradictionRows(
  messages: readonly EvidenceMessage[],
): readonly ContradictionRow[] {
  const labels = [...new Set(messages.flatMap((message) => Object.keys(message.fields)))];
  const rows: readonly [string, readonly string[]][] = [
    ['message', messages.map(({ type }) => type)],
    ...labels.map((label): [string, readonly string[]] => {
      return [label, messages.map(({ fields }) => show(fields[label]))];
    }),
    ['SHA-256', messages.map(({ payload }) => digestOf(payload))],
    ['signature', messages.map(({ signature }) => signature)],
  ];
  return rows.map(([label, values]) => {
    const differs = messages.length > 1 && new Set(values).size > 1 && label !== 'message';
    return { label, values, differs };
  });
}

function sideBySide(messages: readonly EvidenceMessage[], paint: Paint): readonly string[] {
  if (messages.length === 0) return [];
  return contradictionRows(messages).map(({ label, values, differs }) => {
    const isHex = label === 'SHA-256' || label === 'signature';
    const mark = differs ? paint('bad', '≠') : ' ';
    const cells = values
      .map((value) => (isHex && value.length > 32 ? `${value.slice(0, 32)}…` : printable(value)))
      .map((value) => pad(cut(value, valueWidth), valueWidth));
    return `${mark} ${pad(cut(label, labelWidth), labelWidth)}${cells.join('  ')}`.trimEnd();
  });
}

function show(value: string | number | undefined): string {
  return value === undefined ? '-' : String(value);
}

/** Of the payload the signature covers. */
function digestOf(payloadHex: string): string {
  const bytes = fromHex(payloadHex);
  return bytes === null ? '-' : toHex(sha256(bytes));
}
