import { expect, it } from 'vitest';
import { nopOperation } from '../../src/ledger/operation.ts';
import { decodeMessage } from '../../src/pbft/message-codec.ts';
import { Mesh } from './mesh.ts';

it('tells the network which frames are copies of what may be under way', async () => {
  const mesh = new Mesh({});
  await mesh.start();
  mesh.request(2, nopOperation(new Uint8Array([1])));
  mesh.fireTimers(2);
  await mesh.settle();
  const kinds = mesh.copies.map((copies) =>
    copies.map((frame) => {
      const decoded = decodeMessage(frame);
      return decoded.ok ? decoded.value.type : decoded.reason;
    }),
  );
  expect(kinds).toEqual([[], [], ['request'], []]);
});
