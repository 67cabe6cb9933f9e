import { execFile, spawnSync } from 'node:child_process';
import { createSocket } from 'node:dgram';
import { connect } from 'node:net';
import { setImmediate as turn } from 'node:timers/promises';
import { promisify } from 'node:util';
import { decode, encode, streamEncode } from 'dns-packet';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Random } from '../../../src/base/random.ts';
import { type DnsAnswered, DnsServer } from '../../../src/trustchain/dns/index.ts';
import { limits } from '../../../src/trustchain/dns/limits.ts';
import { nowMs } from '../fake-cluster.ts';
import { exchange, fixture } from './fixtures.ts';

const { authority, zone, issue } = fixture({ allowWildcards: true });
issue(['*.wild.mesh'], ['127.0.0.8']);
const { notAfterMs } = authority.store.get(issue(['host.mesh'], ['127.0.0.9', 'fd00::9']))!;
/** Certificates of other names would take their time to make; the zone asks for what they say. */
function addKeys(name: string, count: number): void {
  for (let i = 0; i < count; i++) {
    const keyDigest = new Uint8Array(32).fill(i);
    const host = { dnsNames: [name], addresses: [`127.0.1.${i}`], keyDigest };
    zone.add(`${name}-${i}`, host, notAfterMs, nowMs);
  }
}
addKeys('busy.mesh', 20);

const run = promisify(execFile);
let askedAtMs = nowMs;
// Time goes on with every question, so that none of these tests asks too often.
const clock = { nowMs: () => (askedAtMs += 10) };
const answered: DnsAnswered[] = [];
const onAnswered = (one: DnsAnswered): void => void answered.push(one);
const server = new DnsServer({ zone, clock, host: '127.0.0.1', port: 0, onAnswered });
let port = 0;
beforeAll(async () => {
  port = await server.start();
});
afterAll(() => server.stop());

const tools = [
  { tool: 'dig', from: 'dnsutils' },
  { tool: 'kdig', from: 'knot-dnsutils' },
] as const;
for (const { tool, from } of tools) {
  const found = spawnSync(tool, ['-h']).status === 0;
  const why = found ? '' : ` (skipped: no ${tool} on this machine; Debian has it in ${from})`;
  describe.skipIf(!found)(`${tool}, which has never heard of us${why}`, () => {
    const ask = async (...args: string[]): Promise<string> =>
      (await run(tool, ['@127.0.0.1', '-p', String(port), ...args])).stdout;
    const short = async (...args: string[]): Promise<string[]> =>
      (await ask('+short', ...args)).trim().split('\n').sort();

    test.each([
      ['A', 'host.mesh', /^127\.0\.0\.9$/],
      ['AAAA', 'host.mesh', /^fd00::9$/],
      ['CAA', 'host.mesh', /^0 issue "trustchain\.mesh"$/],
      ['TLSA', '_443._tcp.host.mesh', /^3 1 1 [0-9A-F]{56} ?[0-9A-F]{8}$/i],
      ['SOA', 'mesh', /^ns\.trustchain\.mesh\. hostmaster\.mesh\. \d+ 300 60 86400 15$/],
      ['NS', 'mesh', /^ns\.trustchain\.mesh\.$/],
      ['A', 'any.wild.mesh', /^127\.0\.0\.8$/],
      ['A', 'HOST.Mesh', /^127\.0\.0\.9$/],
    ])('reads %s of %s, over UDP and over TCP', async (type, name, expected) => {
      for (const transport of ['+notcp', '+tcp']) {
        expect(await short(transport, name, type)).toEqual([expect.stringMatching(expected)]);
      }
    });

    test('is told NXDOMAIN, NODATA and REFUSED apart', async () => {
      const no = await ask('nobody.mesh', 'A');
      expect(no).toContain('NXDOMAIN');
      expect(no).toMatch(/mesh\.\s+15\s+IN\s+SOA/);
      const nothing = await ask('host.mesh', 'MX');
      expect(nothing).toContain('NOERROR');
      expect(nothing).toMatch(/mesh\.\s+15\s+IN\s+SOA/);
      expect(await ask('example.com', 'A')).toContain('REFUSED');
    });

    test('with 512 octets is told that there is more, and finds it over TCP', async () => {
      const cut = await ask('+noedns', '+ignore', '+notcp', 'busy.mesh', 'TLSA');
      expect(cut).toMatch(/flags: qr aa tc/i);
      expect(cut).toMatch(/ANSWER: 0[,;]/);
      expect(await short('+noedns', 'busy.mesh', 'TLSA')).toHaveLength(20);
      const wide = await ask('+bufsize=1232', '+ignore', '+notcp', 'busy.mesh', 'A');
      expect(wide).not.toMatch(/flags: qr aa tc/i);
      expect(wide).toMatch(/ANSWER: 20[,;]/);
    });
  });
}

