import type { Connection, Stream } from '@libp2p/interface';
import { joinFrames } from './frames.ts';
import { maxWriteBytes, redialMaxMs, redialMinMs } from './limits.ts';
import { Outbox } from './outbox.ts';
import { Backoff } from './redial.ts';

/** What a link asks of the network it belongs to. */
export interface LinkHost {
  /** A connection to the peer, dialled if need be; rejects when there is no way to it now. */
  connect(): Promise<Connection>;
  /** Opens the stream that this link writes to. */
  openStream(connection: Connection): Promise<Stream>;
  readonly maxQueuedFrames: number;
  readonly maxQueuedBytes: number;
  wrote(sizeBytes: number): void;
}

/** A stream that lived this long was a success, so the next attempt may come at once. */
const settledMs = 1000;

/**
 * The outgoing half of the way to one peer: a queue of frames and the one long-lived stream they
 * leave by. When the stream breaks it is opened anew, with growing pauses.
 */
export class PeerLink {
  readonly outbox: Outbox;
  lastError: string | null = null;
  private readonly host: LinkHost;
  private readonly backoff = new Backoff(redialMinMs, redialMaxMs, Math.random);
  private stream: Stream | null = null;
  private attempt: 'none' | 'waiting' | 'running' = 'none';
  private timer: NodeJS.Timeout | null = null;
  private closed = false;

  constructor(host: LinkHost) {
    this.host = host;
    this.outbox = new Outbox(host.maxQueuedFrames, host.maxQueuedBytes);
  }

  get connected(): boolean {
    return this.stream !== null;
  }

  /** Opens the stream after `delayMs` unless it is open or about to be. */
  open(delayMs: number): void {
    if (this.closed || this.stream !== null || this.attempt !== 'none') return;
    this.attempt = 'waiting';
    this.timer = setTimeout(() => this.tryOpen(), delayMs);
  }

  /** Something changed for the better (the peer called, its address is known): do not wait. */
  openNow(): void {
    if (this.attempt === 'waiting') {
      clearTimeout(this.timer ?? undefined);
      this.attempt = 'none';
    }
    this.backoff.reset();
    this.open(0);
  }

  /** Writes what waits, as far as the stream takes it; the rest follows when it drains. */
  flush(): void {
    const stream = this.stream;
    if (stream === null) return;
    while (this.outbox.size > 0 && !stream.writableNeedsDrain) {
      const frames = this.outbox.take(maxWriteBytes);
      const bytes = joinFrames(frames);
      try {
        stream.send(bytes);
      } catch (error) {
        // Closed under our hands: its close event opens the next one. The frames are lost.
        this.outbox.dropped += frames.length;
        this.lastError = String(error);
        return;
      }
      this.host.wrote(bytes.length);
    }
  }

  close(): void {
    this.closed = true;
    clearTimeout(this.timer ?? undefined);
    this.outbox.clear();
    this.stream?.abort(new Error('link closed'));
    this.stream = null;
  }

  private tryOpen(): void {
    this.attempt = 'running';
    this.host
      .connect()
      .then((connection) => this.host.openStream(connection))
      .then(
        (stream) => this.opened(stream),
        (error: unknown) => {
          this.attempt = 'none';
          this.lastError = error instanceof Error ? error.message : String(error);
          this.open(this.backoff.nextDelayMs());
        },
      );
  }

  private opened(stream: Stream): void {
    this.attempt = 'none';
    if (this.closed) {
      stream.abort(new Error('link closed'));
      return;
    }
    this.stream = stream;
    this.lastError = null;
    const openedAt = performance.now();
    stream.addEventListener('drain', () => this.flush());
    const ended = () => {
      if (this.stream !== stream) return;
      this.stream = null;
      if (performance.now() - openedAt >= settledMs) this.backoff.reset();
      this.open(this.backoff.nextDelayMs());
    };
    stream.addEventListener('close', ended);
    if (stream.status === 'open') this.flush();
    else ended();
  }
}
