import { isolateOperation } from '../../ledger/operation.ts';
import { limits } from '../../pbft/limits.ts';
import { encodeMessage } from '../../pbft/message-codec.ts';
import type { HostileBehaviour, HostileKit } from './kit.ts';
import { requestFrame, sendTo } from './send.ts';

const kinds: readonly ((kit: HostileKit) => Uint8Array)[] = [
  ({ random }) => random.bytes(random.between(1, 512)),
  ({ random }) => encodeMessage({ type: 'fetchBatch', batchDigest: hex(random.bytes(32)) }),
  ({ random }) => requestFrame(isolateOperation(random.bytes(200))),
  ({ random }) => requestFrame(random.bytes(limits.clientOperationBytes + 1)),
  ({ random }) => requestFrame(random.bytes(64)),
];

function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex');
}

/**
 * Sends what no client sends: noise, words of replicas, evidence that proves nothing, requests
 * over the limit, operations that are none. May send any bytes; each is refused where it arrives
 * or answered with a certified refusal, and who goes on is read slowly.
 */
export const garbage: HostileBehaviour = {
  enrols: false,
  misdeed(kit, round, done) {
    const make = kinds[round % kinds.length];
    if (make !== undefined) sendTo(kit, kit.replicas, make(kit));
    done([]);
  },
};
