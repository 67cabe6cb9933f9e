import type { Scenario } from '../../scenario/scenario.ts';
import type { Band } from './model/packed.ts';
import type { OtherEvent } from './run-log.ts';

type Fault = Extract<OtherEvent, { type: 'fault' }>;
type Open = Omit<Band, 'toUs'>;

/** What holds for a while on some lanes: faults, adversaries, view changes. Lane = replica index
 * plus `firstReplica`. `endUs`: end of the run, where what never ended is cut. */
export function bandsOf(
  scenario: Scenario,
  events: readonly OtherEvent[],
  firstReplica: number,
  endUs: number,
): readonly Band[] {
  const builder = new BandBuilder(scenario, firstReplica);
  for (const event of events) {
    if (event.type === 'fault') builder.fault(event);
    if (event.type === 'view') builder.view(event);
  }
  return [...adversaryBands(scenario, firstReplica, endUs), ...builder.finish(endUs)];
}

function adversaryBands(scenario: Scenario, firstReplica: number, endUs: number): readonly Band[] {
  return scenario.adversaries.flatMap(({ replicas, behaviour, fromMs, untilMs }) =>
    replicas.flatMap((replica) => {
      const fromUs = fromMs * 1000;
      const toUs = Math.min(untilMs === null ? endUs : untilMs * 1000, endUs);
      if (fromUs >= toUs) return [];
      const lane = firstReplica + replica;
      return [{ type: 'adversary' as const, lane, fromUs, toUs, label: behaviour, side: 0 }];
    }),
  );
}

class BandBuilder {
  private readonly scenario: Scenario;
  private readonly firstReplica: number;
  private readonly closed: Band[] = [];
  /** By what they are about, so that an end finds its beginning. */
  private readonly open = new Map<string, Open>();

  constructor(scenario: Scenario, firstReplica: number) {
    this.scenario = scenario;
    this.firstReplica = firstReplica;
  }

  fault(event: Fault): void {
    const fromUs = Math.round(event.atMs * 1000);
    switch (event.what) {
      case 'partition':
        this.endAll('partition', fromUs);
        return this.partition(event, fromUs);
      case 'heal':
        return this.endAll('partition', fromUs);
      case 'crash':
        for (const replica of event.replicas) {
          this.end(`viewChange ${replica}`, fromUs);
          this.begin(`down ${replica}`, replica, { type: 'down', fromUs, label: 'down', side: 0 });
        }
        return;
      case 'restart':
        for (const replica of event.replicas) this.end(`down ${replica}`, fromUs);
        return;
      case 'link':
        return this.link(event, fromUs);
      default:
    }
  }

  /** Between leaving a view and entering the next. */
  view({ atMs, replica, view, active }: Extract<OtherEvent, { type: 'view' }>): void {
    const fromUs = Math.round(atMs * 1000);
    this.end(`viewChange ${replica}`, fromUs);
    if (active) return;
    const label = `view change to ${view}`;
    this.begin(`viewChange ${replica}`, replica, { type: 'viewChange', fromUs, label, side: 0 });
  }

  finish(endUs: number): readonly Band[] {
    for (const key of [...this.open.keys()]) this.end(key, endUs);
    return this.closed;
  }

  /** Every replica is on some side: those the scenario does not name are one of their own. */
  private partition({ detail }: Fault, fromUs: number): void {
    const groups = detail.split('|').map((group) => group.trim().split(/\s+/).map(Number));
    const { voting, standby } = this.scenario.replicas;
    for (let replica = 0; replica < voting + standby; replica++) {
      const named = groups.findIndex((group) => group.includes(replica));
      const side = named < 0 ? groups.length : named;
      const band = { type: 'partition' as const, fromUs, label: `side ${side + 1}`, side };
      this.begin(`partition ${replica}`, replica, band);
    }
  }

  private link({ replicas, detail }: Fault, fromUs: number): void {
    const key = `link ${replicas.join(' ')}`;
    this.end(key, fromUs);
    if (/loses 0 %$/.test(detail)) return;
    const [from = 0] = replicas;
    this.begin(key, from, { type: 'link', fromUs, label: detail, side: 0 });
  }

  private begin(key: string, replica: number, band: Omit<Open, 'lane'>): void {
    this.end(key, band.fromUs);
    this.open.set(key, { ...band, lane: this.firstReplica + replica });
  }

  private end(key: string, toUs: number): void {
    const band = this.open.get(key);
    if (band === undefined) return;
    this.open.delete(key);
    this.closed.push({ ...band, toUs });
  }

  private endAll(type: string, toUs: number): void {
    for (const key of [...this.open.keys()]) if (key.startsWith(`${type} `)) this.end(key, toUs);
  }
}