test('An answer over UDP is never longer than 1232 octets, whatever the client takes', async () => {
  const host = `a-name-that-takes-its-place-${'x'.repeat(30)}.mesh`;
  addKeys(host, 16);
  const name = `_443._tcp.${host}`;
  const query = Buffer.concat([
    encode({ type: 'query', id: 9, questions: [{ name, type: 'TLSA' }] }),
    // OPT, 65,000 octets.
    Buffer.from([0, 0, 41, 0xfd, 0xe8, 0, 0, 0, 0, 0, 0]),
  ]);
  query.writeUInt16BE(1, 10);
  const answer = await exchange(port, query);
  expect(answer.length).toBeLessThanOrEqual(limits.udpBytes);
  expect(decode(answer)).toMatchObject({ id: 9, flag_tc: true, answers: [] });
});

test('Ten thousand random datagrams change nothing, and none is answered with more', async () => {
  const before = [zone.size, zone.serial];
  const random = new Random('junk');
  const plain = encode({ type: 'query', id: 1, questions: [{ name: 'host.mesh', type: 'A' }] });
  const socket = createSocket('udp4');
  const sent: number[] = [];
  const longer: string[] = [];
  socket.on('message', (message) => {
    // A mutilated query may still be one: then it gets an answer, bounded like any.
    const most = Math.max(sent[message.readUInt16BE(0)] ?? 0, limits.plainUdpBytes);
    if (message.length > most) longer.push(message.toString('hex'));
  });
  const heard = answered.length;
  for (let i = 0; i < 10_000; i++) {
    const datagram = random.chance(0.5)
      ? Buffer.from(random.bytes(random.between(0, 600)))
      : mutilated(plain, random);
    if (datagram.length >= 2) datagram.writeUInt16BE(i, 0);
    sent.push(datagram.length);
    socket.send(datagram, port, '127.0.0.1');
    // So few at a time that the system drops none.
    if (i % 20 === 19) await turn();
  }
  const again = await exchange(port, plain);
  socket.close();
  expect(answered.length - heard).toBeGreaterThan(2000);
  expect(decode(again).answers).toMatchObject([{ data: '127.0.0.9' }]);
  expect(longer).toEqual([]);
  expect([zone.size, zone.serial]).toEqual(before);
});

function mutilated(query: Uint8Array, random: Random): Buffer {
  const datagram = Buffer.from(query);
  for (let k = random.between(1, 4); k > 0; k--) {
    datagram[random.between(2, datagram.length - 1)] = random.between(0, 255);
  }
  return datagram;
}

test('A client of TCP may send two questions at once, and they are answered in order', async () => {
  const message = (id: number): Buffer =>
    streamEncode({ type: 'query', id, questions: [{ name: 'busy.mesh', type: 'TLSA' }] });
  const got = await overTcp(Buffer.concat([message(1), message(2)]), 2);
  expect(got.map(({ id }) => id)).toEqual([1, 2]);
  expect(got[0]?.answers).toHaveLength(20);
});

test.each([
  ['a length that no query has', Buffer.from([0xff, 0xff, 0, 1])],
  ['an answer instead of a question', Buffer.from([0, 12, 0, 1, 0x80, 0, ...Array(8).fill(0)])],
])('A connection with %s is closed', async (_what, bytes) => {
  expect(await overTcp(bytes, 1)).toEqual([]);
});

/** Sends bytes over one connection; gives `count` answers, or those until the other side closes. */
function overTcp(bytes: Uint8Array, count: number) {
  return new Promise<ReturnType<typeof decode>[]>((resolve, reject) => {
    const socket = connect(port, '127.0.0.1', () => socket.write(bytes));
    let waiting = Buffer.alloc(0);
    const got: ReturnType<typeof decode>[] = [];
    socket.on('data', (chunk) => {
      waiting = Buffer.concat([waiting, chunk]);
      while (waiting.length >= 2 && waiting.length >= 2 + waiting.readUInt16BE(0)) {
        const end = 2 + waiting.readUInt16BE(0);
        got.push(decode(waiting.subarray(2, end)));
        waiting = waiting.subarray(end);
      }
      if (got.length === count) socket.destroy();
    });
    socket.on('close', () => resolve(got));
    socket.on('error', reject);
  });
}
