/** The inside of a check thread: operations in, findings out, one message for one message. */
import { parentPort, workerData } from 'node:worker_threads';
import { assert } from '../base/assert.ts';
import type { Digest } from '../base/digest.ts';
import { idealScheme } from '../base/ideal-signature.ts';
import { ed25519, type SignatureScheme } from '../base/signature.ts';
import { examineOperation, type StaticFinding } from '../ledger/static-check.ts';
import type { Requirements } from '../proofs/request.ts';
import { useSodium } from './sodium-engine.ts';

/** What a thread checks against; plain data, with the scheme by name. */
export interface CheckEnvironment {
  readonly chainId: Digest;
  readonly requirements: Requirements;
  readonly scheme: SignatureScheme['name'];
}

/** What a thread answers: a finding for each operation, and the time it took. */
export interface Examined {
  readonly findings: readonly (StaticFinding | null)[];
  readonly spentMs: number;
}

if (parentPort !== null) {
  useSodium();
  const port = parentPort;
  const { chainId, requirements, scheme } = workerData as CheckEnvironment;
  const env = { chainId, requirements, scheme: scheme === 'ideal' ? idealScheme : ed25519 };
  assert(env.scheme.name === scheme, `signature scheme ${scheme}`);
  port.on('message', (operations: readonly Uint8Array[]) => {
    const fromMs = performance.now();
    const findings = operations.map((operation) => examineOperation(operation, env));
    const examined: Examined = { findings, spentMs: performance.now() - fromMs };
    port.postMessage(examined);
  });
}
