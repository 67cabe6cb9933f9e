import type { TrustchainMetrics } from '../http/trustchain-metrics.ts';
import type { Clock } from '../runtime/ports.ts';
import type { CertificateAuthority } from '../trustchain/authority.ts';
import { DnsServer, keepZone, Zone, zoneDefaults } from '../trustchain/dns/index.ts';
import { meshPolicy } from '../trustchain/policy.ts';
import { choosePorts } from './ports.ts';
import { DaemonRefusal } from './refusal.ts';
import type { Stopping } from './stopping.ts';
import type { TrustchainConfig } from './trustchain-config.ts';

/** The port in the addresses that certificates carry: it has to be known before the first one. */
export async function chooseHttpPort({ host, httpPort }: TrustchainConfig): Promise<number> {
  if (httpPort !== 0) return httpPort;
  const [port] = await choosePorts(host, 1, []);
  if (port === undefined) throw new DaemonRefusal('unavailable', `${host}: no port is free`);
  return port;
}

export interface DnsOptions {
  readonly config: TrustchainConfig;
  readonly authority: CertificateAuthority;
  readonly clock: Clock;
  readonly metrics: TrustchainMetrics;
}

/** Serves the names of what is issued; gives `host:port`. */
export async function startDns(options: DnsOptions, stopping: Stopping): Promise<string> {
  const { config, authority, clock, metrics } = options;
  const { host, dnsPort, policy = meshPolicy } = config;
  const { allowedSuffixes, allowWildcards } = policy;
  const named = allowedSuffixes.filter((suffix) => suffix !== '*');
  const origins = named.length > 0 ? named : zoneDefaults.origins;
  const own = `trustchain.${origins[0]}`;
  const zone = new Zone({
    ...zoneDefaults,
    origins,
    nameServer: `ns.${own}`,
    nameServerAddresses: [host],
    issuerDomain: own,
    allowWildcards,
  });
  keepZone(zone, authority, clock);
  const onAnswered = metrics.onDns.bind(metrics);
  const server = new DnsServer({ zone, clock, host, port: dnsPort, onAnswered });
  try {
    const port = await server.start();
    stopping.add(() => server.stop());
    return `${host.includes(':') ? `[${host}]` : host}:${port}`;
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    const message = `DNS on ${host}:${dnsPort}: cannot listen: ${reason}`;
    throw new DaemonRefusal('unavailable', message, error);
  }
}
