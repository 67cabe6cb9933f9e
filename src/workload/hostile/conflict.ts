import type { HostileBehaviour, HostileKit } from './kit.ts';
import { payment, requestFrame, sendTo } from './send.ts';

/**
 * Tells half of the replicas one thing and the other half another: two payments with one sequence,
 * or two certificate requests under one id. May sign whatever it likes with its own key, and send
 * whatever to whom it likes; may not sign for others. At most one of the two is honoured.
 */
export const conflict: HostileBehaviour = {
  enrols: true,
  misdeed(kit, round, done) {
    const sequence = kit.nextSequence();
    const told = (one: Uint8Array, other: Uint8Array): void => {
      tellHalves(kit, one, other);
      done([one, other].map((operation) => ({ operation, broken: false })));
    };
    if (round % 2 === 0) return told(payment(kit, sequence, 0), payment(kit, sequence, 1));
    const requestId = `twice-${kit.client}-${round}`;
    const wanted = { requestId, sequence, broken: null };
    kit.prove({ ...wanted, name: `one-${round}.${kit.domain}` }, (one) => {
      kit.prove({ ...wanted, name: `other-${round}.${kit.domain}` }, (other) => told(one, other));
    });
  },
};

function tellHalves(kit: HostileKit, one: Uint8Array, other: Uint8Array): void {
  const half = Math.ceil(kit.replicas.length / 2);
  sendTo(kit, kit.replicas.slice(0, half), requestFrame(one));
  sendTo(kit, kit.replicas.slice(half), requestFrame(other));
}
