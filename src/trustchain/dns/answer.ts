import { isIPv6 } from 'node:net';
import { limits } from './limits.ts';
import type { DnsQuery } from './query.ts';
import type { DnsRecord, Reply } from './reply.ts';
import type { Holding, Zone } from './zone.ts';

/** Numbers of the types this server speaks of, and of the questions it treats apart. */
const types = { A: 1, NS: 2, SOA: 6, HINFO: 13, AAAA: 28, TLSA: 52, CAA: 257 } as const;
const anyType = 255;
/** RFC 6895 §3.1: meta types and questions (transfers among them) lie here. */
const isMetaType = (type: number): boolean => type >= 128 && type < anyType;
const internet = 1;

/** For metrics: a name from a short list, whatever was asked. */
export function typeName(type: number): string {
  const known = Object.entries(types).find(([, number]) => number === type);
  return known?.[0] ?? (type === anyType ? 'ANY' : 'other');
}

/** A name under TLSA's port and protocol (RFC 6698 §3). */
const service = /^(?:_([1-9][0-9]{0,4})|\*)\._(?:tcp|udp|sctp)\.(.+)$/;
const protocolOnly = /^_(?:tcp|udp|sctp)\.(.+)$/;
const lastPort = 65_535;

/** What stands at a name. */
interface Found {
  readonly holdings: readonly Holding[];
  /** The name of a certificate, and not only one above or below such a name. */
  readonly part: 'host' | 'service' | 'between';
}

/** Answers from the zone alone, as of `nowMs`. Total: every query has a reply. */
export function answerQuery(zone: Zone, query: DnsQuery, nowMs: number): Reply {
  if (query.edns !== null && query.edns.version !== 0) return bare('badVersion');
  if (query.class !== internet && query.class !== anyType) return bare('refused');
  zone.forgetExpired(nowMs);
  const { name, type } = query;
  const origin = name === null ? null : zone.originOf(name);
  // A name with strange octets is refused as well: nothing of ours has one.
  if (name === null || origin === null || isMetaType(type)) return bare('refused');
  const found = find(zone, name, origin);
  if (found === null) return denial(zone, origin, 'nameError');
  const records = type === anyType ? minimalAny(name) : recordsAt(zone, name, type, found, nowMs);
  if (records.length === 0) return denial(zone, origin, 'noError');
  return { rcode: 'noError', authoritative: true, answers: records, authorities: [] };
}

function bare(rcode: Reply['rcode']): Reply {
  return { rcode, authoritative: false, answers: [], authorities: [] };
}

/** NXDOMAIN and NODATA, with the SOA that says how long to believe it (RFC 2308 §2). */
function denial(zone: Zone, origin: string, rcode: 'nameError' | 'noError'): Reply {
  const soa = soaRecord(zone, origin, zone.options.negativeTtlSeconds);
  return { rcode, authoritative: true, answers: [], authorities: [soa] };
}

/** RFC 8482 §4.2: nobody needs everything at once but who wants to have it sent to a victim. */
function minimalAny(name: string): DnsRecord[] {
  return [{ type: 'HINFO', name, ttl: 3600, data: { cpu: 'RFC8482', os: '' } }];
}

function find(zone: Zone, name: string, origin: string): Found | null {
  const asService = service.exec(name);
  if (asService !== null) {
    const [, port = '1', host = ''] = asService;
    const holdings = Number(port) > lastPort ? [] : holdingsFor(zone, host, origin);
    return holdings.length > 0 ? { holdings, part: 'service' } : null;
  }
  const beneath = protocolOnly.exec(name);
  if (beneath !== null) {
    const some = holdingsFor(zone, beneath[1] as string, origin).length > 0;
    return some ? { holdings: [], part: 'between' } : null;
  }
  const holdings = holdingsFor(zone, name, origin);
  if (holdings.length > 0) return { holdings, part: 'host' };
  return zone.exists(name) ? { holdings, part: 'between' } : null;
}

