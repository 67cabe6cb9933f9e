import { maxFaulty } from '../../src/pbft/quorum.ts';
import { noExpectations, noneInvalid } from '../../src/scenario/defaults.ts';
import type { AdversarySpec, BehaviourName, Scenario } from '../../src/scenario/scenario.ts';
import { Misdeeds } from '../../src/simulator/explorer/misdeeds.ts';
import { Simulation } from '../../src/simulator/simulation.ts';

/** What f villains of one kind, or of two, did to a cluster in virtual time. */
export interface Cell {
  readonly n: number;
  /** None for the run that others are compared with. */
  readonly behaviours: readonly BehaviourName[];
  readonly verdict: 'passed' | 'stalled' | string;
  /** From the moment two correct replicas had the parts of a proof to the first accusation. */
  readonly detectedMs: number | null;
  readonly detectedMessages: number | null;
  /** Virtual time until everything was answered, milliseconds. */
  readonly answeredMs: number | null;
  /** All correct replicas hold one state at the end. */
  readonly recovered: boolean;
}

const requests = 24;

/** The first f replicas are the villains: the first primaries are among them. */
export function gauntletScenario(n: number, behaviours: readonly BehaviourName[]): Scenario {
  const f = maxFaulty(n);
  const villains = [...Array(f).keys()];
  const play = (replicas: readonly number[], behaviour: BehaviourName): AdversarySpec => {
    return { replicas, behaviour, fromMs: 0, untilMs: null };
  };
  // Two kinds share the villains out between them; where there is one villain it is both.
  const half = Math.max(1, f >> 1);
  const [first, second] = behaviours;
  const cast =
    first === undefined
      ? []
      : second === undefined
        ? [play(villains, first)]
        : [
            play(villains.slice(0, half), first),
            play(f === 1 ? villains : villains.slice(half), second),
          ];
  return {
    name: ['gauntlet', n, ...behaviours].join('-'),
    description: '',
    seed: 1,
    replicas: { voting: n, standby: 0 },
    profile: 'localhost',
    transport: 'simulated',
    storage: 'memory',
    signatures: 'ideal',
    durationMs: 300_000,
    network: { latency: { minMs: 5, maxMs: 15 }, loss: 0, duplicate: 0, reorder: 0 },
    workload: {
      kind: 'nops',
      clients: 2,
      requests,
      ratePerSecond: null,
      outstanding: 4,
      invalid: noneInvalid,
    },
    adversaries: cast,
    timeline: [],
    expect: noExpectations,
  };
}

export function runCell(n: number, behaviours: readonly BehaviourName[]): Cell {
  let misdeeds: Misdeeds | null = null;
  let lied: { readonly atMs: number; readonly messages: number } | null = null;
  let accused: { readonly atMs: number; readonly messages: number } | null = null;
  let answeredMs: number | null = null;
  let simulation: Simulation | null = null;
  const now = () => ({
    atMs: simulation?.world.nowMs ?? 0,
    messages: simulation?.world.network.counts.delivered ?? 0,
  });
  const villains = new Set(
    gauntletScenario(n, behaviours).adversaries.flatMap(({ replicas }) => replicas),
  );
  simulation = new Simulation(gauntletScenario(n, behaviours), {
    seat: (replica, seat) => {
      misdeeds ??= new Misdeeds(villains, seat.court);
      misdeeds.onSeat(replica, seat.epoch);
    },
    network: {
      onSend() {},
      onDeliver: (from, to, frame, atUs) => {
        misdeeds?.onDeliver(from, to, frame, atUs);
        if (lied === null && (misdeeds?.all.length ?? 0) > 0) lied = now();
      },
    },
    step: (replica, input, effects) => {
      if (villains.has(replica)) return;
      misdeeds?.onStep(replica, input, effects, (simulation?.world.nowMs ?? 0) * 1000);
      if (accused === null && effects.some(({ type }) => type === 'accuse')) accused = now();
    },
    isolated: (replica, processes) => misdeeds?.onIsolated(replica, processes),
    workload: (event) => {
      if (event.type === 'answered') answeredMs = simulation?.world.nowMs ?? 0;
    },
  });
  while (simulation.run(100_000));
  return cellOf(simulation, { n, behaviours, lied, accused, answeredMs });
}

interface Moment {
  readonly atMs: number;
  readonly messages: number;
}

function cellOf(
  { violation, workload, world }: Simulation,
  seen: Pick<Cell, 'n' | 'behaviours' | 'answeredMs'> & {
    readonly lied: Moment | null;
    readonly accused: Moment | null;
  },
): Cell {
  const { n, behaviours, lied, accused, answeredMs } = seen;
  const isCaught = lied !== null && accused !== null;
  return {
    n,
    behaviours,
    verdict: violation?.checker ?? (workload.isDone ? 'passed' : 'stalled'),
    detectedMs: isCaught ? Math.max(0, accused.atMs - lied.atMs) : null,
    detectedMessages: isCaught ? Math.max(0, accused.messages - lied.messages) : null,
    answeredMs: workload.isDone ? answeredMs : null,
    recovered: world.settled(),
  };
}
