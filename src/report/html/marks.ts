import { showReplicas } from '../quantities.ts';
import { type MarkType, markTypes, type PackedMark } from './model/packed.ts';
import type { OtherEvent } from './run-log.ts';

/** Events that are a point on a lane, sorted by time. What adversaries say of views is no news. */
export function packMarks(
  events: readonly OtherEvent[],
  laneOf: ReadonlyMap<string, number>,
  adversaries: ReadonlySet<number>,
): readonly PackedMark[] {
  const marks: PackedMark[] = [];
  const put = (atMs: number, name: string | null, type: MarkType, words: string): void => {
    const lane = name === null ? -1 : laneOf.get(name);
    if (lane === undefined) return;
    marks.push([Math.round(atMs * 1000), lane, markTypes.indexOf(type), words]);
  };
  const views = new Set([0]);
  for (const event of events) {
    const isNews = event.type === 'view' && event.active && !adversaries.has(event.replica);
    if (isNews && !views.has(event.view)) {
      views.add(event.view);
      put(event.atMs, null, 'view', `view ${event.view}`);
    }
    mark(event, put);
  }
  return marks.sort((a, b) => a[0] - b[0]);
}

type Put = (atMs: number, name: string | null, type: MarkType, words: string) => void;

function mark(event: OtherEvent, put: Put): void {
  const { atMs } = event;
  switch (event.type) {
    case 'decided': {
      const { replica, sequence, view, operations } = event;
      const words = `sequence ${sequence} in view ${view}: ${operations.length} operations`;
      return put(atMs, `replica-${replica}`, 'decided', words);
    }
    case 'stable':
      return put(atMs, `replica-${event.replica}`, 'stable', `checkpoint ${event.sequence}`);
    case 'installed': {
      const words = `holds the certified state of ${event.sequence}`;
      return put(atMs, `replica-${event.replica}`, 'installed', words);
    }
    case 'accused': {
      const { accused, evidence } = event.accusation;
      const words = `accuses replica ${accused}: ${evidence}`;
      return put(atMs, `replica-${event.replica}`, 'accused', words);
    }
    case 'strike': {
      const words = `strike against replica ${event.against}: ${event.reason}`;
      return put(atMs, `replica-${event.replica}`, 'strike', words);
    }
    case 'standing': {
      const words = `replica ${event.against}: ${event.from} → ${event.to}`;
      return put(atMs, `replica-${event.replica}`, 'standing', words);
    }
    case 'isolated': {
      const words = `its state isolates ${showReplicas(event.isolated)}`;
      return put(atMs, `replica-${event.replica}`, 'isolated', words);
    }
    case 'epoch': {
      const words = `begins membership epoch ${event.epoch} after sequence ${event.after}`;
      return put(atMs, `replica-${event.replica}`, 'epoch', words);
    }
    case 'fault': {
      const { what, detail } = event;
      if (what !== 'crash' && what !== 'restart' && what !== 'clock') return;
      for (const replica of event.replicas) put(atMs, `replica-${replica}`, what, detail);
      return;
    }
    case 'request': {
      const { client, name, outcome } = event.record;
      return put(atMs, `client-${client}`, outcome, name);
    }
    case 'violation':
      return put(event.violation.atMs, null, 'violation', event.violation.checker);
    default:
  }
}
