import { requestDigest } from '../pbft/envelope.ts';
import type { ResultStatement } from '../pbft/messages.ts';
import type { Effect, Input } from '../pbft/replica.ts';
import type { Observer } from '../runtime/observer.ts';
import { processOf, type Seat } from '../runtime/seat.ts';
import { describeEvidence } from './describe-evidence.ts';
import type { RunEvent } from './trace.ts';

export interface TraceObserverOptions {
  readonly replica: number;
  /** Milliseconds since the start of the run; not the replica's own clock, which may be wrong. */
  readonly atMs: () => number;
  readonly emit: (event: RunEvent) => void;
}

/** Turns what a node does into the events of the run's trace. Messages are not among them. */
export function traceObserver(options: TraceObserverOptions): Observer {
  const { replica, atMs, emit } = options;
  /** The checkpoint that is being put in place of the state. */
  let installing: ResultStatement | null = null;
  let seat: Seat | null = null;
  return {
    onSeat(next) {
      seat = next;
      const { epoch, court, processes } = next;
      if (epoch === 0) return;
      const after = court.base?.statement.sequence ?? 0;
      const members = processes.slice(0, court.validators.publicKeys.length);
      emit({ type: 'epoch', atMs: atMs(), replica, epoch, after, members });
    },
    onIsolated(isolated) {
      emit({ type: 'isolated', atMs: atMs(), replica, isolated });
    },
    onStanding({ process, from, to }) {
      emit({ type: 'standing', atMs: atMs(), replica, against: process, from, to });
    },
    onClientStanding({ client, to }) {
      emit({ type: 'clientStanding', atMs: atMs(), replica, client, to });
    },
    onStep(input, effects) {
      const installed = installedBy(input, installing);
      if (installed !== null) {
        const { sequence, stateDigest } = installed;
        emit({ type: 'installed', atMs: atMs(), replica, sequence, stateDigest });
      }
      for (const effect of effects) {
        if (effect.type === 'install') installing = effect.certificate.statement;
        const event = eventOf(effect, replica, seat, atMs());
        if (event !== null) emit(event);
      }
    },
    onExecuted({ sequence, resultsRoot, stateDigest }) {
      emit({ type: 'executed', atMs: atMs(), replica, sequence, resultsRoot, stateDigest });
    },
  };
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

function eventOf(
  effect: Effect,
  replica: number,
  seat: Seat | null,
  atMs: number,
): RunEvent | null {
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
        accused: processOf(seat, evidence.accused),
        evidence: evidence.type,
        by: [replica],
        atMs,
        messages: describeEvidence(evidence),
      };
      return { type: 'accused', atMs, replica, accusation };
    }
    case 'strike':
      return {
        type: 'strike',
        atMs,
        replica,
        against: processOf(seat, effect.replica),
        reason: effect.reason,
      };
    default:
      return null;
  }
}