/**
 * Certificates for exactly this name; where nothing is known by it, those for its wildcard. As in
 * X.509 a wildcard stands for one label (RFC 6125 §6.4.3), where DNS would let it stand for more:
 * this server says of a name what its certificates say, and no more.
 */
function holdingsFor(zone: Zone, name: string, origin: string): readonly Holding[] {
  if (zone.exists(name)) return zone.holdingsAt(name);
  const above = name.slice(name.indexOf('.') + 1);
  return name === origin ? [] : zone.holdingsAt(`*.${above}`);
}

function recordsAt(
  zone: Zone,
  name: string,
  type: number,
  { holdings, part }: Found,
  nowMs: number,
): DnsRecord[] {
  const { options } = zone;
  const isOrigin = options.origins.includes(name);
  const seconds = (holding: Holding): number => {
    return Math.min(options.ttlSeconds, Math.floor((holding.notAfterMs - nowMs) / 1000));
  };
  switch (type) {
    case types.SOA:
      return isOrigin ? [soaRecord(zone, name, options.ttlSeconds)] : [];
    case types.NS:
      return isOrigin ? [record('NS', name, options.ttlSeconds, options.nameServer)] : [];
    case types.A:
    case types.AAAA: {
      if (part === 'service') return [];
      const own = name === options.nameServer ? options.nameServerAddresses : [];
      const certified = holdings.flatMap((holding) =>
        holding.addresses.map((address) => ({ address, ttl: seconds(holding) })),
      );
      const all = [...own.map((address) => ({ address, ttl: options.ttlSeconds })), ...certified];
      const wanted = all.filter(({ address }) => isIPv6(address) === (type === types.AAAA));
      const kind = type === types.AAAA ? 'AAAA' : 'A';
      return distinct(wanted, ({ address }) => address).map(({ address, ttl }) =>
        record(kind, name, ttl, address),
      );
    }
    case types.TLSA:
      return distinct(holdings, ({ keyDigest }) => keyDigest.toString()).map((holding) =>
        tlsaRecord(name, seconds(holding), holding.keyDigest),
      );
    case types.CAA:
      if (part === 'service' || (holdings.length === 0 && !isOrigin)) return [];
      return caaRecords(zone, name);
    default:
      return [];
  }
}

function distinct<T>(items: readonly T[], key: (item: T) => string): T[] {
  const seen = new Map<string, T>();
  for (const item of items) if (!seen.has(key(item))) seen.set(key(item), item);
  return [...seen.values()].slice(0, limits.recordsPerSet);
}

function record(type: 'A' | 'AAAA' | 'NS', name: string, ttl: number, data: string): DnsRecord {
  return { type, name, ttl, class: 'IN', data };
}

/** DANE-EE, SPKI, SHA-256: the key itself, whoever has certified it (RFC 7671 §5.1). */
function tlsaRecord(name: string, ttl: number, keyDigest: Uint8Array): DnsRecord {
  const certificate = Buffer.from(keyDigest);
  const data = { usage: 3, selector: 1, matchingType: 1, certificate };
  return { type: 'TLSA', name, ttl, class: 'IN', data };
}

/** Only this authority issues, and wildcards only if its policy has them (RFC 8659 §4.3). */
function caaRecords({ options }: Zone, name: string): DnsRecord[] {
  const { issuerDomain, ttlSeconds: ttl } = options;
  const issue = { flags: 0, tag: 'issue', value: issuerDomain } as const;
  const noWildcards = { flags: 0, tag: 'issuewild', value: ';' } as const;
  const values = options.allowWildcards ? [issue] : [issue, noWildcards];
  return values.map((data) => ({ type: 'CAA', name, ttl, class: 'IN', data }));
}

function soaRecord(zone: Zone, origin: string, ttl: number): DnsRecord {
  const { nameServer, negativeTtlSeconds } = zone.options;
  const data = {
    mname: nameServer,
    rname: `hostmaster.${origin}`,
    serial: zone.serial,
    refresh: 300,
    retry: 60,
    expire: 86_400,
    minimum: negativeTtlSeconds,
  };
  return { type: 'SOA', name: origin, ttl, class: 'IN', data };
}
