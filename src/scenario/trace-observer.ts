import { requestDigest } from '../pbft/envelope.ts';
import type { ResultStatement } from '../pbft/messages.ts';
import type { Effect, Input } from '../pbft/replica.ts';
import type { Observer } from '../runtime/observer.ts';
import { describeEvidence } from './describe-evidence.ts';
import { SuspicionObserver } from './suspicion.ts';
import type { RunEvent } from './trace.ts';

export interface TraceObserverOptions {
  readonly replica: number;
  /** Milliseconds since the start of the run; not the replica's own clock, which may be wrong. */
  readonly atMs: () => number;
  readonly emit: (event: RunEvent) => void;
  /** With these the replica watches the others, and its suspicions are among the events. */
  readonly cluster?: { readonly n: number; readonly statusIntervalMs: number };
}

/** Turns what a node does into the events of the run's trace. Messages are not among them. */
export function traceObserver(options: TraceObserverOptions): Observer {
  const { replica, atMs, emit } = options;
  /** The checkpoint that is being put in place of the state. */
  let installing: ResultStatement | null = null;
  const suspicion = suspicionOf(options);
  return {
    onStep(input, effects) {
      suspicion?.onStep(input, effects, atMs());
      const installed = installedBy(input, installing);
      if (installed !== null) {
        const { sequence, stateDigest } = installed;
        emit({ type: 'installed', atMs: atMs(), replica, sequence, stateDigest });
      }
      for (const effect of effects) {
        if (effect.type === 'install') installing = effect.certificate.statement;
        const event = eventOf(effect, replica, atMs());
        if (event !== null) emit(event);
      }
    },
    onExecuted({ sequence, resultsRoot, stateDigest }) {
      emit({ type: 'executed', atMs: atMs(), replica, sequence, resultsRoot, stateDigest });
    },
    onRefused(from) {
      suspicion?.onRefused(from, atMs());
    },
  };
}

function suspicionOf(options: TraceObserverOptions): SuspicionObserver | null {
  const { replica, atMs, emit, cluster } = options;
  if (cluster === undefined) return null;
  return new SuspicionObserver({ index: replica, epoch: 0, ...cluster }, (change) =>
    emit({
      type: 'standing',
      atMs: atMs(),
      replica,
      against: change.replica,
      from: change.from,
      to: change.to,
    }),
  );
}

/** The checkpoint whose state the replica holds since this input, without having run up to it. */
function installedBy(input: Input, installing: ResultStatement | null): ResultStatement | null {
  if (input.type === 'installed' && input.ok) return installing;
  if (input.type !== 'recovered') return null;
  for (const record of input.records) {
    if (record.type === 'stable') return record.certificate.statement;
  }
  return null;
}

function eventOf(effect: Effect, replica: number, atMs: number): RunEvent | null {
  switch (effect.type) {
    case 'enterView':
      return { type: 'view', atMs, replica, view: effect.view, active: effect.active };
    case 'execute': {
      const { view, sequence, batchDigest, timestamp } = effect.certificate.header.statement;
      const operations = effect.batch.map(requestDigest);
      return { type: 'decided', atMs, replica, view, sequence, batchDigest, timestamp, operations };
    }
    case 'stable': {
      const { sequence } = effect.certificate.statement;
      return { type: 'stable', atMs, replica, sequence };
    }
    case 'accuse': {
      const { evidence } = effect;
      const accusation = {
        accused: evidence.accused,
        evidence: evidence.type,
        by: [replica],
        atMs,
        messages: describeEvidence(evidence),
      };
      return { type: 'accused', atMs, replica, accusation };
    }
    case 'strike':
      return { type: 'strike', atMs, replica, against: effect.replica, reason: effect.reason };
    default:
      return null;
  }
}
