import type { HostileBehaviour } from './kit.ts';
import { payment, requestFrame, sendTo } from './send.ts';

/**
 * Tells each request to one backup and to nobody else, to have it suspect the primary. May choose
 * whom it asks; the backup passes the request on, and no view ends for it (§4.4).
 */
export const oneBackup: HostileBehaviour = {
  enrols: false,
  misdeed(kit, round, done) {
    const { replicas } = kit;
    const operation = payment(kit, kit.nextSequence(), 0);
    const backup = 1 + (round % (replicas.length - 1));
    sendTo(kit, replicas.slice(backup, backup + 1), requestFrame(operation));
    done([{ operation, broken: false }]);
  },
};
