import { createHash, X509Certificate } from 'node:crypto';
import { encode, type RecordType } from 'dns-packet';
import { describe, expect, test } from 'vitest';
import {
  answerQuery,
  keepZone,
  readQuery,
  writeReply,
  Zone,
  zoneDefaults,
} from '../../../src/trustchain/dns/index.ts';
import { limits } from '../../../src/trustchain/dns/limits.ts';
import { type Rcode, rcodes } from '../../../src/trustchain/dns/reply.ts';
import { clock, nowMs } from '../fake-cluster.ts';
import { fixture, look, said } from './fixtures.ts';

const hourMs = 60 * 60 * 1000;

function keyDigestOf(pem: string): string {
  const spki = new X509Certificate(pem).publicKey.export({ format: 'der', type: 'spki' });
  return createHash('sha256').update(spki).digest('hex');
}

test('A name has the addresses of its certificate, the key as TLSA 3 1 1, and CAA', () => {
  const { zone, issue, authority } = fixture({ allowWildcards: false });
  const serial = issue(['host.mesh'], ['127.0.0.9', 'fd00::9', 'fd00::a']);
  expect(said(look(zone, 'host.mesh', 'A'))).toEqual(['"127.0.0.9"']);
  expect(said(look(zone, 'host.mesh', 'AAAA'))).toEqual(['"fd00::9"', '"fd00::a"']);
  const [tlsa] = look(zone, '_443._tcp.host.mesh', 'TLSA').answers ?? [];
  expect(tlsa).toMatchObject({
    name: '_443._tcp.host.mesh',
    data: { usage: 3, selector: 1, matchingType: 1 },
  });
  const pem = authority.store.get(serial)?.pem ?? '';
  const certificate = tlsa?.type === 'TLSA' ? tlsa.data.certificate.toString('hex') : null;
  expect(certificate).toBe(keyDigestOf(pem));
  expect(look(zone, 'host.mesh', 'CAA').answers).toMatchObject([
    { data: { tag: 'issue', value: 'trustchain.mesh' } },
    { data: { tag: 'issuewild', value: ';' } },
  ]);
});

test('The origin has SOA and NS, and the name server an address', () => {
  const { zone } = fixture();
  const [soa] = look(zone, 'mesh', 'SOA').answers ?? [];
  expect(soa).toMatchObject({
    type: 'SOA',
    data: { mname: 'ns.trustchain.mesh', rname: 'hostmaster.mesh', minimum: 15 },
  });
  expect(said(look(zone, 'mesh', 'NS'))).toEqual(['"ns.trustchain.mesh"']);
  expect(said(look(zone, 'ns.trustchain.mesh', 'A'))).toEqual(['"127.0.0.53"']);
  expect(said(look(zone, 'ns.trustchain.mesh', 'AAAA'))).toEqual([]);
});

const denials: [why: string, name: string, type: RecordType, rcode: Rcode][] = [
  ['a name that no certificate is for', 'other.mesh', 'A', 'nameError'],
  ['a name below one that is certified', 'below.host.a.mesh', 'A', 'nameError'],
  ['a port that there is not', '_70000._tcp.host.a.mesh', 'TLSA', 'nameError'],
  ['a port of a name that there is not', '_443._tcp.other.mesh', 'TLSA', 'nameError'],
  ['a protocol that there is not', '_443._icmp.host.a.mesh', 'TLSA', 'nameError'],
  ['a type the name has not', 'host.a.mesh', 'AAAA', 'noError'],
  ['a type nobody has', 'host.a.mesh', 'MX', 'noError'],
  ['a name between two that exist', 'a.mesh', 'A', 'noError'],
  ['the protocol above a port', '_tcp.host.a.mesh', 'TLSA', 'noError'],
  ['an address of a port', '_443._tcp.host.a.mesh', 'A', 'noError'],
];
test.each(denials)('Asked for %s it says so, with the SOA', (_why, name, type, rcode) => {
  const { zone, issue } = fixture();
  issue(['host.a.mesh'], ['127.0.0.9']);
  const answer = look(zone, name, type);
  expect(answer.answers).toEqual([]);
  expect(answer.rcode).toBe(rcode === 'nameError' ? 'NXDOMAIN' : 'NOERROR');
  expect(answer.flag_aa).toBe(true);
  expect(answer.authorities).toMatchObject([{ type: 'SOA', name: 'mesh', ttl: 15 }]);
});

test.each(['example.com', 'mesh.example', 'amesh', ''])('Refuses %j, which is not its', (name) => {
  const answer = look(fixture().zone, name, 'A');
  expect(answer).toMatchObject({ rcode: 'REFUSED', flag_aa: false, answers: [], authorities: [] });
});

test.each(['AXFR', 'IXFR'] as const)('Refuses to transfer the zone by %s', (type) => {
  expect(look(fixture().zone, 'mesh', type).rcode).toBe('REFUSED');
});

test('Asked for ANY it says what RFC 8482 lets it say', () => {
  const { zone, issue } = fixture();
  issue(['host.mesh'], ['127.0.0.9']);
  const query = Buffer.from(
    encode({ type: 'query', questions: [{ name: 'host.mesh', type: 'A' }] }),
  );
  query.writeUInt16BE(255, query.length - 4);
  const read = readQuery(query);
  const answers = read.type === 'query' ? answerQuery(zone, read.query, nowMs).answers : [];
  expect(answers).toMatchObject([{ type: 'HINFO', data: { cpu: 'RFC8482' } }]);
});

