import type { ClusterDirectory } from './cluster-directory.ts';
import type { ClusterFile } from './cluster-file.ts';
import { choosePorts, loopback, requirePorts } from './ports.ts';

/** Where the processes of a cluster on one machine listen. */
export interface ClusterPorts {
  readonly mesh: readonly number[];
  readonly http: readonly number[];
  readonly trustchain: number;
  readonly dns: number;
}

/**
 * The ports of the last time as far as they are free, others for the rest. `httpPort`: TrustChain
 * is to listen there and the nodes on the following ones; throws {@link DaemonRefusal} if they
 * cannot.
 */
export async function portsOf(
  { nodes, file }: ClusterDirectory,
  httpPort: number | null,
): Promise<ClusterPorts> {
  const kept = wishesOf(file.ports, nodes);
  if (httpPort === null) return split(await choosePorts(loopback, 2 * nodes + 2, kept), nodes);
  const [trustchain = httpPort, ...http] = await requirePorts(loopback, httpPort, nodes + 1);
  const others = [...kept.slice(0, nodes), kept.at(-1) ?? 0].map((port) => {
    return port >= httpPort && port <= httpPort + nodes ? 0 : port;
  });
  const chosen = await choosePorts(loopback, nodes + 1, others);
  return { mesh: chosen.slice(0, nodes), http, trustchain, dns: chosen[nodes] ?? 0 };
}

/** As many as there will be, in the order of {@link split}; 0 where there was none. */
function wishesOf(kept: ClusterFile['ports'], nodes: number): readonly number[] {
  const each = (ports: readonly number[]) => Array.from({ length: nodes }, (_, i) => ports[i] ?? 0);
  return [...each(kept.mesh), ...each(kept.http), kept.trustchain ?? 0, kept.dns ?? 0];
}

function split(ports: readonly number[], nodes: number): ClusterPorts {
  const [trustchain = 0, dns = 0] = ports.slice(2 * nodes);
  return { mesh: ports.slice(0, nodes), http: ports.slice(nodes, 2 * nodes), trustchain, dns };
}
