import { isIPv6 } from 'node:net';
import { join } from 'node:path';
import { stringify } from 'yaml';
import { toHex } from '../base/bytes.ts';
import { replaceFile } from './cluster-file.ts';
import type { LogLevel } from './log-config.ts';
import type { NodeConfigInput } from './node-config.ts';

/** What the process of a node in a cluster is told. */
export interface NodeProcessConfig {
  readonly configFile: string;
  /** Its links can be cut on the parent's command. */
  readonly injectFaults: boolean;
}

/** What it says when it is up. */
export interface NodeUp {
  readonly multiaddr: string;
  readonly url: string;
}

/** Where a node listens. */
export interface NodePlace {
  /** An IP address. */
  readonly host: string;
  readonly meshPort: number;
  readonly httpPort: number;
}

/** On machines of their own nobody else needs these; several nodes on one take the next ones. */
const firstMeshPort = 21_000;
const firstHttpPort = 8441;

/** Places for nodes on other machines, by replica. */
export function placesOn(hosts: readonly string[]): readonly NodePlace[] {
  return hosts.map((host, i) => {
    const before = hosts.slice(0, i).filter((other) => other === host).length;
    return { host, meshPort: firstMeshPort + before, httpPort: firstHttpPort + before };
  });
}

export interface NodeSettings {
  readonly level: LogLevel;
  /** Keys of those who may ask as often as they like. */
  readonly unlimited: readonly Uint8Array[];
  /** Absent: as for a node with a machine of its own. */
  readonly checkThreads?: number;
}

/** Writes `node.yaml` into the directory of every node; returns the files by replica. */
export function writeNodeConfigs(
  directoryOf: (replica: number) => string,
  places: readonly NodePlace[],
  { level, unlimited, checkThreads }: NodeSettings,
): readonly string[] {
  const peers = places.map(({ host, meshPort }) => {
    return `/${isIPv6(host) ? 'ip6' : 'ip4'}/${host}/tcp/${meshPort}`;
  });
  return places.map(({ host, httpPort }, replica) => {
    const path = join(directoryOf(replica), 'node.yaml');
    const config: NodeConfigInput = {
      replica,
      listen: peers[replica] ?? '',
      peers: [...peers],
      http: { host, port: httpPort, unlimited: unlimited.map(toHex) },
      ...(checkThreads !== undefined && { check_threads: checkThreads }),
      log: { level, file: 'node.log' },
    };
    const note = '# `hypermesh node --config FILE --print-config` explains every key.\n';
    replaceFile(path, note + stringify(config));
    return path;
  });
}
