import type { Message, Operation } from './messages.ts';

/** More than all but certificates and batches take; those grow once or twice. */
export const usualBytes = 1024;
/** What stands in an answer beside its result and path. */
const answerBytes = 32 + 4 * 4;

/** Bytes that will do for a frame: to grow to those of a batch by doubling copies it twice. */
export function roomFor(message: Message): number {
  switch (message.type) {
    case 'prePrepare':
    case 'decided':
    case 'batch':
      return usualBytes + batchRoom(message.batch);
    case 'request':
      return usualBytes + message.operation.length;
    case 'reply': {
      let sizeBytes = usualBytes;
      for (const { result, path } of message.answers) {
        sizeBytes += answerBytes + result.length + 32 * path.length;
      }
      return sizeBytes;
    }
    default:
      return usualBytes;
  }
}

/** Bytes of a batch as it is written. */
export function batchRoom(batch: readonly Operation[]): number {
  let sizeBytes = 4;
  for (const { length } of batch) sizeBytes += 4 + length;
  return sizeBytes;
}
