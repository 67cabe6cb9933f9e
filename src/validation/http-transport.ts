import { Agent, type Dispatcher, errors } from 'undici';
import { type AbortReason, type Attempt, faulty } from './http-fault.ts';
import { connectionsPerEndpoint, connectTimeoutMs, maxRetryAfterMs } from './limits.ts';

/** One HTTP exchange. `path` is below the endpoint's own. */
export interface HttpQuestion {
  readonly method: 'GET' | 'POST';
  readonly path: string;
  /** JSON, already encoded; absent for GET. */
  readonly body?: string;
  /** Bound on the body of the answer. */
  readonly maxBytes: number;
}

/** A 2xx in form: JSON, and no more of it than was allowed. */
export interface HttpAnswer {
  readonly status: number;
  readonly json: unknown;
}

/** How questions travel; the tests bring one without sockets. */
export interface HttpTransport {
  /** Never rejects. An aborted `signal` ends it soon. */
  ask(endpoint: URL, question: HttpQuestion, signal: AbortSignal): Promise<Attempt<HttpAnswer>>;
  close(): Promise<void>;
}

export interface TransportOptions {
  readonly verifyTls: boolean;
  /** PEM of the authorities that may vouch for endpoints; absent: the machine's. */
  readonly ca?: string;
  /** PEM, for endpoints that ask their clients for a certificate. */
  readonly cert?: string;
  readonly key?: string;
  /** Sent as `Authorization: Bearer`, for endpoints that count per client. */
  readonly token?: string;
  readonly connections?: number;
}

/** Keep-alive connections by undici. Follows no redirect and reads no more than it must. */
export class UndiciTransport implements HttpTransport {
  private readonly agent: Agent;
  private readonly headers: Record<string, string>;

  constructor(options: TransportOptions) {
    const { verifyTls, ca, cert, key, token, connections = connectionsPerEndpoint } = options;
    this.agent = new Agent({
      connections,
      pipelining: 1,
      allowH2: false,
      // The attempt's own signal is the bound: it covers connecting, headers and body together.
      headersTimeout: 0,
      bodyTimeout: 0,
      connect: {
        timeout: connectTimeoutMs,
        rejectUnauthorized: verifyTls,
        ...(ca !== undefined && { ca }),
        ...(cert !== undefined && { cert }),
        ...(key !== undefined && { key }),
      },
    });
    this.headers = {
      accept: 'application/json, application/problem+json',
      ...(token !== undefined && { authorization: `Bearer ${token}` }),
    };
  }

  async ask(endpoint: URL, question: HttpQuestion, signal: AbortSignal) {
    let response: Dispatcher.ResponseData | null = null;
    try {
      response = await this.agent.request({
        origin: endpoint.origin,
        path: `${endpoint.pathname.replace(/\/$/, '')}${question.path}`,
        method: question.method,
        headers: {
          ...this.headers,
          ...(question.body !== undefined && { 'content-type': 'application/json' }),
        },
        body: question.body ?? null,
        signal,
      });
      const attempt = await readAnswer(response, question.maxBytes);
      // What was not read is not wanted; the connection goes with it.
      if (!attempt.ok) abandon(response);
      return attempt;
    } catch (error) {
      if (response !== null) abandon(response);
      return describeFailure(error as Error, response !== null, signal);
    }
  }

  close(): Promise<void> {
    return this.agent.destroy();
  }
}

function abandon({ body }: Dispatcher.ResponseData): void {
  body.on('error', () => {});
  body.destroy();
}

function describeFailure(error: Error, begun: boolean, signal: AbortSignal) {
  if (signal.aborted) {
    const reason: AbortReason = signal.reason;
    if (reason === 'notNeeded') return faulty('cancelled', 'no longer needed');
    return begun
      ? faulty('slow', 'began to answer and did not finish')
      : faulty('silent', 'no answer');
  }
  const { code } = error as NodeJS.ErrnoException;
  const detail = code === undefined || error.message.includes(code) ? '' : `${code}: `;
  if (begun || error instanceof errors.SocketError || code === 'ECONNRESET') {
    return faulty('closed', `${detail}${error.message}`);
  }
  if (error instanceof errors.HTTPParserError) return faulty('malformed', `no HTTP: ${code}`);
  return faulty('unreachable', `${detail}${error.message}`);
}

const jsonType = /^application\/(?:problem\+)?json\s*(?:;|$)/i;

async function readAnswer(
  { statusCode: status, headers, body }: Dispatcher.ResponseData,
  maxBytes: number,
): Promise<Attempt<HttpAnswer>> {
  if (status >= 300 && status < 400) {
    return faulty(
      'redirect',
      `${status} to ${String(headers.location ?? 'nowhere').slice(0, 200)}`,
    );
  }
  const type = String(headers['content-type'] ?? 'none');
  const encoding = headers['content-encoding'];
  if (!jsonType.test(type) || encoding !== undefined) {
    if (status >= 429) return unwell(status, headers, 'no problem document');
    const found = encoding === undefined ? `content type ${type.slice(0, 80)}` : `${encoding}`;
    return faulty('malformed', `${found} of a ${status}, plain JSON wanted`);
  }
  const announced = Number(headers['content-length'] ?? 0);
  const text = announced > maxBytes ? null : await readText(body, maxBytes);
  if (text === null) return faulty('tooLarge', `more than ${maxBytes} bytes`);
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    return faulty('malformed', `no JSON in a ${status}: ${JSON.stringify(text.slice(0, 40))}`);
  }
  if (status < 400) return { ok: true, value: { status, json } };
  if (status === 429 || status >= 500) return unwell(status, headers, problemText(json));
  return faulty('rejected', `${status}: ${problemText(json)}`);
}

/** 429 and 503 shed load, and may say for how long; any other 5xx is a failure. */
function unwell(status: number, headers: Dispatcher.ResponseData['headers'], problem: string) {
  if (status !== 429 && status !== 503) return faulty('failed', `${status}: ${problem}`);
  const retryAfterMs = readRetryAfter(headers['retry-after']);
  const { fault } = faulty('shedding', `${status}: ${problem}`);
  return {
    ok: false,
    fault: { ...fault, ...(retryAfterMs !== null && { retryAfterMs }) },
  } as const;
}

/** What an RFC 9457 problem document says of itself. */
function problemText(json: unknown): string {
  const { title, detail } = (json ?? {}) as { title?: unknown; detail?: unknown };
  const said = [title, detail].filter((part) => typeof part === 'string' && part.length > 0);
  return said.length === 0 ? 'says not why' : said.join(': ');
}

/** Null as soon as there is more than `maxBytes`. */
async function readText(body: Dispatcher.ResponseData['body'], maxBytes: number) {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of body as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > maxBytes) return null;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

/** RFC 9110 §10.2.3: seconds, or a date; bounded, so that nobody is sent away for ever. */
function readRetryAfter(header: string | string[] | undefined): number | null {
  const text = String(header ?? '');
  const seconds = /^\d{1,9}$/.test(text) ? Number(text) * 1000 : Date.parse(text) - Date.now();
  return Number.isNaN(seconds) ? null : Math.min(Math.max(seconds, 0), maxRetryAfterMs);
}
