import { concatBytes } from '../base/bytes.ts';
import { type Decoded, decode, type Reader, Writer } from '../base/codec.ts';
import { type Digest, digestToBytes } from '../base/digest.ts';
import { maxSignatureBytes, publicKeyBytes, type Signer } from '../base/signature.ts';
import { type NetworkPosition, readPosition, writePosition } from '../proofs/network-position.ts';
import {
  type PlotRegistration,
  readRegistration,
  writeRegistration,
} from '../proofs/registration.ts';
import type { Beacon, CertificateRequest } from '../proofs/request.ts';
import type { RequestBatch } from '../proofs/request-batch.ts';
import { encodeRequestBatch, readRequestBatch } from '../proofs/request-batch-codec.ts';
import {
  encodeRequest,
  readBeacon,
  readRequest,
  readSpace,
  writeBeacon,
  writeSpace,
} from '../proofs/request-codec.ts';
import type { SpaceProof } from '../proofs/space.ts';
import { limits } from './limits.ts';

/** What an account holder orders with its own signature. */
export type HolderOrder =
  | {
      readonly type: 'registerPlot';
      /** Decides which labels are opened: one of the two accepted at execution. */
      readonly beacon: Beacon;
      readonly registration: PlotRegistration;
      /** Where the node is reached, by its own signed word. */
      readonly position?: NetworkPosition | null;
    }
  /** The full challenge of a beacon epoch: `challengeOpenings` labels of the registered plot. */
  | { readonly type: 'attestPlot'; readonly beacon: Beacon; readonly openings: SpaceProof }
  /** Moves free units to another account, which it opens if need be. */
  | {
      readonly type: 'deposit';
      readonly to: Uint8Array;
      readonly amount: number;
      /** For a new account, each covered by a pattern of the giver; empty for an existing one. */
      readonly namePatterns: readonly string[];
    }
  | { readonly type: 'lock'; readonly amount: number; readonly untilMs: number }
  | { readonly type: 'unlock'; readonly amount: number };

/** An order with its holder, its place in the holder's sequence and the holder's signature. */
export interface HolderOperation {
  readonly type: 'order';
  readonly nodeId: Uint8Array;
  readonly sequence: number;
  readonly order: HolderOrder;
  readonly signature: Uint8Array;
  /** What the signature covers, before domain and chain id. */
  readonly unsigned: Uint8Array;
}

export interface ReadmitVote {
  readonly replica: number;
  readonly signature: Uint8Array;
}

export type LedgerOperation =
  | { readonly type: 'validate'; readonly request: CertificateRequest }
  /** Many requests under one signature, each decided on its own. */
  | { readonly type: 'validateBatch'; readonly batch: RequestBatch }
  | HolderOperation
  /** Evidence that proves itself: anybody may bring it. */
  | { readonly type: 'isolate'; readonly evidence: Uint8Array }
  /** A quorum of the other validators takes an isolated replica back. */
  | {
      readonly type: 'readmit';
      readonly replica: number;
      /** Sequence of the isolation it ends: an old readmission cannot end a later one. */
      readonly isolatedAt: number;
      readonly votes: readonly ReadmitVote[];
    }
  /** Changes nothing; its answer brings the beacon. */
  | { readonly type: 'nop'; readonly salt: Uint8Array };

const kinds = {
  validate: 1,
  registerPlot: 2,
  attestPlot: 3,
  deposit: 4,
  lock: 5,
  unlock: 6,
  isolate: 7,
  readmit: 8,
  nop: 9,
  validateBatch: 10,
} as const;

export function validateOperation(request: CertificateRequest): Uint8Array {
  return concatBytes(new Uint8Array([kinds.validate]), encodeRequest(request));
}

export function validateBatchOperation(batch: RequestBatch): Uint8Array {
  return concatBytes(new Uint8Array([kinds.validateBatch]), encodeRequestBatch(batch));
}

/** `salt` (at most 64 bytes) makes two nops different operations. */
export function nopOperation(salt: Uint8Array): Uint8Array {
  return new Writer(72).u8(kinds.nop).bytes(salt).finish();
}

export function isolateOperation(evidence: Uint8Array): Uint8Array {
  return new Writer(evidence.length + 8).u8(kinds.isolate).bytes(evidence).finish();
}

export function readmitOperation(
  replica: number,
  isolatedAt: number,
  votes: readonly ReadmitVote[],
): Uint8Array {
  return new Writer(512)
    .u8(kinds.readmit)
    .u8(replica)
    .u53(isolatedAt)
    .list(votes, (w, vote) => w.u8(vote.replica).bytes(vote.signature))
    .finish();
}

/** What a validator signs to take `replica` back. */
export function readmitBytes(chainId: Digest, replica: number, isolatedAt: number): Uint8Array {
  const writer = new Writer(48).digest(chainId).u8(replica).u53(isolatedAt);
  return digestToBytes('hypermesh/readmit', writer.finish());
}

/** What a holder signs: domain, chain id and every byte before the signature. */
export function orderBytes(chainId: Digest, unsigned: Uint8Array): Uint8Array {
  const writer = new Writer(unsigned.length + 32).digest(chainId).fixed(unsigned);
  return digestToBytes('hypermesh/order', writer.finish());
}

