import { createSocket } from 'node:dgram';
import { type DecodedPacket, decode, encode, type RecordType } from 'dns-packet';
import { Random } from '../../../src/base/random.ts';
import type { CertificateAuthority } from '../../../src/trustchain/authority.ts';
import { makeCsr } from '../../../src/trustchain/csr.ts';
import {
  answerQuery,
  keepZone,
  readQuery,
  writeReply,
  Zone,
  type ZoneOptions,
  zoneDefaults,
} from '../../../src/trustchain/dns/index.ts';
import { signingKeyFromSeed } from '../../../src/trustchain/keys.ts';
import { meshPolicy } from '../../../src/trustchain/policy.ts';
import { clock, FakeCluster, issue, makeAuthority, nowMs } from '../fake-cluster.ts';

/** An authority of its own and the zone that follows it. */
export interface Fixture {
  readonly authority: CertificateAuthority;
  readonly zone: Zone;
  /** Issues for these names, the first of them the common one; gives the serial. */
  readonly issue: (names: readonly string[], addresses?: readonly string[]) => string;
}

export function fixture(options: Partial<ZoneOptions> = {}): Fixture {
  const cluster = new FakeCluster();
  const authority = makeAuthority(cluster, { policy: { ...meshPolicy, allowWildcards: true } });
  const zone = new Zone({ ...zoneDefaults, nameServerAddresses: ['127.0.0.53'], ...options });
  keepZone(zone, authority, clock);
  let asked = 0;
  return {
    authority,
    zone,
    issue: (names, addresses = []) => {
      asked += 1;
      const key = signingKeyFromSeed(new Random(`dns ${asked}`).bytes(32));
      const [commonName = null] = names;
      const csr = makeCsr({ key, commonName, dnsNames: names, ipAddresses: addresses });
      return issue(authority, cluster, `dns-${asked}`, csr).serial;
    },
  };
}

/** The library's types forget that it reads the response code. */
type Looked = DecodedPacket & { readonly rcode: string };

/** Asks the zone without sockets; the answer as dns-packet reads it. */
export function look(zone: Zone, name: string, type: RecordType, atMs = nowMs): Looked {
  const read = readQuery(encode({ type: 'query', id: 7, questions: [{ name, type }] }));
  if (read.type !== 'query') throw new Error(`no query: ${read.type}`);
  const reply = answerQuery(zone, read.query, atMs);
  return decode(Buffer.from(writeReply(read.query, reply, 65_535))) as Looked;
}

/** What the answers say, whatever their order. */
export function said(packet: DecodedPacket): string[] {
  const answers = packet.answers ?? [];
  return answers.map((answer) => JSON.stringify('data' in answer ? answer.data : null)).sort();
}

/** Sends one datagram and waits for what comes back. */
export async function exchange(port: number, message: Uint8Array): Promise<Buffer> {
  const socket = createSocket('udp4');
  try {
    return await new Promise<Buffer>((resolve, reject) => {
      socket.once('message', resolve);
      socket.once('error', reject);
      socket.send(message, port, '127.0.0.1');
    });
  } finally {
    socket.close();
  }
}
