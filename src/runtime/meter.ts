/** What a node spends its time on. Each stage is charged apart from those that run inside it. */
export const stages = [
  'decode',
  'verify',
  'proofs',
  'consensus',
  'sign',
  'journal',
  'execute',
  'encode',
  'send',
] as const;
export type Stage = (typeof stages)[number];

/** Told where time goes. Never asked: nothing depends on what it counts. */
export interface Meter {
  /** From now on `stage` runs; gives what ran before, for {@link leave}. */
  enter(stage: Stage): Stage | null;
  leave(before: Stage | null): void;
}

/** Counts nothing: for nodes nobody measures, as in virtual time. */
export const noMeter: Meter = { enter: () => null, leave: () => undefined };

export type StageTimes = Readonly<Record<Stage, number>>;

/**
 * A stopwatch with one hand. It runs by the wall, so when the machine is busy with others their
 * time is charged too, to all stages alike: trust shares, not milliseconds.
 */
export class StageMeter implements Meter {
  private readonly spent: Record<Stage, number> = {
    decode: 0,
    verify: 0,
    proofs: 0,
    consensus: 0,
    sign: 0,
    journal: 0,
    execute: 0,
    encode: 0,
    send: 0,
  };
  private running: Stage | null = null;
  private sinceMs = 0;

  enter(stage: Stage): Stage | null {
    const before = this.running;
    this.turnTo(stage);
    return before;
  }

  leave(before: Stage | null): void {
    this.turnTo(before);
  }

  /** Time spent elsewhere, as on another thread. */
  add(stage: Stage, ms: number): void {
    this.spent[stage] += ms;
  }

  /** Milliseconds in each stage since the beginning. */
  read(): StageTimes {
    this.turnTo(this.running);
    return { ...this.spent };
  }

  private turnTo(stage: Stage | null): void {
    const nowMs = performance.now();
    if (this.running !== null) this.spent[this.running] += nowMs - this.sinceMs;
    this.running = stage;
    this.sinceMs = nowMs;
  }
}

/** What `run` gives, its time charged to `stage`. */
export function within<T>(meter: Meter, stage: Stage, run: () => T): T {
  const before = meter.enter(stage);
  try {
    return run();
  } finally {
    meter.leave(before);
  }
}
