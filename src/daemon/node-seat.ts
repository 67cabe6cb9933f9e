import { stringify } from 'yaml';
import { type ClusterDirectory, loopback } from './cluster-directory.ts';
import { replaceFile } from './cluster-file.ts';
import type { LogLevel } from './log-config.ts';
import type { NodeConfigInput } from './node-config.ts';

/** What the process of a node in a cluster is told. */
export interface NodeProcessConfig {
  readonly configFile: string;
}

/** What it says when it is up. */
export interface NodeUp {
  readonly multiaddr: string;
}

export interface NodePorts {
  readonly mesh: readonly number[];
  readonly http: readonly number[];
}

/** Writes the config of every node of a cluster on one machine; returns the files by replica. */
export function writeNodeConfigs(
  directory: ClusterDirectory,
  { mesh, http }: NodePorts,
  level: LogLevel,
): readonly string[] {
  const peers = mesh.map((port) => `/ip4/${loopback}/tcp/${port}`);
  return peers.map((listen, replica) => {
    const path = `${directory.nodeDirectory(replica)}/node.yaml`;
    const config: NodeConfigInput = {
      replica,
      listen,
      peers: [...peers],
      http: { host: loopback, port: http[replica] ?? 0 },
      log: { level, file: 'node.log' },
    };
    const note = '# Written by `hypermesh cluster` at every start; --print-config explains it.\n';
    replaceFile(path, note + stringify(config));
    return path;
  });
}
