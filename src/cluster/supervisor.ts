import type { Fleet } from './fleet.ts';

/** The first wait before a killed replica is started again; doubled each further time. */
const firstDelayMs = 200;
/** A replica killed more often than this is left down. */
const maxRestarts = 5;

/**
 * Starts replicas again that somebody killed, as an operator's service manager would. What the
 * timeline crashes stays down until the timeline restarts it, and a replica that stopped with an
 * error is left alone: started again it would only fail again.
 */
export class Supervisor {
  private readonly fleet: Pick<Fleet, 'restart' | 'ready'>;
  private readonly onRestart: (replica: number) => void;
  private readonly onError: (error: unknown) => void;
  private readonly restarts = new Map<number, number>();
  private readonly timers = new Set<NodeJS.Timeout>();
  private stopped = false;

  constructor(
    fleet: Pick<Fleet, 'restart' | 'ready'>,
    onRestart: (replica: number) => void,
    onError: (error: unknown) => void,
  ) {
    this.fleet = fleet;
    this.onRestart = onRestart;
    this.onError = onError;
  }

  onKilled(replica: number): void {
    const count = this.restarts.get(replica) ?? 0;
    if (this.stopped || count >= maxRestarts) return;
    this.restarts.set(replica, count + 1);
    const timer = setTimeout(
      () => {
        this.timers.delete(timer);
        if (this.fleet.ready.includes(replica)) return; // the timeline was quicker
        this.onRestart(replica);
        this.fleet.restart(replica, 'kept').catch(this.onError);
      },
      firstDelayMs * 2 ** count,
    );
    this.timers.add(timer);
  }

  /** True while a killed replica is still to be started again. */
  get waiting(): boolean {
    return this.timers.size > 0;
  }

  stop(): void {
    this.stopped = true;
    for (const timer of this.timers) clearTimeout(timer);
    this.timers.clear();
  }
}
