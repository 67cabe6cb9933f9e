import { toHex } from '../base/bytes.ts';
import type { SignatureScheme } from '../base/signature.ts';
import { type LedgerOperation, orderBytes } from '../ledger/operation.ts';
import type { CertificateRequest } from '../proofs/request.ts';
import { batchSigner } from '../proofs/request-batch.ts';
import { signedRequestBytes } from '../proofs/request-codec.ts';
import { Problem, problems } from './problem.ts';
import type { TokenBuckets } from './token-buckets.ts';

/** A client's name among the token buckets. */
export function nodeClient(nodeId: Uint8Array): string {
  return `node ${toHex(nodeId)}`;
}

export function addressClient(address: string): string {
  return `address ${address}`;
}

export interface AdmissionOptions {
  readonly chainId: string;
  readonly scheme: SignatureScheme;
  readonly buckets: TokenBuckets;
  readonly onThrottled?: () => void;
}

/**
 * Who asks, and whether as often as that: the node whose key signed what is asked, or, for what
 * nobody signed and what was asked before, the address it comes from. Who repeats another's body
 * thus uses up its own tokens, never that node's.
 */
export class Admission {
  private readonly options: AdmissionOptions;

  constructor(options: AdmissionOptions) {
    this.options = options;
  }

  /** The node key signed subject and proofs, for this cluster. */
  isAuthentic({ subject, proofs, signature }: CertificateRequest): boolean {
    const { chainId, scheme } = this.options;
    return scheme.verify(subject.nodeId, signedRequestBytes(chainId, subject, proofs), signature);
  }

  /** The holder that signed an operation of the ledger; null: nobody did. */
  signerOf(value: LedgerOperation): Uint8Array | null {
    if (value.type === 'validate') {
      return this.isAuthentic(value.request) ? value.request.subject.nodeId : null;
    }
    if (value.type === 'validateBatch') {
      const { chainId, scheme } = this.options;
      return batchSigner(value.batch, chainId, scheme);
    }
    if (value.type !== 'order') return null;
    const { nodeId, unsigned, signature } = value;
    const { chainId, scheme } = this.options;
    return scheme.verify(nodeId, orderBytes(chainId, unsigned), signature) ? nodeId : null;
  }

  /**
   * Whose bucket pays for a body that `nodeId` signed (null: nobody did). What was asked before
   * anybody can ask again, so only nodes with a rate of their own pay for it themselves.
   */
  payerOf(nodeId: Uint8Array | null, isNew: boolean, address: string): string {
    if (nodeId === null) return addressClient(address);
    const node = nodeClient(nodeId);
    const own = isNew || this.options.buckets.hasRateOfItsOwn(node);
    return own ? node : addressClient(address);
  }

  /** Throws the 429 of a client that asked too often. */
  admit(client: string, requestId?: string): void {
    const taken = this.options.buckets.take(client);
    if (taken.ok) return;
    this.options.onThrottled?.();
    const named = requestId === undefined ? {} : { requestId };
    throw new Problem(problems.throttled, { ...named, retryAfterMs: taken.retryAfterMs });
  }
}
