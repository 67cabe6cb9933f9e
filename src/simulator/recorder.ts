import type { Observer } from '../runtime/observer.ts';
import { type Described, describeFrame } from '../scenario/describe-message.ts';
import type { RunEvent } from '../scenario/trace.ts';
import { traceObserver } from '../scenario/trace-observer.ts';
import type { NetworkReader } from './network-model.ts';
import type { SimulationReaders } from './simulation.ts';
import { startMs } from './world.ts';

export interface RecorderOptions {
  /** Processes in all. */
  readonly replicas: number;
  readonly emit: (event: RunEvent) => void;
  /** Messages too: they must be decoded and there are many, so only for who keeps a trace. */
  readonly messages: boolean;
  /** Virtual milliseconds since the start of the run. */
  readonly atMs: () => number;
  /** Address of an endpoint of the network model. */
  readonly addressOf: (id: number) => string;
}

/** Turns what happens in a simulation into the events of a run's trace. */
export function recordInto(options: RecorderOptions): SimulationReaders {
  const { emit, atMs, replicas } = options;
  const observers = Array.from({ length: replicas }, (_, replica) =>
    traceObserver({ replica, atMs, emit }),
  );
  // None of what a trace shows depends on the node's own, perhaps wrong, clock.
  const observerOf = (replica: number): Observer => observers[replica] ?? {};
  return {
    step: (replica, input, effects) => observerOf(replica).onStep?.(input, effects, 0),
    executed: (replica, executed) => observerOf(replica).onExecuted?.(executed, 0),
    seat: (replica, seat) => observerOf(replica).onSeat?.(seat, 0),
    isolated: (replica, processes) => observerOf(replica).onIsolated?.(processes, 0),
    standing: (replica, change) => observerOf(replica).onStanding?.(change, 0),
    clientStanding: (replica, change) => observerOf(replica).onClientStanding?.(change, 0),
    fault: (fault) => emit({ type: 'fault', atMs: atMs(), ...fault }),
    workload: (event) => {
      if (event.type === 'answered') {
        emit({ type: 'request', atMs: event.nowMs - startMs, record: event.record });
      }
    },
    ...(options.messages ? { network: messageRecorder(options) } : {}),
  };
}

function messageRecorder({ emit, addressOf }: RecorderOptions): NetworkReader {
  // A broadcast is one frame sent several times in a row: describe it once.
  let lastFrame: Uint8Array | null = null;
  let described: Described = { kind: '', fields: {} };
  return {
    onSend(from, to, frame, atUs, deliverAtUs) {
      if (frame !== lastFrame) described = describeFrame(frame);
      lastFrame = frame;
      emit({
        type: 'message',
        atMs: atUs / 1000,
        deliveredAtMs: deliverAtUs === null ? null : deliverAtUs / 1000,
        from: addressOf(from),
        to: addressOf(to),
        kind: described.kind,
        sizeBytes: frame.length,
        fields: described.fields,
      });
    },
    onDeliver() {},
  };
}
