import type { ClusterDirectory } from './cluster-directory.ts';
import type { ClusterFile } from './cluster-file.ts';
import { choosePorts, loopback, requirePorts } from './ports.ts';

/** Where the processes of a cluster on one machine listen. */
export interface ClusterPorts {
  readonly mesh: readonly number[];
  readonly http: readonly number[];
  readonly trustchain: number;
  readonly dns: number;
  /** The live page. */
  readonly page: number;
}

/**
 * The ports of the last time as far as they are free, others for the rest. `httpPort`: TrustChain
 * is to listen there, the nodes on the following ones and the page after them; throws
 * {@link DaemonRefusal} if they cannot.
 */
export async function portsOf(
  { nodes, file }: ClusterDirectory,
  httpPort: number | null,
): Promise<ClusterPorts> {
  const kept = wishesOf(file.ports, nodes);
  if (httpPort === null) return split(await choosePorts(loopback, 2 * nodes + 3, kept), nodes);
  const required = await requirePorts(loopback, httpPort, nodes + 2);
  const [trustchain = httpPort, ...http] = required.slice(0, nodes + 1);
  const others = [...kept.slice(0, nodes), kept[2 * nodes + 1] ?? 0].map((port) => {
    return required.includes(port) ? 0 : port;
  });
  const chosen = await choosePorts(loopback, nodes + 1, others);
  const [dns = 0, page = 0] = [chosen[nodes], required[nodes + 1]];
  return { mesh: chosen.slice(0, nodes), http, trustchain, dns, page };
}

/** As many as there will be, in the order of {@link split}; 0 where there was none. */
function wishesOf(kept: ClusterFile['ports'], nodes: number): readonly number[] {
  const each = (ports: readonly number[]) => Array.from({ length: nodes }, (_, i) => ports[i] ?? 0);
  const single = [kept.trustchain ?? 0, kept.dns ?? 0, kept.page ?? 0];
  return [...each(kept.mesh), ...each(kept.http), ...single];
}

function split(ports: readonly number[], nodes: number): ClusterPorts {
  const [trustchain = 0, dns = 0, page = 0] = ports.slice(2 * nodes);
  const [mesh, http] = [ports.slice(0, nodes), ports.slice(nodes, 2 * nodes)];
  return { mesh, http, trustchain, dns, page };
}