test('Upper and lower case are one name, and the question comes back as it was asked', () => {
  const { zone, issue } = fixture();
  issue(['host.mesh'], ['127.0.0.9']);
  const answer = look(zone, 'HoSt.MESH', 'A');
  expect(said(answer)).toEqual(['"127.0.0.9"']);
  expect(answer.questions).toMatchObject([{ name: 'HoSt.MESH' }]);
});

describe('A wildcard certificate', () => {
  test('speaks for one label below it, and only where nothing is known by name', () => {
    const { zone, issue } = fixture({ allowWildcards: true });
    issue(['*.a.mesh'], ['127.0.0.1']);
    issue(['named.a.mesh'], ['127.0.0.2']);
    expect(said(look(zone, 'any.a.mesh', 'A'))).toEqual(['"127.0.0.1"']);
    expect(said(look(zone, '*.a.mesh', 'A'))).toEqual(['"127.0.0.1"']);
    expect(said(look(zone, '_443._tcp.any.a.mesh', 'TLSA'))).toHaveLength(1);
    expect(said(look(zone, 'named.a.mesh', 'A'))).toEqual(['"127.0.0.2"']);
    expect(look(zone, 'two.labels.a.mesh', 'A').rcode).toBe('NXDOMAIN');
    expect(look(zone, 'a.mesh', 'A').rcode).toBe('NOERROR');
    expect(look(zone, 'any.a.mesh', 'CAA').answers).toMatchObject([{ data: { tag: 'issue' } }]);
  });
});

describe('Records follow the certificates', () => {
  test('they go with the revocation, and those of another certificate stay', () => {
    const { zone, issue, authority } = fixture();
    const first = issue(['host.mesh'], ['127.0.0.1']);
    issue(['host.mesh'], ['127.0.0.2']);
    expect(said(look(zone, 'host.mesh', 'A'))).toEqual(['"127.0.0.1"', '"127.0.0.2"']);
    const before = zone.serial;
    authority.revocations.revoke(first, 'superseded', { by: 'operator' }, () => undefined);
    expect(said(look(zone, 'host.mesh', 'A'))).toEqual(['"127.0.0.2"']);
    expect(zone.serial).toBeGreaterThan(before);
  });

  test('they go at the end of its life, and are not to be kept beyond it', () => {
    const { zone, issue } = fixture();
    issue(['host.a.mesh'], ['127.0.0.1']);
    const endMs = nowMs - 250 + 24 * hourMs;
    expect(look(zone, 'host.a.mesh', 'A', endMs - 5000).answers).toMatchObject([{ ttl: 5 }]);
    expect(look(zone, 'host.a.mesh', 'A', endMs + 1).rcode).toBe('NXDOMAIN');
    expect(look(zone, 'a.mesh', 'A', endMs + 1).rcode).toBe('NXDOMAIN');
    expect(zone.size).toBe(0);
  });

  test('a zone that is made later knows what was issued and what was revoked', () => {
    const { issue, authority } = fixture();
    const gone = issue(['gone.mesh'], ['127.0.0.1']);
    issue(['here.mesh'], ['127.0.0.1']);
    authority.revocations.revoke(gone, 'superseded', { by: 'operator' }, () => undefined);
    const zone = new Zone({ ...zoneDefaults, nameServerAddresses: [] });
    keepZone(zone, authority, clock);
    expect(look(zone, 'here.mesh', 'A').rcode).toBe('NOERROR');
    expect(look(zone, 'gone.mesh', 'A').rcode).toBe('NXDOMAIN');
  });
});

test('Of one type there are so many records, those of the newest certificates', () => {
  const { zone } = fixture();
  for (let i = 0; i < limits.recordsPerSet + 2; i++) {
    const host = { dnsNames: ['busy.mesh'], addresses: [], keyDigest: new Uint8Array(32).fill(i) };
    zone.add(`serial-${i}`, host, nowMs + hourMs, nowMs);
  }
  const records = look(zone, 'busy.mesh', 'TLSA').answers ?? [];
  expect(records).toHaveLength(limits.recordsPerSet);
  const [newest] = records;
  const key = newest?.type === 'TLSA' ? newest.data.certificate : null;
  expect(key?.[0]).toBe(limits.recordsPerSet + 1);
});

test('An unknown EDNS version is answered with BADVERS, without a word on the name', () => {
  const { zone, issue } = fixture();
  issue(['host.mesh'], ['127.0.0.1']);
  const query = Buffer.concat([
    encode({ type: 'query', id: 7, questions: [{ name: 'host.mesh', type: 'A' }] }),
    // OPT, 1232 octets, extended rcode 0, version 1, no flags, no options.
    Buffer.from([0, 0, 41, 4, 208, 0, 1, 0, 0, 0, 0]),
  ]);
  query.writeUInt16BE(1, 10);
  const read = readQuery(query);
  if (read.type !== 'query') throw new Error(read.type);
  const reply = answerQuery(zone, read.query, nowMs);
  expect(reply).toMatchObject({ rcode: 'badVersion', answers: [] });
  const bytes = Buffer.from(writeReply(read.query, reply, 512));
  expect(rcodes.badVersion).toBe((bytes.at(-6)! << 4) | (bytes[3]! & 15));
});
