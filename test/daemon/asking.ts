import { join } from 'node:path';
import type { Signer } from '../../src/base/signature.ts';
import { readGenesisFile } from '../../src/daemon/genesis-file.ts';
import { MeshClient } from '../../src/daemon/mesh-client.ts';
import { readWrittenNodeConfig } from '../../src/daemon/node-config.ts';
import { isolateOperation, nopOperation } from '../../src/ledger/operation.ts';
import { decodeResult, type OperationResult } from '../../src/ledger/result.ts';
import { seal } from '../../src/pbft/envelope.ts';
import { encodeEvidence } from '../../src/pbft/evidence-codec.ts';
import type { Commit, Envelope } from '../../src/pbft/messages.ts';
import type { ValidatorSet } from '../../src/pbft/replica.ts';
import { replicaAddress } from '../../src/runtime/ports.ts';

/** Where a cluster put an operation: the answer a quorum signed. */
export interface Ordered {
  readonly salt: number;
  readonly sequence: number;
}

/** A client of the cluster in `directory`, over libp2p. */
export class Asker {
  private readonly client: MeshClient;
  private readonly validators: ValidatorSet;

  constructor(directory: string) {
    const { deployment } = readGenesisFile(join(directory, 'genesis.json'));
    this.validators = deployment.validators;
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
  async order(salt: number): Promise<Ordered> {
    const bytes = new Uint8Array(8);
    new DataView(bytes.buffer).setUint32(0, salt);
    const { sequence } = await this.submit(nopOperation(bytes));
    return { salt, sequence };
  }

  /** What the replica would have to have signed for its isolation: one slot, two batches. */
  async isolate(replica: number, signer: Signer): Promise<OperationResult['type']> {
    const { chainId } = this.validators;
    const [first, second] = ['aa', 'bb'].map((byte) => {
      const headerDigest = byte.repeat(32);
      return seal({ type: 'commit', view: 0, sequence: 1, headerDigest }, replica, signer, chainId);
    }) as [Envelope<Commit>, Envelope<Commit>];
    const evidence = { type: 'conflictingCommit', accused: replica, first, second } as const;
    return (await this.submit(isolateOperation(encodeEvidence(evidence)))).type;
  }

  /** Any operation, until a quorum has answered it. */
  submit(operation: Uint8Array) {
    const { promise, resolve, reject } = Promise.withResolvers<{
      readonly sequence: number;
      readonly type: OperationResult['type'];
    }>();
    this.client.validator.submit(operation, (outcome) => {
      if (outcome.type !== 'certified') return reject(new Error(outcome.type));
      const { certificate, answer } = outcome.certified;
      const result = decodeResult(answer.result);
      if (!result.ok) return reject(new Error(result.reason));
      resolve({ sequence: certificate.statement.sequence, type: result.value.type });
    });
    return promise;
  }
}
