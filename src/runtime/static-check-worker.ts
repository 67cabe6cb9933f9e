/** The inside of a check thread: operations in, findings out, one message for one message. */
import { parentPort, workerData } from 'node:worker_threads';
import { assert } from '../base/assert.ts';
import type { Digest } from '../base/digest.ts';
import { idealScheme } from '../base/ideal-signature.ts';
import { ed25519, type SignatureScheme } from '../base/signature.ts';
import { examineOperation } from '../ledger/static-check.ts';
import type { Requirements } from '../proofs/request.ts';

/** What a thread checks against; plain data, with the scheme by name. */
export interface CheckEnvironment {
  readonly chainId: Digest;
  readonly requirements: Requirements;
  readonly scheme: SignatureScheme['name'];
}

if (parentPort !== null) {
  const port = parentPort;
  const { chainId, requirements, scheme } = workerData as CheckEnvironment;
  const env = { chainId, requirements, scheme: scheme === 'ideal' ? idealScheme : ed25519 };
  assert(env.scheme.name === scheme, `signature scheme ${scheme}`);
  port.on('message', (operations: readonly Uint8Array[]) => {
    port.postMessage(operations.map((operation) => examineOperation(operation, env)));
  });
}
