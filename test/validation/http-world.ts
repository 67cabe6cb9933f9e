import { setImmediate } from 'node:timers/promises';
import { afterEach, beforeEach, vi } from 'vitest';
import type { Random } from '../../src/base/random.ts';
import { HttpValidator, type HttpValidatorOptions } from '../../src/validation/http-client.ts';
import { type Attempt, faulty } from '../../src/validation/http-fault.ts';
import { type HttpPolicy, localhostHttpPolicy } from '../../src/validation/http-policy.ts';
import type { HttpAnswer, HttpQuestion } from '../../src/validation/http-transport.ts';
import { FakeTimers } from './fakes.ts';
import { beginningWithTheFirst, SigningCluster } from './http-cluster.ts';
import { answerJson } from './http-fakes.ts';

/** What a scripted endpoint does with a question: at once, or when `after` lets it. */
export type Script = (context: {
  readonly world: HttpWorld;
  readonly question: HttpQuestion;
  readonly signal: AbortSignal;
  /** 1 for its first question. */
  readonly time: number;
}) => Promise<Attempt<HttpAnswer>> | Attempt<HttpAnswer>;

/** The breaker reads the date: it moves with virtual time. */
export function withVirtualDate(): void {
  beforeEach(() => {
    vi.useFakeTimers({ toFake: ['Date'], now: 0 });
  });
  afterEach(() => {
    vi.useRealTimers();
  });
}

/** Endpoints without sockets, in virtual time: nothing happens until `run`. */
export class HttpWorld {
  readonly timers = new FakeTimers();
  readonly cluster = new SigningCluster();
  /** Who was asked when: `250 b`. */
  readonly log: string[] = [];
  private readonly scripts: Readonly<Record<string, Script>>;
  private readonly times = new Map<string, number>();

  constructor(scripts: Readonly<Record<string, Script>>) {
    this.scripts = scripts;
  }

  client(
    policy: Partial<HttpPolicy> = {},
    options: Partial<HttpValidatorOptions> & { random?: Random } = {},
  ): HttpValidator {
    const names = Object.keys(this.scripts);
    return new HttpValidator({
      endpoints: names.map((name) => `http://${name}`),
      epochs: this.cluster.chain(),
      policy: { ...localhostHttpPolicy, ...policy },
      clock: { nowMs: () => this.timers.nowMs },
      timers: this.timers,
      random: beginningWithTheFirst(names.length),
      transport: {
        ask: async ({ hostname }, question, signal) => {
          const time = (this.times.get(hostname) ?? 0) + 1;
          this.times.set(hostname, time);
          this.log.push(`${this.timers.nowMs} ${hostname}`);
          const script = this.scripts[hostname] as Script;
          return script({ world: this, question, signal, time });
        },
        close: async () => {},
      },
      ...options,
    });
  }

  /** Lets virtual time pass, and after each step of it all that follows without time. */
  async run(untilMs: number, stepMs = 50): Promise<void> {
    for (let now = this.timers.nowMs; now <= untilMs; now += stepMs) {
      vi.setSystemTime(now);
      this.timers.run(now);
      await setImmediate();
    }
  }
}

/** Answers honestly; needs the operation, since a question is not read here. */
export function certifies(operation: Uint8Array): Script {
  return ({ world }) => {
    const json = answerJson(world.cluster.certify(operation));
    return { ok: true, value: { status: 200, json } };
  };
}

export const fails: Script = () => faulty('failed', '500');
export const sheds =
  (retryAfterMs: number): Script =>
  () => ({ ok: false, fault: { kind: 'shedding', detail: 'busy', retryAfterMs } });

/** Says nothing until its question is given up, as the real transport reports it. */
export const isSilent: Script = ({ signal }) => {
  const { promise, resolve } = Promise.withResolvers<Attempt<HttpAnswer>>();
  signal.addEventListener('abort', () => {
    const kind = signal.reason === 'outOfTime' ? 'silent' : 'cancelled';
    resolve(faulty(kind, 'no answer'));
  });
  return promise;
};

/** Does as `script` does, `delayMs` later. */
export const after =
  (delayMs: number, script: Script): Script =>
  (context) => {
    const { promise, resolve } = Promise.withResolvers<Attempt<HttpAnswer>>();
    context.world.timers.after(delayMs, () => resolve(script(context)));
    context.signal.addEventListener('abort', () => {
      resolve(isSilentNow(context.signal));
    });
    return promise;
  };

function isSilentNow(signal: AbortSignal): Attempt<HttpAnswer> {
  return faulty(signal.reason === 'outOfTime' ? 'silent' : 'cancelled', 'no answer');
}
