import { limits } from '../limits.ts';
import { encodeExtraData, encodeLeaf } from './entry.ts';
import { encodeSignature } from './log-key.ts';
import type { TransparencyLog } from './transparency-log.ts';

/**
 * The answers of RFC 6962 §4, as the JSON objects they are: numbers and base64, field names the
 * RFC's. Parameters come as the query string has them, or absent. `add-chain` and `add-pre-chain`
 * (§4.1, §4.2) are not offered: this log takes what its own authority issues and nothing else.
 */
export type LogAnswer<T> =
  | Found<T>
  /** 400 for what was asked wrongly, 404 for what is not in the log; `detail` for people. */
  | { readonly ok: false; readonly status: 400 | 404; readonly detail: string };

interface Found<T> {
  readonly ok: true;
  readonly body: T;
}

/** The log and the certificates above its entries: `issuerChain` from the issuer up to the root. */
export interface AnsweringLog {
  readonly log: TransparencyLog;
  /** DER, at least one; the last is the root. */
  readonly issuerChain: readonly Uint8Array[];
}

/** A query parameter as it came. */
export type Parameter = string | undefined;

export interface TreeHeadBody {
  readonly tree_size: number;
  readonly timestamp: number;
  readonly sha256_root_hash: string;
  readonly tree_head_signature: string;
}

/** §4.3. */
export function getSth({ log }: AnsweringLog): Found<TreeHeadBody> {
  const { treeSize, timestampMs, rootHash, signature } = log.head();
  return found({
    tree_size: treeSize,
    timestamp: timestampMs,
    sha256_root_hash: base64(rootHash),
    tree_head_signature: base64(encodeSignature(signature)),
  });
}

/** §4.4: that the tree of `first` leaves is the beginning of the tree of `second`. */
export function getSthConsistency(
  { log }: AnsweringLog,
  query: { readonly first: Parameter; readonly second: Parameter },
): LogAnswer<{ readonly consistency: readonly string[] }> {
  const first = numberIn('first', query.first, 0, log.size);
  if (!first.ok) return first;
  const second = numberIn('second', query.second, first.body, log.size);
  if (!second.ok) return second;
  return found({ consistency: log.consistencyPath(first.body, second.body).map(base64) });
}

/** §4.5: where the leaf with this hash stands in the tree of `tree_size` leaves. */
export function getProofByHash(
  { log }: AnsweringLog,
  query: { readonly hash: Parameter; readonly tree_size: Parameter },
): LogAnswer<{ readonly leaf_index: number; readonly audit_path: readonly string[] }> {
  const hash = hashIn(query.hash);
  if (!hash.ok) return hash;
  const size = numberIn('tree_size', query.tree_size, 1, log.size);
  if (!size.ok) return size;
  const index = log.indexOf(hash.body);
  if (index === null || index >= size.body) {
    return refused(404, `hash: no such leaf among the first ${size.body}`);
  }
  return found({
    leaf_index: index,
    audit_path: log.inclusionPath(index, size.body).map(base64),
  });
}

export interface EntryBody {
  readonly leaf_input: string;
  readonly extra_data: string;
}

/** §4.6: entries `start` to `end` (included), from the first on as many as one answer holds. */
export function getEntries(
  answering: AnsweringLog,
  query: { readonly start: Parameter; readonly end: Parameter },
): LogAnswer<{ readonly entries: readonly EntryBody[] }> {
  const { log } = answering;
  const start = numberIn('start', query.start, 0, log.size - 1);
  if (!start.ok) return start;
  const end = numberIn('end', query.end, start.body, Number.MAX_SAFE_INTEGER);
  if (!end.ok) return end;
  const last = Math.min(end.body, log.size - 1, start.body + limits.logEntriesPerAnswer - 1);
  const entries: EntryBody[] = [];
  for (let index = start.body; index <= last; index++) entries.push(entryBody(answering, index));
  return found({ entries });
}

/** §4.7: the certificates an entry's chain may end in. */
export function getRoots({
  issuerChain,
}: AnsweringLog): Found<{ readonly certificates: readonly string[] }> {
  return found({ certificates: issuerChain.slice(-1).map(base64) });
}

/** §4.8: one entry and its path in the tree of `tree_size` leaves. */
export function getEntryAndProof(
  answering: AnsweringLog,
  query: { readonly leaf_index: Parameter; readonly tree_size: Parameter },
): LogAnswer<EntryBody & { readonly audit_path: readonly string[] }> {
  const { log } = answering;
  const size = numberIn('tree_size', query.tree_size, 1, log.size);
  if (!size.ok) return size;
  const index = numberIn('leaf_index', query.leaf_index, 0, size.body - 1);
  if (!index.ok) return index;
  return found({
    ...entryBody(answering, index.body),
    audit_path: log.inclusionPath(index.body, size.body).map(base64),
  });
}

function entryBody({ log, issuerChain }: AnsweringLog, index: number): EntryBody {
  const entry = log.entry(index);
  return {
    leaf_input: base64(encodeLeaf(entry)),
    extra_data: base64(encodeExtraData(entry.precertificate, issuerChain)),
  };
}

function found<T>(body: T): Found<T> {
  return { ok: true, body };
}

function refused(
  status: 400 | 404,
  detail: string,
): { ok: false; status: 400 | 404; detail: string } {
  return { ok: false, status, detail };
}

function base64(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('base64');
}

/** A decimal number in a range, or why it is none. */
function numberIn(name: string, text: Parameter, least: number, most: number): LogAnswer<number> {
  const allowed = `a whole number from ${least} to ${most}`;
  if (text === undefined) return refused(400, `${name}: missing; ${allowed}`);
  const value = /^(0|[1-9][0-9]{0,15})$/.test(text) ? Number(text) : Number.NaN;
  if (most < least) return refused(400, `${name}: the log is empty`);
  if (value >= least && value <= most && Number.isSafeInteger(value)) return found(value);
  return refused(400, `${name}: ${JSON.stringify(text.slice(0, 32))}; ${allowed}`);
}

/** 32 bytes in base64; a space is a plus that a form decoder took for one. */
function hashIn(text: Parameter): LogAnswer<Uint8Array> {
  if (text === undefined) return refused(400, 'hash: missing; 32 bytes in base64');
  const bytes = new Uint8Array(Buffer.from(text.slice(0, 64).replaceAll(' ', '+'), 'base64'));
  const again = base64(bytes);
  return bytes.length === 32 && again === text.replaceAll(' ', '+')
    ? found(bytes)
    : refused(400, `hash: ${JSON.stringify(text.slice(0, 64))}; 32 bytes in base64`);
}
