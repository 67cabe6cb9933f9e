import { type Answer, AUTHORITATIVE_ANSWER, encode, TRUNCATED_RESPONSE } from 'dns-packet';
import { concatBytes } from '../../base/bytes.ts';
import { limits } from './limits.ts';
import type { DnsQuery, QueryFault } from './query.ts';

/** RFC 1035 §4.1.1 and RFC 6891 §9. */
export const rcodes = {
  noError: 0,
  formatError: 1,
  serverFailure: 2,
  nameError: 3,
  notImplemented: 4,
  refused: 5,
  badVersion: 16,
} as const;
export type Rcode = keyof typeof rcodes;

/** A record of a zone of ours, as dns-packet writes it. */
export type DnsRecord = Exclude<Answer, { type: 'OPT' }>;

export interface Reply {
  readonly rcode: Rcode;
  /** Spoken for a zone of ours. */
  readonly authoritative: boolean;
  readonly answers: readonly DnsRecord[];
  /** The SOA beside a denial (RFC 2308 §3). */
  readonly authorities: readonly DnsRecord[];
}

const headerBytes = 12;
const recursionDesiredBit = 0x0100;
const responseBit = 0x8000;
const dnssecOkBit = 0x8000;

/** Octets that the answer to this query may have over UDP. */
export function udpBytesFor({ edns }: DnsQuery): number {
  const wanted = edns?.udpBytes ?? limits.plainUdpBytes;
  return Math.min(Math.max(wanted, limits.plainUdpBytes), limits.udpBytes);
}

/**
 * The answer in at most `maxBytes` octets; one that does not fit is empty and has the TC bit, so
 * that the client asks again over TCP (RFC 2181 §9).
 */
export function writeReply(query: DnsQuery, reply: Reply, maxBytes: number): Uint8Array {
  const whole = write(query, reply, 0);
  return whole.length <= maxBytes ? whole : writeTruncated(query);
}

/** No records, no matter which there are: as long as the question, so nothing to amplify with. */
export function writeTruncated(query: DnsQuery): Uint8Array {
  const empty: Reply = { rcode: 'noError', authoritative: true, answers: [], authorities: [] };
  return write(query, empty, TRUNCATED_RESPONSE);
}

function write(query: DnsQuery, reply: Reply, truncated: number): Uint8Array {
  const rcode = rcodes[reply.rcode];
  const authoritative = reply.authoritative ? AUTHORITATIVE_ANSWER : 0;
  const desired = query.recursionDesired ? recursionDesiredBit : 0;
  const packet = encode({
    type: 'response',
    id: query.id,
    flags: authoritative | truncated | desired | (rcode & 15),
    answers: [...reply.answers],
    authorities: [...reply.authorities],
    additionals: query.edns === null ? [] : [optRecord(query.edns.dnssecOk, rcode >> 4)],
  });
  // The question goes back as it came: clients compare its case too (draft-vixie-dnsext-dns0x20).
  const header = packet.subarray(0, headerBytes);
  header.writeUInt16BE(1, 4);
  return concatBytes(header, query.question, packet.subarray(headerBytes));
}

function optRecord(dnssecOk: boolean, extendedRcode: number): Answer {
  return {
    type: 'OPT',
    name: '.',
    udpPayloadSize: limits.udpBytes,
    extendedRcode,
    ednsVersion: 0,
    flags: dnssecOk ? dnssecOkBit : 0,
    flag_do: dnssecOk,
    options: [],
  };
}

/** Twelve octets: never longer than what they answer. */
export function writeFault({ id, opcode, recursionDesired, reason }: QueryFault): Uint8Array {
  const bytes = new Uint8Array(headerBytes);
  const view = new DataView(bytes.buffer);
  const desired = recursionDesired ? recursionDesiredBit : 0;
  view.setUint16(0, id);
  view.setUint16(2, responseBit | (opcode << 11) | desired | rcodes[reason]);
  return bytes;
}
