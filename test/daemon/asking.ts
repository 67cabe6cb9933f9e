import { join } from 'node:path';
import { readGenesisFile } from '../../src/daemon/genesis-file.ts';
import { MeshClient } from '../../src/daemon/mesh-client.ts';
import { readWrittenNodeConfig } from '../../src/daemon/node-config.ts';
import { nopOperation } from '../../src/ledger/operation.ts';
import { replicaAddress } from '../../src/runtime/ports.ts';

/** Where a cluster put an operation: the answer a quorum signed. */
export interface Ordered {
  readonly salt: number;
  readonly sequence: number;
}

/** A client of the cluster in `directory`, over libp2p. */
export class Asker {
  private readonly client: MeshClient;

  constructor(directory: string) {
    const { deployment } = readGenesisFile(join(directory, 'genesis.json'));
    const { peers: places } = readWrittenNodeConfig(join(directory, 'node-0/node.yaml'));
    const keys = [...deployment.validators.publicKeys, ...deployment.standbys];
    const peers = keys.map((publicKey, i) => {
      return { address: replicaAddress(i), publicKey, multiaddr: places[i] ?? null };
    });
    this.client = new MeshClient({ deployment, peers, profile: 'production' });
  }

  start(): Promise<void> {
    return this.client.start();
  }

  stop(): Promise<void> {
    return this.client.stop();
  }

  /** The same `salt` is the same operation. */
  order(salt: number): Promise<Ordered> {
    const bytes = new Uint8Array(8);
    new DataView(bytes.buffer).setUint32(0, salt);
    return new Promise((resolve, reject) => {
      this.client.validator.submit(nopOperation(bytes), (outcome) => {
        if (outcome.type !== 'certified') return reject(new Error(outcome.type));
        const { sequence } = outcome.certified.certificate.statement;
        resolve({ salt, sequence });
      });
    });
  }
}
