import { isIPv6 } from 'node:net';
import { limits } from './limits.ts';

interface Bucket {
  tokens: number;
  atMs: number;
}

/**
 * Counts answers over UDP by the network they go to. Whoever forges the address of a victim gets
 * it so many answers a second and no more; the rest are empty with the TC bit, which a real client
 * follows up over TCP and nobody can amplify with.
 */
export class AnswerGuard {
  private readonly buckets = new Map<string, Bucket>();

  /** True when an answer of full length may go to `address`. */
  allows(address: string, nowMs: number): boolean {
    const network = networkOf(address);
    const bucket = this.buckets.get(network) ?? { tokens: limits.answerBurst, atMs: nowMs };
    const earned = (Math.max(0, nowMs - bucket.atMs) / 1000) * limits.answersPerSecond;
    bucket.tokens = Math.min(limits.answerBurst, bucket.tokens + earned);
    bucket.atMs = nowMs;
    // Counted longest ago goes first: set again, it stands last.
    this.buckets.delete(network);
    this.buckets.set(network, bucket);
    if (this.buckets.size > limits.countedNetworks) {
      this.buckets.delete(this.buckets.keys().next().value as string);
    }
    if (bucket.tokens < 1) return false;
    bucket.tokens -= 1;
    return true;
  }
}

/** The /24 of an IPv4 address, the first four groups (at most a /64) of an IPv6 one. */
function networkOf(address: string): string {
  const [separator, groups] = isIPv6(address) ? [':', 4] : ['.', 3];
  return address.split(separator).slice(0, groups).join(separator);
}
