import { monitorEventLoopDelay } from 'node:perf_hooks';

/** A pause as long as this is always seen. Each look wakes the process, be it idle or not. */
const resolutionMs = 40;
const nanosecondsPerSecond = 1e9;

export interface EventLoopLag {
  readonly p50Seconds: number;
  readonly p99Seconds: number;
  readonly maxSeconds: number;
}

/**
 * How late the event loop was of late. Windows of fixed length, so that it does not matter who
 * looks, or how often: a reader that reset the measure would take it from the others.
 */
export class EventLoopWatch {
  private readonly histogram = monitorEventLoopDelay({ resolution: resolutionMs });
  private readonly timer: NodeJS.Timeout;
  private last: EventLoopLag | null = null;

  constructor(windowMs = 10_000) {
    this.histogram.enable();
    this.timer = setInterval(() => {
      this.last = this.measure();
      this.histogram.reset();
    }, windowMs);
    this.timer.unref();
  }

  /** Of the last full window; of the first one while it lasts. */
  get lag(): EventLoopLag {
    return this.last ?? this.measure();
  }

  stop(): void {
    clearInterval(this.timer);
    this.histogram.disable();
  }

  /** The monitor's own interval is in what it measures. */
  private measure(): EventLoopLag {
    const secondsOf = (nanoseconds: number) =>
      Math.max(0, nanoseconds / nanosecondsPerSecond - resolutionMs / 1000) || 0;
    return {
      p50Seconds: secondsOf(this.histogram.percentile(50)),
      p99Seconds: secondsOf(this.histogram.percentile(99)),
      maxSeconds: secondsOf(this.histogram.max),
    };
  }
}
