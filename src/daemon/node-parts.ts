import { mkdirSync } from 'node:fs';
import { equalBytes, toHex } from '../base/bytes.ts';
import type { KnownPeer } from '../runtime/libp2p-network.ts';
import { replicaAddress } from '../runtime/ports.ts';
import { type GenesisFile, readGenesisFile } from './genesis-file.ts';
import { type NodeKey, readKeyFile } from './key-file.ts';
import type { NodeConfig } from './node-config.ts';
import { DaemonRefusal } from './refusal.ts';

/** What a node's files say, found to fit together. */
export interface NodeParts {
  readonly genesisFile: GenesisFile;
  readonly key: NodeKey;
  /** Every node of genesis, this one included. */
  readonly peers: readonly KnownPeer[];
}

/** Reads a node's files; throws {@link DaemonRefusal} where one does not fit the others. */
export function readNodeParts(config: NodeConfig): NodeParts {
  const genesisFile = readGenesisFile(config.genesisFile);
  const key = readKeyFile(config.keyFile);
  const { validators, standbys } = genesisFile.deployment;
  const publicKeys = [...validators.publicKeys, ...standbys];
  const own = publicKeys[config.replica];
  if (own === undefined) {
    const allowed = `0 to ${publicKeys.length - 1}, the nodes of ${config.genesisFile}`;
    throw refuse(`replica: found ${config.replica}; allowed: ${allowed}`);
  }
  if (!equalBytes(own, key.signer.publicKey)) {
    const allowed = `the key of replica ${config.replica} in genesis, ${toHex(own)}`;
    throw refuse(`${config.keyFile}: found ${toHex(key.signer.publicKey)}; allowed: ${allowed}`);
  }
  if (config.peers.length !== publicKeys.length) {
    const allowed = `${publicKeys.length}, one for every node of genesis`;
    throw refuse(`peers: found ${config.peers.length} addresses; allowed: ${allowed}`);
  }
  const peers = publicKeys.map((publicKey, index): KnownPeer => {
    return { address: replicaAddress(index), publicKey, multiaddr: config.peers[index] ?? null };
  });
  makeDirectory(config.dataDirectory);
  return { genesisFile, key, peers };
}

function makeDirectory(path: string): void {
  try {
    mkdirSync(path, { recursive: true, mode: 0o700 });
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new DaemonRefusal('unavailable', `${path}: cannot be made: ${reason}`, error);
  }
}

function refuse(message: string): DaemonRefusal {
  return new DaemonRefusal('badInput', message);
}
