import type { NodeMetricsJson } from '../http/node-statistics.ts';
import type { ValidatorsJson } from '../validation/wire/cluster-answers.ts';
import type { LiveWord } from './live.ts';

/** What one node says of itself and of the others. */
export interface NodeWord {
  readonly word: LiveWord;
  readonly n: number;
  readonly f: number;
  readonly quorum: number;
  /** Public keys by index in the membership epoch, hex, and what this node thinks of them. */
  readonly members: ValidatorsJson['validators'];
  /** Evidence that this node found since it began, by kind. */
  readonly evidence: Readonly<Record<string, number>>;
}

/** Answers of a node of ours, of this version: their shape is what its own server checked. */
interface Answers {
  readonly health: {
    readonly view: number;
    readonly sequence: number;
    readonly reachable: number;
    readonly recovering: boolean;
    readonly view_active: boolean;
    readonly uptime_ms: number;
  };
  readonly metrics: NodeMetricsJson;
  readonly validators: ValidatorsJson;
  readonly readiness: {
    readonly checks: Readonly<Record<string, { readonly ok: boolean; readonly detail: string }>>;
  };
}

/** Asks one node how it is; null when it does not answer in time, or not at all. */
export async function askNode(
  url: string,
  publicKey: string,
  patienceMs: number,
): Promise<NodeWord | null> {
  const signal = AbortSignal.timeout(patienceMs);
  const get = async <T>(path: string): Promise<T> => {
    const response = await fetch(`${url}${path}`, { signal, redirect: 'error' });
    return (await response.json()) as T;
  };
  try {
    const [health, metrics, validators, readiness] = await Promise.all([
      get<Answers['health']>('/consensus/health'),
      get<Answers['metrics']>('/consensus/metrics'),
      get<Answers['validators']>('/consensus/validators'),
      get<Answers['readiness']>('/readyz'),
    ]);
    return wordOf({ health, metrics, validators, readiness }, publicKey);
  } catch {
    return null; // silence is what the page shows then
  }
}

function wordOf({ health, metrics, validators, readiness }: Answers, publicKey: string): NodeWord {
  const { n, f, quorum, validators: members } = validators;
  const own = members.find((member) => member.public_key === publicKey);
  const problems = Object.entries(readiness.checks).flatMap(([name, { ok, detail }]) =>
    ok ? [] : [`${name.replaceAll('_', ' ')}: ${detail}`],
  );
  return {
    word: {
      view: health.view,
      isPrimary: own !== undefined && own.replica === health.view % n && health.view_active,
      sequence: health.sequence,
      stableCheckpoint: metrics.stable_checkpoint,
      standing: health.recovering ? 'recovering' : 'trusted',
      // It counts itself; the page shows links.
      reachable: Math.max(0, health.reachable - 1),
      problems,
    },
    n,
    f,
    quorum,
    members,
    evidence: metrics.evidence,
  };
}
