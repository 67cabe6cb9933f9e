import { utf8 } from '../../base/bytes.ts';
import { nopOperation } from '../../ledger/operation.ts';
import type { HostileBehaviour } from './kit.ts';
import { requestFrame, sendTo } from './send.ts';

/** Now and then one that is large: the room for requests is counted in bytes, too. */
const largeEvery = 8;
const largeBytes = 100 * 1024;
/** Of no kind that there is: ordered, and refused. */
const noKind = 255;

/**
 * Asks more than anybody can answer, waiting for nothing: requests that cost it a hash, and some
 * large ones that mean nothing. May send as fast as its link takes it; gets no more than its share
 * of the room that requests wait in, so others are served within the usual bound.
 */
export const flood: HostileBehaviour = {
  enrols: false,
  misdeed(kit, round, done) {
    const small = nopOperation(utf8(`flood ${kit.client} ${round}`));
    const isLarge = round % largeEvery === largeEvery - 1;
    sendTo(kit, kit.replicas, requestFrame(isLarge ? large(small) : small));
    done([]);
  },
};

function large(small: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(largeBytes);
  bytes.set(small);
  bytes[0] = noKind;
  return bytes;
}
