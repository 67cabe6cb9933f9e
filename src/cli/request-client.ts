import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';

/** How TrustChain answered in the end. */
export type Asked =
  | { readonly type: 'issued'; readonly endpoint: string; readonly issued: Issued }
  /** It will not issue, and says why: other endpoints would say the same. */
  | { readonly type: 'refused'; readonly endpoint: string; readonly problem: ProblemText }
  /** Nobody decided in time; `faults` says what each endpoint did last. */
  | { readonly type: 'unanswered'; readonly faults: ReadonlyMap<string, string> };

export interface ProblemText {
  readonly status: number;
  readonly code: string;
  readonly detail: string;
}

const issuedSchema = z.looseObject({
  serial: z.string().regex(/^[0-9a-f]{32}$/),
  certificate: z.string().max(256 * 1024),
  proof: z.string().regex(/^\/[!-~]{1,200}$/),
});
export type Issued = z.infer<typeof issuedSchema>;

const problemSchema = z.looseObject({
  code: z.string().max(64).optional(),
  title: z.string().max(512).optional(),
  detail: z.string().max(4096).optional(),
});

/** An answer holds a chain and some words. */
const maxAnswerBytes = 2 * 1024 * 1024;
const attemptMs = 70_000;
const pollMs = 1_000;
const maxPauseMs = 15_000;

export interface AskOptions {
  readonly endpoints: readonly string[];
  /** JSON of `POST /certificates`; its request id makes asking again harmless. */
  readonly body: string;
  readonly deadlineMs: number;
  readonly nowMs: () => number;
  readonly signal: AbortSignal;
  readonly onProgress: (text: string) => void;
}

/**
 * Asks one endpoint after the other, round after round, until one of them issues or refuses. What
 * is pending at one is looked after there before the next is asked.
 */
export async function askForCertificate(options: AskOptions): Promise<Asked> {
  const { endpoints, nowMs, deadlineMs, signal, onProgress } = options;
  const faults = new Map<string, string>();
  for (let round = 0; !signal.aborted; round++) {
    for (const endpoint of endpoints) {
      if (nowMs() >= deadlineMs) return { type: 'unanswered', faults };
      const asked = await askOne(endpoint, options);
      if (typeof asked !== 'string') return asked;
      faults.set(endpoint, asked);
      onProgress(`${endpoint}: ${asked}`);
    }
    const pauseMs = Math.min(maxPauseMs, 500 * 2 ** round, Math.max(0, deadlineMs - nowMs()));
    await sleep(pauseMs, undefined, { signal }).catch(() => undefined);
  }
  return { type: 'unanswered', faults };
}

/** The end of the request at this endpoint, or why there is none. */
async function askOne(endpoint: string, options: AskOptions): Promise<Asked | string> {
  const headers = { 'content-type': 'application/json' };
  const post = { method: 'POST', headers, body: options.body };
  let answer = await fetchText(new URL('/certificates', endpoint), options, post);
  for (;;) {
    if (!answer.ok) return answer.fault;
    const { status, text } = answer;
    if (status === 200 || status === 201) {
      const issued = issuedSchema.safeParse(jsonOf(text));
      if (issued.success) return { type: 'issued', endpoint, issued: issued.data };
      if (!isPending(text)) return 'an answer that is no certificate';
    } else if (status !== 202 && !(status === 503 && answer.location !== null)) {
      const problem = problemOf(status, text);
      const final = status >= 400 && status < 500 && status !== 429 && status !== 408;
      if (final) return { type: 'refused', endpoint, problem };
      return `${status} ${problem.code}: ${problem.detail}`;
    }
    const { location } = answer;
    const before: string = `pending (${problemOf(status, text).detail || 'not decided yet'})`;
    if (location === null || options.nowMs() >= options.deadlineMs) return before;
    options.onProgress(`${endpoint}: ${before}`);
    await sleep(pollMs, undefined, { signal: options.signal }).catch(() => undefined);
    if (options.signal.aborted) return before;
    const polled = await fetchText(new URL(location, endpoint), options);
    // Where it is asked for again does not change when an answer does not repeat it.
    answer = polled.ok ? { ...polled, location: polled.location ?? location } : polled;
  }
}

type Fetched =
  | {
      readonly ok: true;
      readonly status: number;
      readonly text: string;
      readonly location: string | null;
    }
  | { readonly ok: false; readonly fault: string };

/** One question; whatever goes wrong below HTTP is a fault in words. */
export async function fetchText(
  url: URL,
  { signal, deadlineMs, nowMs }: Pick<AskOptions, 'signal' | 'deadlineMs' | 'nowMs'>,
  init: RequestInit = {},
): Promise<Fetched> {
  const patienceMs = Math.max(1, Math.ceil(Math.min(attemptMs, deadlineMs - nowMs())));
  const within = AbortSignal.any([signal, AbortSignal.timeout(patienceMs)]);
  try {
    const response = await fetch(url, { ...init, signal: within, redirect: 'error' });
    const text = await boundedText(response);
    if (text === null) return { ok: false, fault: `more than ${maxAnswerBytes} bytes` };
    const location = response.headers.get('location');
    return { ok: true, status: response.status, text, location };
  } catch (error) {
    return { ok: false, fault: faultOf(error) };
  }
}

async function boundedText(response: Response): Promise<string | null> {
  const chunks: Uint8Array[] = [];
  let sizeBytes = 0;
  for await (const chunk of response.body ?? []) {
    sizeBytes += chunk.length;
    if (sizeBytes > maxAnswerBytes) return null;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

/** fetch says `fetch failed`, and why in its cause. */
function faultOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  if (error.name === 'TimeoutError') return 'no answer in time';
  const { cause } = error;
  return cause instanceof Error ? cause.message || cause.name : error.message;
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null; // said of it where it is looked at
  }
}

function isPending(text: string): boolean {
  return z.looseObject({ status: z.literal('pending') }).safeParse(jsonOf(text)).success;
}

function problemOf(status: number, text: string): ProblemText {
  const read = problemSchema.safeParse(jsonOf(text));
  const { code = 'unknown', title = '', detail = title } = read.success ? read.data : {};
  return { status, code, detail };
}

const end = '-----END CERTIFICATE-----\n';

/** The first certificate of a chain, which is what a chain is about. */
export function leafOf(chain: string): string {
  const at = chain.indexOf(end);
  return at < 0 ? chain : chain.slice(0, at + end.length);
}
