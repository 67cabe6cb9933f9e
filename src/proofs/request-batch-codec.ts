import { assert } from '../base/assert.ts';
import { equalBytes } from '../base/bytes.ts';
import { type Decoded, decode, type Reader, Writer } from '../base/codec.ts';
import { limits } from './limits.ts';
import type { Beacon, ProvenSubject } from './request.ts';
import type { RequestBatch } from './request-batch.ts';
import {
  readBeacon,
  readSpace,
  readStake,
  readSubject,
  subjectBytes,
  writeBeacon,
  writeSpace,
  writeStake,
} from './request-codec.ts';
import type { SpaceProof } from './space.ts';
import { timeNonceBytes } from './time.ts';

/** The canonical bytes of a batch; {@link decodeRequestBatch} accepts no others. */
export function encodeRequestBatch({ requests, signature }: RequestBatch): Uint8Array {
  const [first] = requests;
  assert(first !== undefined, 'a batch of no requests');
  const writer = new Writer(32 * 1024);
  writeBeacon(writer, first.proofs.time.beacon);
  writeSpace(writer, first.proofs.space);
  writer.list(requests, writeOwn);
  return writer.bytes(signature).finish();
}

function writeOwn(writer: Writer, { subject, proofs }: ProvenSubject): void {
  const { stake, work, time } = proofs;
  writer.fixed(subjectBytes(subject));
  writeStake(writer, stake);
  writer.u53(work.nonce).u53(time.timestamp).u53(time.sequence).fixed(time.nonce);
}

export function readRequestBatch(reader: Reader): RequestBatch {
  const beacon = readBeacon(reader);
  const space = readSpace(reader);
  const requests = reader.list(limits.batchedRequests, 'requests', (r) =>
    readOwn(r, beacon, space),
  );
  const [first] = requests;
  if (first === undefined) return reader.fail('requests: none');
  const { nodeId } = first.subject;
  const stray = requests.findIndex(({ subject }) => !equalBytes(subject.nodeId, nodeId));
  if (stray >= 0) reader.fail(`requests[${stray}]: of another node than the first`);
  return { requests, signature: reader.bytes(limits.signatureBytes, 'signature') };
}

function readOwn(reader: Reader, beacon: Beacon, space: SpaceProof): ProvenSubject {
  const subject = readSubject(reader);
  const stake = readStake(reader);
  const work = { nonce: reader.u53('work.nonce') };
  const timestamp = reader.u53('time.timestamp');
  const sequence = reader.u53('time.sequence');
  const nonce = reader.fixed(timeNonceBytes, 'time.nonce');
  return { subject, proofs: { space, stake, work, time: { timestamp, beacon, sequence, nonce } } };
}

export function decodeRequestBatch(bytes: Uint8Array): Decoded<RequestBatch> {
  return decode(bytes, readRequestBatch);
}
