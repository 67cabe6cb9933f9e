import { Writer } from '../../base/codec.ts';
import { isSignedByLog, type LogKey } from './log-key.ts';

/** A signed tree head (RFC 6962 §3.5). */
export interface SignedTreeHead {
  readonly treeSize: number;
  /** Milliseconds since 1970. */
  readonly timestampMs: number;
  readonly rootHash: Uint8Array;
  /** ECDSA in DER. */
  readonly signature: Uint8Array;
}

type TreeHead = Omit<SignedTreeHead, 'signature'>;

/** §3.5 TreeHeadSignature: version 1, type tree_hash. */
function signedByTreeHead({ timestampMs, treeSize, rootHash }: TreeHead): Uint8Array {
  return new Writer().u8(0).u8(1).u53(timestampMs).u53(treeSize).fixed(rootHash).finish();
}

export function signTreeHead(key: LogKey, head: TreeHead): SignedTreeHead {
  return { ...head, signature: key.sign(signedByTreeHead(head)) };
}

export function verifyTreeHead(logPublicKey: Uint8Array, head: SignedTreeHead): boolean {
  return isSignedByLog(logPublicKey, signedByTreeHead(head), head.signature);
}
