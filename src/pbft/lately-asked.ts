import { equalBytes } from '../base/bytes.ts';
import type { Operation } from './messages.ts';

/**
 * Requests that came by themselves lately, in places by some of their bytes. A client sends its
 * request to every replica, and the batch that orders it brings it again: the one that came first
 * has its digest and its verdict already, and its memory is not that of a whole batch.
 */
const lately: (Operation | undefined)[] = new Array(4096).fill(undefined);
/** What is longer is rare, and would be kept for long. */
const maxBytes = 4096;

/** Bytes looked at all over an operation, and at its end, where signatures are. */
const spread = 16;
const atEnd = 8;

function placeOf(operation: Operation): number {
  const { length } = operation;
  let mixed = length;
  for (let i = 0; i < spread; i++) {
    mixed = (Math.imul(mixed, 31) + (operation[(length * i) >>> 4] as number)) | 0;
  }
  for (let i = 1; i <= atEnd && i <= length; i++) {
    mixed = (Math.imul(mixed, 31) + (operation[length - i] as number)) | 0;
  }
  return (mixed ^ (mixed >>> 15)) & (lately.length - 1);
}

/** Keeps a request that came by itself, until another takes its place. */
export function keepAsked(operation: Operation): Operation {
  if (operation.length > 0 && operation.length <= maxBytes) lately[placeOf(operation)] = operation;
  return operation;
}

/** The same bytes as they came by themselves, or else the operation as it is. */
export function asAsked(operation: Operation): Operation {
  const known = lately[placeOf(operation)];
  return known !== undefined && equalBytes(known, operation) ? known : operation;
}
