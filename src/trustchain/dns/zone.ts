import { Heap } from '../../base/heap.ts';
import { isUnder } from '../names.ts';
import type { CertifiedHost } from './certified-host.ts';

export interface ZoneOptions {
  /** The names below which this server has the word, lower case: `mesh`. */
  readonly origins: readonly string[];
  /** This server's own name, below one of the origins, and where it is reached. */
  readonly nameServer: string;
  readonly nameServerAddresses: readonly string[];
  /** Whom CAA allows to issue (RFC 8659 §4.2). */
  readonly issuerDomain: string;
  /** Whether it issues wildcard certificates. */
  readonly allowWildcards: boolean;
  /** How long a record may be kept: revocations are to be seen soon. */
  readonly ttlSeconds: number;
  /** The same of a denial: new names are to be seen sooner. */
  readonly negativeTtlSeconds: number;
}

export const zoneDefaults = {
  origins: ['mesh'],
  nameServer: 'ns.trustchain.mesh',
  issuerDomain: 'trustchain.mesh',
  allowWildcards: false,
  ttlSeconds: 60,
  negativeTtlSeconds: 15,
} as const satisfies Partial<ZoneOptions>;

/** What one certificate in force says at one name. */
export interface Holding {
  readonly addresses: readonly string[];
  readonly keyDigest: Uint8Array;
  readonly notAfterMs: number;
}

interface Kept {
  readonly names: readonly string[];
  readonly notAfterMs: number;
}

/**
 * The names that certificates in force are for, with what those say. Holds nothing else, so it is
 * the store seen from the side: after a restart it is built from it. Time comes in.
 */
export class Zone {
  readonly options: ZoneOptions;
  private readonly hosts = new Map<string, Map<string, Holding>>();
  /** How many names lie at or below each name, down to the origins: what exists at all. */
  private readonly below = new Map<string, number>();
  private readonly bySerial = new Map<string, Kept>();
  private readonly ends = new Heap<{ serial: string; notAfterMs: number }>(
    (a, b) => a.notAfterMs < b.notAfterMs || (a.notAfterMs === b.notAfterMs && a.serial < b.serial),
  );
  private number = 1;

  constructor(options: ZoneOptions) {
    this.options = options;
    this.count(options.nameServer, 1);
  }

  /** Certificates in force. */
  get size(): number {
    return this.bySerial.size;
  }

  /** SOA serial (RFC 1982): seconds since 1970 of the last change, or one more than before. */
  get serial(): number {
    return this.number;
  }

  /** Names outside the zone and serials that are known change nothing. */
  add(serial: string, host: CertifiedHost, notAfterMs: number, nowMs: number): void {
    if (this.bySerial.has(serial) || notAfterMs < nowMs) return;
    const names = [...new Set(host.dnsNames)].filter((name) => this.originOf(name) !== null);
    if (names.length === 0) return;
    const { addresses, keyDigest } = host;
    for (const name of names) {
      const holdings = this.hosts.get(name) ?? new Map<string, Holding>();
      holdings.set(serial, { addresses, keyDigest, notAfterMs });
      this.hosts.set(name, holdings);
      this.count(name, 1);
    }
    this.bySerial.set(serial, { names, notAfterMs });
    this.ends.push({ serial, notAfterMs });
    this.changed(nowMs);
  }

  remove(serial: string, nowMs: number): void {
    const kept = this.bySerial.get(serial);
    if (kept === undefined) return;
    this.bySerial.delete(serial);
    for (const name of kept.names) {
      const holdings = this.hosts.get(name);
      holdings?.delete(serial);
      if (holdings?.size === 0) this.hosts.delete(name);
      this.count(name, -1);
    }
    this.changed(nowMs);
  }

  /** Lets go of what ended before `nowMs`; called before every look. */
  forgetExpired(nowMs: number): void {
    for (let next = this.ends.peek(); next !== undefined; next = this.ends.peek()) {
      if (next.notAfterMs >= nowMs) return;
      this.ends.pop();
      this.remove(next.serial, nowMs);
    }
  }

  /** The origin that `name` lies at or below, the closest if there are several. */
  originOf(name: string): string | null {
    const over = this.options.origins.filter((origin) => isUnder(name, origin));
    return over.sort((a, b) => b.length - a.length)[0] ?? null;
  }

  /** True when something stands at `name` or below it (RFC 8020). */
  exists(name: string): boolean {
    return (this.below.get(name) ?? 0) > 0 || this.options.origins.includes(name);
  }

  /** What certificates say of exactly this name, newest first. */
  holdingsAt(name: string): readonly Holding[] {
    return [...(this.hosts.get(name)?.values() ?? [])].reverse();
  }

  private changed(nowMs: number): void {
    this.number = Math.max(this.number + 1, Math.floor(nowMs / 1000)) >>> 0;
  }

  private count(name: string, change: number): void {
    const origin = this.originOf(name);
    if (origin === null) return;
    for (let at = name; isUnder(at, origin); at = at.slice(at.indexOf('.') + 1)) {
      const count = (this.below.get(at) ?? 0) + change;
      if (count > 0) this.below.set(at, count);
      else this.below.delete(at);
      if (at === origin) return;
    }
  }
}
