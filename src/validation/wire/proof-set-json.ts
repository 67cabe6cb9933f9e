import { z } from 'zod';
import { concatBytes, toHex } from '../../base/bytes.ts';
import { hashesIn } from '../../proofs/label-tree.ts';
import { limits as proofLimits } from '../../proofs/limits.ts';
import type { ProofSet } from '../../proofs/request.ts';
import { timeNonceBytes } from '../../proofs/time.ts';
import { bytesOf, count, hash } from '../../runtime/json-format.ts';
import { hexOfExactly, moment, momentOf, nodeKey } from './formats.ts';

const u32 = z.number().int().min(0).max(0xffff_ffff);

/** All four proofs with everything they hold: what the node key signs, besides the subject. */
export const proofSetSchema = z.strictObject({
  space: z.strictObject({
    root: hash,
    labels: u32,
    scale_factor: u32,
    opened: z.array(hash).max(proofLimits.openedLabels),
    siblings: z.array(hash).max(proofLimits.siblings),
  }),
  stake: z.strictObject({ account: nodeKey, amount: count, commitment: hash }),
  work: z.strictObject({ nonce: count }),
  time: z.strictObject({
    timestamp: moment,
    beacon: z.strictObject({ epoch: count, value: hash }),
    sequence: count,
    nonce: hexOfExactly(timeNonceBytes),
  }),
});

export type ProofSetJson = z.infer<typeof proofSetSchema>;

export function proofSetFromJson({ space, stake, work, time }: ProofSetJson): ProofSet {
  return {
    space: {
      root: space.root,
      labels: space.labels,
      scaleFactor: space.scale_factor,
      opened: space.opened.map(bytesOf),
      siblings: concatBytes(...space.siblings.map(bytesOf)),
    },
    stake: {
      account: bytesOf(stake.account),
      amount: stake.amount,
      commitment: stake.commitment,
    },
    work: { nonce: work.nonce },
    time: {
      timestamp: Date.parse(time.timestamp),
      beacon: time.beacon,
      sequence: time.sequence,
      nonce: bytesOf(time.nonce),
    },
  };
}

/** Times must be ones that {@link moment} can say. */
export function proofSetToJson({ space, stake, work, time }: ProofSet): ProofSetJson {
  return {
    space: {
      root: space.root,
      labels: space.labels,
      scale_factor: space.scaleFactor,
      opened: space.opened.map(toHex),
      siblings: hashesIn(space.siblings).map(toHex),
    },
    stake: {
      account: toHex(stake.account),
      amount: stake.amount,
      commitment: stake.commitment,
    },
    work: { nonce: work.nonce },
    time: {
      timestamp: momentOf(time.timestamp),
      beacon: { ...time.beacon },
      sequence: time.sequence,
      nonce: toHex(time.nonce),
    },
  };
}
