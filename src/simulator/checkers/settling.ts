import { maxFaulty } from '../../pbft/quorum.ts';

/**
 * How long a cluster may take to find its feet. While trouble lasts, timeouts may double up to its
 * length D; then up to f+1 primaries in a row may be faulty, each waited for twice as long as the
 * one before (§4.5.2). So the bound is (D + T) · 2^(f+2), T the request timeout.
 */
export class Settling {
  private readonly n: number;
  private readonly requestTimeoutUs: number;
  /** Since when nothing has been wrong; null while something is. */
  wellSinceUs: number | null = 0;
  private troubledSinceUs = 0;
  private troubleUs = 0;

  constructor(n: number, requestTimeoutMs: number) {
    this.n = n;
    this.requestTimeoutUs = requestTimeoutMs * 1000;
  }

  /** Something changed. Trouble that comes before the last one was digested adds to it. */
  note(well: boolean, atUs: number): void {
    const digested = this.wellSinceUs !== null && atUs - this.wellSinceUs > this.boundUs;
    if (digested) this.troubledSinceUs = atUs;
    this.troubleUs = atUs - this.troubledSinceUs;
    this.wellSinceUs = well ? atUs : null;
  }

  get boundUs(): number {
    return (this.troubleUs + this.requestTimeoutUs) * 2 ** (maxFaulty(this.n) + 2);
  }
}
