import type { Broken } from '../parameters.ts';
import type { HostileBehaviour } from './kit.ts';
import { requestFrame, sendTo } from './send.ts';

/** One in so many is asked about: a quorum's answer to each would be a load of its own. */
const askedEvery = 4;
const brokenInTurn: readonly Broken[] = ['space', 'stake', 'work', 'time', 'signature'];

/**
 * Sends well-formed requests by the dozen, each with one proof that does not hold. May make them as
 * true to life as it can; none is honoured, whatever the verdict costs those who check it.
 */
export const poison: HostileBehaviour = {
  enrols: true,
  misdeed(kit, round, done) {
    const broken = brokenInTurn[round % brokenInTurn.length] ?? 'work';
    const requestId = `poison-${kit.client}-${round}`;
    const wanted = { requestId, name: `host-${round}.${kit.domain}`, broken };
    kit.prove({ ...wanted, sequence: kit.nextSequence() }, (operation) => {
      sendTo(kit, kit.replicas, requestFrame(operation));
      done(round % askedEvery === 0 ? [{ operation, broken: true }] : []);
    });
  },
};
