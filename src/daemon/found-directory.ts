import { existsSync, mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ClusterWishes } from './cluster-directory.ts';
import { dataFormat, replaceFile, writeClusterFile } from './cluster-file.ts';
import { foundCluster } from './found-cluster.ts';
import { formatGenesisFile } from './genesis-file.ts';
import { createKeyFile } from './key-file.ts';
import { placesOn, writeNodeConfigs } from './node-seat.ts';
import { DaemonRefusal } from './refusal.ts';

const defaults = { replicas: 4, standby: 0, profile: 'localhost', fullProofs: false } as const;

/** All is made beside its place and moved there whole: no half of a cluster is ever found. */
export function foundDirectory(directory: string, wishes: ClusterWishes, version: string): void {
  const unfinished = `${directory}.unfinished-${process.pid}`;
  try {
    mkdirSync(unfinished, { recursive: true, mode: 0o700 });
    fill(unfinished, wishes, version);
    renameSync(unfinished, directory);
  } catch (error) {
    rmSync(unfinished, { recursive: true, force: true });
    if (error instanceof DaemonRefusal) throw error;
    if (existsSync(join(directory, 'cluster.json'))) return; // somebody else was quicker
    const reason = error instanceof Error ? error.message : String(error);
    throw new DaemonRefusal('unavailable', `${directory}: cannot be made: ${reason}`, error);
  }
}

function fill(path: string, wishes: ClusterWishes, version: string): void {
  const { replicas, standby, profile, fullProofs, hosts = [] } = { ...defaults, ...wishes };
  refuseHosts(hosts, replicas + standby);
  const keyIn = (directory: string) => {
    mkdirSync(join(path, directory), { mode: 0o700 });
    return createKeyFile(join(path, directory, 'node.key')).signer.publicKey;
  };
  const keys = Array.from({ length: replicas + standby }, (_, i) => keyIn(`node-${i}`));
  const own = { nodeId: keyIn('trustchain'), namePatterns: ['*'] };
  const genesis = foundCluster({
    profile,
    fullProofs,
    validators: keys.slice(0, replicas),
    standbys: keys.slice(replicas),
    accounts: [own, ...wishes.accounts],
    nowMs: Date.now(),
  });
  const text = formatGenesisFile(genesis);
  replaceFile(join(path, 'genesis.json'), text);
  for (let i = 0; i < keys.length; i++)
    writeFileSync(join(path, `node-${i}`, 'genesis.json'), text);
  if (hosts.length > 0) {
    const directoryOf = (replica: number) => join(path, `node-${replica}`);
    const settings = { level: 'info', unlimited: [own.nodeId] } as const;
    writeNodeConfigs(directoryOf, placesOn(hosts), settings);
  }
  writeClusterFile(join(path, 'cluster.json'), {
    format: dataFormat,
    made_by: `hypermesh ${version}`,
    replicas,
    standby,
    profile,
    full_proofs: fullProofs,
    hosts: [...hosts],
    ports: { mesh: [], http: [], trustchain: null, dns: null, page: null },
  });
}

function refuseHosts(hosts: readonly string[], nodes: number): void {
  if (hosts.length === 0 || hosts.length === nodes) return;
  const allowed = `${nodes}, one for every node`;
  throw new DaemonRefusal('mismatch', `--hosts: found ${hosts.length} hosts; allowed: ${allowed}`);
}
