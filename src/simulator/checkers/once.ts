import { OnceWatch } from '../../workload/hostile/once-watch.ts';
import type { Acknowledged, Checker, Finding } from './checker.ts';

/** One operation has one answer, and of two with one id or one sequence at most one is honoured. */
export class OnceChecker implements Checker {
  readonly name = 'once';
  private readonly watch = new OnceWatch();

  onAcknowledged({ operation, certified }: Acknowledged): Finding | null {
    const detail = this.watch.see(operation, certified.answer.result);
    const { sequence } = certified.certificate.statement;
    return detail === null ? null : { sequence, replicas: [], detail };
  }
}
