import { isolateOperation } from '../../ledger/operation.ts';
import { seal } from '../../pbft/envelope.ts';
import { encodeEvidence } from '../../pbft/evidence-codec.ts';
import { limits } from '../../pbft/limits.ts';
import { encodeMessage } from '../../pbft/message-codec.ts';
import type { HostileBehaviour, HostileKit } from './kit.ts';
import { requestFrame, sendTo } from './send.ts';

const kinds: readonly ((kit: HostileKit) => Uint8Array)[] = [
  ({ random }) => random.bytes(random.between(1, 512)),
  ({ random }) => encodeMessage({ type: 'fetchBatch', batchDigest: hex(random.bytes(32)) }),
  ({ random }) => requestFrame(isolateOperation(random.bytes(200))),
  (kit) => requestFrame(slander(kit, kit.chainId)),
  (kit) => requestFrame(slander(kit, hex(kit.random.bytes(32)))),
  ({ random }) => requestFrame(random.bytes(limits.clientOperationBytes + 1)),
  ({ random }) => requestFrame(random.bytes(64)),
];

/** Two words of a replica for one slot, which it never gave: signed by whoever brings them. */
function slander({ random, signer, replicas }: HostileKit, chainId: string): Uint8Array {
  const accused = random.below(replicas.length);
  const word = () => {
    const headerDigest = hex(random.bytes(32));
    return seal({ type: 'commit', view: 0, sequence: 1, headerDigest }, accused, signer, chainId);
  };
  const said = { accused, first: word(), second: word() };
  return isolateOperation(encodeEvidence({ type: 'conflictingCommit', ...said }));
}

function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex');
}

/**
 * Sends what no client sends: noise, words of replicas, evidence that is forged or of another
 * chain, requests over the limit, operations that are none. May send any bytes; each is refused
 * where it arrives or answered with a certified refusal, and who goes on is read slowly.
 */
export const garbage: HostileBehaviour = {
  enrols: false,
  misdeed(kit, round, done) {
    const make = kinds[round % kinds.length];
    if (make !== undefined) sendTo(kit, kit.replicas, make(kit));
    done([]);
  },
};
