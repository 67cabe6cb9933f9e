import { keyUsages } from './ca-certificate.ts';
import type { ReadExtension } from './certificate-reader.ts';
import { readInside, readOid } from './der-reader.ts';
import { tags } from './der-writer.ts';
import { oids } from './fields.ts';

/** What a leaf is for: `tls` is both ends of a connection, as nodes of a mesh are. */
export const leafUsages = ['tls', 'tlsServer', 'tlsClient', 'codeSigning'] as const;
export type LeafUsage = (typeof leafUsages)[number];

/** How leaves are cut. */
export interface LeafProfile {
  readonly usage: LeafUsage;
  /** From now. */
  readonly lifetimeMs: number;
  /** Clocks of relying parties may be behind. */
  readonly backdateMs: number;
}

const hourMs = 60 * 60 * 1000;

/** `day` by default; `shortLived`: below the seven days up to which others ask no revocation. */
export const leafLifetimesMs = { day: 24 * hourMs, shortLived: 160 * hourMs } as const;
export type LeafLifetime = keyof typeof leafLifetimesMs;

export function leafProfileFor(usage: LeafUsage, lifetime: LeafLifetime = 'day'): LeafProfile {
  return { usage, lifetimeMs: leafLifetimesMs[lifetime], backdateMs: hourMs };
}

export const leafProfile: LeafProfile = leafProfileFor('tls');

/** ExtKeyUsage of each (RFC 5280 §4.2.1.12). */
export const extendedUsages: Readonly<Record<LeafUsage, readonly string[]>> = {
  tls: [oids.serverAuth, oids.clientAuth],
  tlsServer: [oids.serverAuth],
  tlsClient: [oids.clientAuth],
  codeSigning: [oids.codeSigning],
};

/** The usage whose purposes a certificate of ours has; null for the certificates of others. */
export function usageOf(extensions: readonly ReadExtension[]): LeafUsage | null {
  const value = extensions.find((one) => one.oid === oids.extendedKeyUsage)?.value;
  const list = value === undefined ? null : readInside(value, tags.sequence);
  const found = list?.map(({ content }) => readOid(content)).join(' ');
  return leafUsages.find((usage) => extendedUsages[usage].join(' ') === found) ?? null;
}

/** KeyUsage bits: RSA keys may also transport keys (TLS 1.2), which only a server is asked for. */
export function leafKeyUsage(usage: LeafUsage, isRsa: boolean): number {
  const serves = usage === 'tls' || usage === 'tlsServer';
  return keyUsages.digitalSignature | (isRsa && serves ? keyUsages.keyEncipherment : 0);
}
