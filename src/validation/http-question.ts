import { equalBytes, toHex } from '../base/bytes.ts';
import type { HttpQuestion } from './http-transport.ts';
import { maxAnswerBytes } from './limits.ts';
import { certificateBodyOf, certificateOperation } from './wire/certificate-body.ts';

/**
 * How a node is asked for an operation: a certificate request in the words of the contract, so that
 * the node can count and show it as one; everything else, and what those words cannot say, as the
 * bytes that are ordered. `sentAtMs`: the sender's clock, milliseconds since 1970.
 */
export function questionOf(operation: Uint8Array, sentAtMs: number): HttpQuestion {
  const body = certificateBodyOf(operation, sentAtMs);
  if (body.ok) {
    const read = certificateOperation(body.value);
    if (read.ok && equalBytes(read.operation, operation)) {
      return post('/consensus/validation/certificate', body.value);
    }
  }
  return post('/consensus/operations', { operation: toHex(operation) });
}

function post(path: string, body: unknown): HttpQuestion {
  return { method: 'POST', path, body: JSON.stringify(body), maxBytes: maxAnswerBytes };
}