/** Encodes and signs an order of the account whose key is the signer's. */
export function orderOperation(
  chainId: Digest,
  signer: Signer,
  sequence: number,
  order: HolderOrder,
): Uint8Array {
  const writer = new Writer(512).u8(kinds[order.type]).fixed(signer.publicKey).u53(sequence);
  writeOrder(writer, order);
  const unsigned = writer.finish();
  const signature = signer.sign(orderBytes(chainId, unsigned));
  return concatBytes(unsigned, new Writer(72).bytes(signature).finish());
}

function writeOrder(writer: Writer, order: HolderOrder): void {
  switch (order.type) {
    case 'registerPlot':
      writeBeacon(writer, order.beacon);
      writeRegistration(writer, order.registration);
      return writePosition(writer, order.position ?? null);
    case 'attestPlot':
      writeBeacon(writer, order.beacon);
      return writeSpace(writer, order.openings);
    case 'deposit':
      writer.fixed(order.to).u53(order.amount);
      writer.list(order.namePatterns, (w, pattern) => w.text(pattern));
      return;
    case 'lock':
      writer.u53(order.amount).u53(order.untilMs);
      return;
    case 'unlock':
      writer.u53(order.amount);
  }
}

function readOrder(reader: Reader, kind: number): HolderOrder {
  switch (kind) {
    case kinds.registerPlot:
      return {
        type: 'registerPlot',
        beacon: readBeacon(reader),
        registration: readRegistration(reader),
        position: readPosition(reader),
      };
    case kinds.attestPlot:
      return { type: 'attestPlot', beacon: readBeacon(reader), openings: readSpace(reader) };
    case kinds.deposit:
      return {
        type: 'deposit',
        to: reader.fixed(publicKeyBytes, 'to'),
        amount: reader.u53('amount'),
        namePatterns: reader.list(limits.namePatterns, 'namePatterns', readPattern),
      };
    case kinds.lock:
      return { type: 'lock', amount: reader.u53('amount'), untilMs: reader.u53('untilMs') };
    case kinds.unlock:
      return { type: 'unlock', amount: reader.u53('amount') };
    default:
      return reader.fail(unknownKind(kind));
  }
}

function unknownKind(kind: number): string {
  return `kind: ${kind} is no operation`;
}

/** Patterns come back in refusals, whose text is bounded in bytes: so they are ASCII. */
export const patternShape = /^[A-Za-z0-9._*:-]{1,253}$/;

function readPattern(reader: Reader): string {
  const pattern = reader.text(limits.patternBytes, 'namePatterns');
  if (!patternShape.test(pattern)) reader.fail('namePatterns: 1 to 253 of [A-Za-z0-9._*:-]');
  return pattern;
}

function readHolderOperation(reader: Reader, kind: number, bytes: Uint8Array): HolderOperation {
  const nodeId = reader.fixed(publicKeyBytes, 'nodeId');
  const sequence = reader.u53('sequence');
  const order = readOrder(reader, kind);
  const unsigned = bytes.subarray(0, bytes.length - reader.remaining);
  const signature = reader.bytes(maxSignatureBytes, 'signature');
  return { type: 'order', nodeId, sequence, order, signature, unsigned };
}

/** True for the kinds that carry signatures or openings to check before execution. */
export function carriesProofs(operation: Uint8Array): boolean {
  const kind = operation[0] ?? 0;
  return (kind >= kinds.validate && kind <= kinds.unlock) || kind === kinds.validateBatch;
}

export function isIsolation(operation: Uint8Array): boolean {
  return operation[0] === kinds.isolate;
}

export function isRegistration(operation: Uint8Array): boolean {
  return operation[0] === kinds.registerPlot;
}

const known: ReadonlySet<number> = new Set(Object.values(kinds));

export function decodeOperation(bytes: Uint8Array): Decoded<LedgerOperation> {
  const [first] = bytes;
  // Anybody can send these, and to throw, as a reader does, costs as much as to order one.
  if (first !== undefined && !known.has(first)) return { ok: false, reason: unknownKind(first) };
  return decode(bytes, (reader): LedgerOperation => {
    const kind = reader.u8('kind');
    switch (kind) {
      case kinds.validate:
        return { type: 'validate', request: readRequest(reader) };
      case kinds.validateBatch:
        return { type: 'validateBatch', batch: readRequestBatch(reader) };
      case kinds.isolate:
        return { type: 'isolate', evidence: reader.bytes(limits.evidenceBytes, 'evidence') };
      case kinds.readmit:
        return {
          type: 'readmit',
          replica: reader.u8('replica'),
          isolatedAt: reader.u53('isolatedAt'),
          votes: reader.list(limits.replicas, 'votes', (r) => ({
            replica: r.u8('votes.replica'),
            signature: r.bytes(maxSignatureBytes, 'votes.signature'),
          })),
        };
      case kinds.nop:
        return { type: 'nop', salt: reader.bytes(limits.saltBytes, 'salt') };
      default:
        return readHolderOperation(reader, kind, bytes);
    }
  });
}
