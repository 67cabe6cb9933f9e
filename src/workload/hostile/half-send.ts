import type { HostileBehaviour } from './kit.ts';
import { payment, requestFrame } from './send.ts';

/**
 * Sends every request whole to f replicas, others each time, and half of it to the rest. May stop
 * in the middle of a frame and leave it at that; may not keep a replica from reading others. The
 * request is decided all the same if one correct replica has it, and nobody waits for the half.
 */
export const halfSend: HostileBehaviour = {
  enrols: false,
  misdeed(kit, round, done) {
    const { replicas, f, link } = kit;
    const operation = payment(kit, kit.nextSequence(), 0);
    const frame = requestFrame(operation);
    for (const [index, replica] of replicas.entries()) {
      const turn = (index - round + round * replicas.length) % replicas.length;
      if (turn < f) link.send(replica, frame);
      else link.sendHalf(replica, frame);
    }
    done([{ operation, broken: false }]);
  },
};
