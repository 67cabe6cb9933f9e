import { limits } from './limits.ts';

/** EDNS(0), RFC 6891: what the client says of itself. */
export interface Edns {
  /** The largest answer it takes over UDP. */
  readonly udpBytes: number;
  readonly version: number;
  /** The DO bit (RFC 3225), which an answer repeats. */
  readonly dnssecOk: boolean;
}

export interface DnsQuery {
  readonly id: number;
  readonly recursionDesired: boolean;
  /** Lower case, no trailing dot; null when its octets are no host name of any zone of ours. */
  readonly name: string | null;
  /** Numbers of RFC 1035 §3.2.2 and §3.2.4. */
  readonly type: number;
  readonly class: number;
  /** The question as it came, to be given back octet by octet, upper and lower case as they are. */
  readonly question: Uint8Array;
  /** Null without an OPT record. */
  readonly edns: Edns | null;
}

export type ReadQuery =
  | { readonly type: 'query'; readonly query: DnsQuery }
  /** No answer at all: an answer to an answer would never end. */
  | { readonly type: 'ignored' }
  /** Answered with a bare header. */
  | { readonly type: 'fault'; readonly fault: QueryFault };

export interface QueryFault {
  readonly id: number;
  readonly opcode: number;
  readonly recursionDesired: boolean;
  readonly reason: 'formatError' | 'notImplemented';
}

const headerBytes = 12;
const optType = 41;

/**
 * Reads a query. dns-packet's own reader throws at junk, follows pointers and gives names back as
 * text that is not what came, so it never sees a stranger's octets. Never throws.
 */
export function readQuery(bytes: Uint8Array): ReadQuery {
  if (bytes.length < headerBytes || bytes.length > limits.queryBytes) return { type: 'ignored' };
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const flags = view.getUint16(2);
  if ((flags & 0x8000) !== 0) return { type: 'ignored' };
  const id = view.getUint16(0);
  const opcode = (flags >> 11) & 15;
  const recursionDesired = (flags & 0x0100) !== 0;
  const faulty = (reason: QueryFault['reason']): ReadQuery => {
    return { type: 'fault', fault: { id, opcode, recursionDesired, reason } };
  };
  if (opcode !== 0) return faulty('notImplemented');
  const [questions, answers, authorities] = [4, 6, 8].map((at) => view.getUint16(at));
  const additionals = view.getUint16(10);
  if (questions !== 1 || answers !== 0 || authorities !== 0) return faulty('formatError');
  if (additionals > limits.additionals) return faulty('formatError');
  const end = endOfName(bytes, headerBytes);
  if (end === null || end + 4 > bytes.length) return faulty('formatError');
  const read = readAdditionals(bytes, end + 4, additionals);
  if (read === null) return faulty('formatError');
  const query: DnsQuery = {
    id,
    recursionDesired,
    name: nameAt(bytes, headerBytes, end),
    type: view.getUint16(end),
    class: view.getUint16(end + 2),
    question: bytes.slice(headerBytes, end + 4),
    edns: read.edns,
  };
  return { type: 'query', query };
}

/** Where the uncompressed name at `at` ends; null when there is none, or a pointer in it. */
function endOfName(bytes: Uint8Array, at: number): number | null {
  for (let next = at; ; ) {
    const length = bytes[next];
    if (length === undefined || length > limits.labelBytes) return null;
    next += 1 + length;
    if (next - at > limits.nameBytes || next > bytes.length) return null;
    if (length === 0) return next;
  }
}

const hostLabel = /^[a-z0-9_*-]+$/;

function nameAt(bytes: Uint8Array, at: number, end: number): string | null {
  const labels: string[] = [];
  for (let next = at; next < end - 1; ) {
    const length = bytes[next] as number;
    const label = Buffer.from(bytes.subarray(next + 1, next + 1 + length)).toString('latin1');
    labels.push(label.toLowerCase());
    next += 1 + length;
  }
  // A dot or any other octet inside a label must not be taken for a name of two labels.
  return labels.every((label) => hostLabel.test(label)) ? labels.join('.') : null;
}

/** The OPT record among the additional ones; null when they are not readable to the last octet. */
function readAdditionals(
  bytes: Uint8Array,
  from: number,
  count: number,
): { readonly edns: Edns | null } | null {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  let edns: Edns | null = null;
  let at = from;
  for (let i = 0; i < count; i++) {
    const isRoot = bytes[at] === 0;
    const end = endOfOwner(bytes, at);
    if (end === null || end + 10 > bytes.length) return null;
    const data = end + 10;
    at = data + view.getUint16(end + 8);
    if (at > bytes.length) return null;
    if (view.getUint16(end) !== optType) continue;
    // RFC 6891 §6.1.1: one OPT at most, owned by the root.
    if (edns !== null || !isRoot) return null;
    const udpBytes = view.getUint16(end + 2);
    const dnssecOk = (view.getUint16(end + 6) & 0x8000) !== 0;
    edns = { udpBytes, version: view.getUint8(end + 5), dnssecOk };
  }
  return at === bytes.length ? { edns } : null;
}

/** As {@link endOfName}, but the name may end in a pointer: nobody follows it. */
function endOfOwner(bytes: Uint8Array, at: number): number | null {
  for (let next = at; ; ) {
    const length = bytes[next];
    if (length === undefined) return null;
    if ((length & 0xc0) === 0xc0) return next + 2 <= bytes.length ? next + 2 : null;
    if (length > limits.labelBytes) return null;
    next += 1 + length;
    if (next - at > limits.nameBytes || next > bytes.length) return null;
    if (length === 0) return next;
  }
}
