import { concatBytes, equalBytes, fromHex, Scratch, utf8 } from '../base/bytes.ts';
import { Writer } from '../base/codec.ts';
import { type Digest, digest } from '../base/digest.ts';
import { asRead } from '../base/known-digests.ts';
import { memo } from '../base/memo.ts';
import type { SignatureScheme, Signer } from '../base/signature.ts';
import type {
  Envelope,
  Message,
  Operation,
  PrePrepare,
  ReplicaIndex,
  Statement,
} from './messages.ts';
import type { ValidatorSet, VerifyVote } from './replica.ts';
import { encodeVote } from './statement-codec.ts';

const domain = utf8('hypermesh/statement\0');

/**
 * What signatures of one membership epoch are bound to: votes of another epoch are no votes here.
 * Epoch 0 goes by the cluster's own chain id.
 */
export function epochChainId(chainId: Digest, epoch: number): Digest {
  if (epoch === 0) return chainId;
  const bytes = new Writer(40).digest(chainId).u53(epoch).finish();
  return digest('hypermesh/epoch', bytes);
}

/** Domain tag ‖ chain id of the last chain asked for: a process has one at a time. */
let prefix = { chainId: '', length: 0 };
/** Where prefix and payload stand side by side: only what is longer gets memory of its own. */
const scratch = new Scratch(4096);

/** The bytes under a signature: domain tag ‖ chain id ‖ payload. Good until the next call. */
function signedBytes(chainId: Digest, payload: Uint8Array): Uint8Array {
  if (prefix.chainId !== chainId) {
    const bytes = concatBytes(domain, fromHex(chainId) ?? new Uint8Array());
    scratch.bytes.set(bytes);
    prefix = { chainId, length: bytes.length };
  }
  const sizeBytes = prefix.length + payload.length;
  if (sizeBytes > scratch.bytes.length) return concatBytes(scratch.first(prefix.length), payload);
  scratch.bytes.set(payload, prefix.length);
  return scratch.first(sizeBytes);
}

/** Encodes and signs a statement. */
export function seal<S extends Statement>(
  statement: S,
  sender: ReplicaIndex,
  signer: Signer,
  chainId: Digest,
): Envelope<S> {
  const payload = encodeVote(statement);
  return { sender, payload, statement, signature: signer.sign(signedBytes(chainId, payload)) };
}

interface Verdict {
  readonly validators: ValidatorSet;
  readonly replica: ReplicaIndex;
  readonly payload: Uint8Array;
  readonly ok: boolean;
}

/** What was verified before, by the signature's own bytes object: goes when the message goes. */
const verdicts = memo<Verdict>();

/**
 * The verifier of one validator set's votes: false for an index outside it. Never verifies twice.
 */
export function voteVerifier(scheme: SignatureScheme, validators: ValidatorSet): VerifyVote {
  return (replica, payload, signature) => {
    const known = verdicts.get(signature);
    if (
      known?.validators === validators &&
      known.replica === replica &&
      equalBytes(known.payload, payload)
    ) {
      return known.ok;
    }
    const publicKey = validators.publicKeys[replica];
    const ok =
      publicKey !== undefined &&
      scheme.verify(publicKey, signedBytes(validators.chainId, payload), signature);
    verdicts.set(signature, { validators, replica, payload, ok });
    return ok;
  };
}

const headerDigests = memo<Digest>();
/** The header asked for last, because every vote of a slot asks for the same one. */
let lastNamed: { readonly payload: Uint8Array; readonly digest: Digest } | null = null;

/** Names a header in prepares and commits: taken of its payload, without sender or signature. */
export function headerDigest({ payload }: Envelope<PrePrepare>): Digest {
  if (lastNamed?.payload === payload) return lastNamed.digest;
  let found = headerDigests.get(payload);
  if (found === undefined) {
    found = asRead(digest('hypermesh/header', payload));
    headerDigests.set(payload, found);
  }
  lastNamed = { payload, digest: found };
  return found;
}

const requestDigests = memo<Digest>();

/** The id by which a request is known everywhere: a request is its bytes. */
export function requestDigest(operation: Operation): Digest {
  let found = requestDigests.get(operation);
  if (found === undefined) {
    found = asRead(digest('hypermesh/request', operation));
    requestDigests.set(operation, found);
  }
  return found;
}

const batchDigests = memo<Digest>();

/** What a header commits to; the empty batch has a digest of its own, {@link nullBatchDigest}. */
export function batchDigest(batch: readonly Operation[]): Digest {
  let found = batchDigests.get(batch);
  if (found === undefined) {
    const writer = new Writer(4 + 32 * batch.length);
    writer.list(batch, (w, operation) => w.digest(requestDigest(operation)));
    found = digest('hypermesh/batch', writer.finishBrief());
    batchDigests.set(batch, found);
  }
  return found;
}

/** §4.4: the null request that fills a gap; executing it changes nothing. */
export const nullBatchDigest: Digest = batchDigest([]);

/** The signed envelope at the outside of a message, or null for one that needs no signature. */
export function outerEnvelope(message: Message): Envelope | null {
  switch (message.type) {
    case 'prePrepare':
      return message.header;
    case 'prepare':
    case 'commit':
    case 'checkpoint':
    case 'viewChange':
    case 'newView':
    case 'reply':
      return message.vote;
    default:
      return null;
  }
}
