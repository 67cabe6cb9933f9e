import type { TrustchainHealth } from '../http/trustchain-parts.ts';
import type { NodeProver } from '../prover/node-prover.ts';
import type { Clock } from '../runtime/ports.ts';
import type { Validator, ValidatorOutcome } from '../runtime/validator.ts';
import type { CertificateAuthority } from '../trustchain/authority.ts';
import type { AnsweringLog } from '../trustchain/log/answers.ts';
import type { RequestDesk } from '../trustchain/request-desk.ts';
import { quorumFreshMs } from './trustchain-watch.ts';

/** A validator that remembers when a quorum last answered through it, and tells of every end. */
export class HeardValidator implements Validator {
  /** An operation was answered, or there was no answer in time. */
  onEnded: (operation: Uint8Array) => void = () => undefined;
  private readonly inner: Validator;
  private readonly clock: Clock;
  private heardAtMs: number | null = null;

  constructor(inner: Validator, clock: Clock) {
    this.inner = inner;
    this.clock = clock;
  }

  /** Milliseconds since then; null: never. */
  get heardMs(): number | null {
    return this.heardAtMs === null ? null : this.clock.nowMs() - this.heardAtMs;
  }

  submit(operation: Uint8Array, done: (outcome: ValidatorOutcome) => void): void {
    this.inner.submit(operation, (outcome) => {
      if (outcome.type === 'certified') this.heardAtMs = this.clock.nowMs();
      this.onEnded(operation);
      done(outcome);
    });
  }
}

/** Whether certificates can be issued now, from what was seen and not from what was hoped. */
export function healthOf(of: {
  readonly authority: CertificateAuthority;
  readonly desk: RequestDesk;
  readonly prover: NodeProver;
  readonly log: AnsweringLog;
  readonly validator: HeardValidator;
}): TrustchainHealth {
  const { authority, desk, prover, log, validator } = of;
  const quorumHeardMs = validator.heardMs;
  const enrolled = prover.terms !== null;
  const broken = authority.broken;
  const reasons: string[] = [];
  if (broken !== null) reasons.push(`nothing can be kept on disk: ${broken.message}`);
  if (!enrolled) reasons.push('not enrolled with the cluster');
  if (quorumHeardMs === null) reasons.push('no quorum has answered yet');
  else if (quorumHeardMs > quorumFreshMs) {
    reasons.push(`no quorum has answered for ${Math.round(quorumHeardMs / 1000)} s`);
  }
  if (authority.store.full) reasons.push('the certificate store is full');
  return {
    status: reasons.length === 0 ? 'healthy' : 'unhealthy',
    reasons,
    enrolled,
    quorumHeardMs,
    pending: desk.pending,
    certificates: authority.store.size,
    logSize: log.log.size,
  };
}
