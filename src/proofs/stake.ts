/**
 * Who: the node has something to lose.
 *
 * Proves: at the decision, the replicated ledger held an active account under the node's key with
 * enough stake, locked since before the request and until after the certificate's end, whose
 * holder may use the names and does not vote on its own request.
 *
 * Does not prove: that the stake has any value elsewhere; that different accounts have different
 * owners; who the holder is in the world.
 */
import { equalBytes } from '../base/bytes.ts';
import { Writer } from '../base/codec.ts';
import type { Digest } from '../base/digest.ts';
import type { CertificateSubject, ProofFailure, ProofReport } from './request.ts';

/** Why the holder of a slashed account gets no certificate; other programs read it. */
export const slashedReason = 'account not active';

/** A claim on an account of the ledger. */
export interface StakeProof {
  /** The account is known by its node key, 32 bytes. */
  readonly account: Uint8Array;
  /** Locked amount claimed, in whole units. */
  readonly amount: number;
  /** Binds the claim to one request: see {@link stakeCommitment}. */
  readonly commitment: Digest;
}

/** An account as the check needs it; the ledger keeps it. */
export interface StakeAccount {
  readonly status: 'active' | 'slashed';
  /** Whole units. */
  readonly locked: number;
  readonly lockedSinceMs: number;
  readonly lockedUntilMs: number;
  readonly namePatterns: readonly string[];
}

/** H(domain ‖ context ‖ account ‖ amount): a claim made for one request serves no other. */
export function stakeCommitment(context: Uint8Array, account: Uint8Array, amount: number): Digest {
  return Writer.hashing('hypermesh/stake-claim')
    .fixed(context)
    .fixed(account)
    .u53(amount)
    .toDigest();
}

export function makeStake(context: Uint8Array, account: Uint8Array, amount: number): StakeProof {
  return { account, amount, commitment: stakeCommitment(context, account, amount) };
}

/** What needs no state. `minimumStake` in whole units. */
export function checkStakeClaim(
  proof: StakeProof,
  nodeId: Uint8Array,
  context: Uint8Array,
  minimumStake: number,
): ProofReport {
  const measure = { measured: `${proof.amount} units`, required: `${minimumStake} units` };
  const failures: ProofFailure[] = [];
  if (!equalBytes(proof.account, nodeId)) {
    failures.push(failure('account of another node', 'another key', "the node's key"));
  }
  if (proof.commitment !== stakeCommitment(context, proof.account, proof.amount)) {
    failures.push(failure('made for another request', 'another context', "this request's context"));
  }
  if (proof.amount < minimumStake) {
    failures.push({ proof: 'stake', reason: 'stake too small', ...measure });
  }
  return { ...measure, failures };
}

/** What the ledger asks at execution. `account` is null when the key has none. */
export function checkStakeAccount(
  proof: StakeProof,
  subject: CertificateSubject,
  requestedAtMs: number,
  account: StakeAccount | null,
  votes: boolean,
): ProofFailure[] {
  if (account === null) return [failure('no such account', 'none', 'an account')];
  const failures: ProofFailure[] = [];
  const { locked, lockedSinceMs, lockedUntilMs, status } = account;
  if (status !== 'active') failures.push(failure(slashedReason, status, 'active'));
  if (locked < proof.amount) {
    const required = `${proof.amount} units`;
    failures.push(failure('claims more than is locked', `${locked} units`, required));
  }
  if (lockedSinceMs >= requestedAtMs) {
    const required = `before ${requestedAtMs} ms`;
    failures.push(failure('stake younger than the request', `${lockedSinceMs} ms`, required));
  }
  if (lockedUntilMs <= subject.notAfterMs) {
    const required = `after ${subject.notAfterMs} ms`;
    failures.push(failure('lock ends before the certificate', `${lockedUntilMs} ms`, required));
  }
  if (votes) failures.push(failure('holder is a voting replica', 'a voter', 'not a voter'));
  for (const name of [subject.commonName, ...subject.sanEntries]) {
    if (!account.namePatterns.some((pattern) => nameMatches(name, pattern))) {
      failures.push(failure('name not allowed', name, allowed(account.namePatterns)));
      break;
    }
  }
  return failures;
}

/**
 * `*` stands for every name, `*.suffix` for every name below the suffix (at any depth, never the
 * suffix itself), anything else for itself; letter case does not count (RFC 4343).
 */
export function nameMatches(name: string, pattern: string): boolean {
  const wanted = pattern.toLowerCase();
  const given = name.toLowerCase();
  if (wanted === '*') return true;
  if (!wanted.startsWith('*.')) return given === wanted;
  const suffix = wanted.slice(1);
  return given.endsWith(suffix) && given.length > suffix.length;
}

/** Failures travel in bounded text: a long list is cut. */
function allowed(patterns: readonly string[]): string {
  const text = patterns.length === 0 ? 'no name' : patterns.join(' ');
  return text.length <= 100 ? text : `${text.slice(0, 97)}...`;
}

function failure(reason: string, measured: string, required: string): ProofFailure {
  return { proof: 'stake', reason, measured, required };
}
