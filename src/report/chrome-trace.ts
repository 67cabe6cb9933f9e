import type { Scenario } from '../scenario/scenario.ts';
import type { RunEvent } from '../scenario/trace.ts';

/**
 * Trace events as Chrome and Perfetto read them (ui.perfetto.dev, chrome://tracing): the "Trace
 * Event Format", JSON object form. Each replica and client is a process with three threads: what it
 * does, what it sends, what it receives. A message is two short slices with a flow from one to the
 * other, its fields are the arguments. Times are microseconds since the start of the run.
 */
export const chromeTraceHead = '{"displayTimeUnit":"ms","traceEvents":[\n';
export const chromeTraceTail = '\n]}\n';

type Arguments = Readonly<Record<string, unknown>>;

const threads = { does: 1, sends: 2, receives: 3 } as const;
type Thread = keyof typeof threads;

/** Processes of one scenario lie this far from those of the next. */
const processesPerScenario = 10_000;
/** Clients come after every replica. */
const firstClient = 1000;
const firstOther = 9000;
/** A message has no length; without one its slice could not be clicked. */
const sliceUs = 1;

/** Turns the events of one scenario after another into trace events, a JSON text each. */
export class ChromeTrace {
  private scenarios = -1;
  private flows = 0;
  private lastSent = '';
  private readonly others = new Map<string, number>();
  private readonly named = new Set<number>();
  /** Replicas that are in a view whose slice is open. */
  private readonly inView = new Set<number>();

  /** What the viewer is told before anything happens. */
  begin(scenario: Scenario): readonly string[] {
    this.scenarios++;
    this.others.clear();
    this.inView.clear();
    const name = `scenario ${scenario.name}, seed ${scenario.seed}`;
    const pid = this.scenarios * processesPerScenario;
    return [entry({ name: 'process_name', ph: 'M', pid, tid: 0, args: { name } })];
  }

  /** The trace events of one event of the run; some have none of their own. */
  add(event: RunEvent): readonly string[] {
    switch (event.type) {
      case 'message':
        return this.message(event);
      case 'view':
        return this.view(event);
      case 'fault':
        return this.fault(event);
      case 'violation':
        return [this.everywhere(event.atMs, `violation: ${event.violation.checker}`, event)];
      case 'request':
        return this.request(event);
      case 'accused': {
        const { accused, evidence, messages } = event.accusation;
        const name = `accuses ${accused}: ${evidence}`;
        return this.instant(`replica-${event.replica}`, event.atMs, name, { messages });
      }
      default: {
        const { type, atMs, replica, ...rest } = event;
        return this.instant(`replica-${replica}`, atMs, nameOf(event), rest);
      }
    }
  }

  private message(event: Extract<RunEvent, { type: 'message' }>): readonly string[] {
    const { atMs, deliveredAtMs, from, to, kind, sizeBytes, fields } = event;
    const args = { ...fields, sizeBytes };
    // A broadcast is one slice that several arrows leave.
    const broadcast = JSON.stringify([from, atMs, kind, fields]);
    const sent = broadcast === this.lastSent ? [] : this.slice(from, 'sends', atMs, kind, args);
    this.lastSent = broadcast;
    if (deliveredAtMs === null) {
      return [...sent, ...this.instant(from, atMs, `lost: ${kind} to ${to}`, args)];
    }
    const flow = { name: kind, cat: 'message', id: ++this.flows };
    const arrival = { ...this.place(to, 'receives'), ts: us(deliveredAtMs) };
    return [
      ...sent,
      entry({ ...flow, ph: 's', ...this.place(from, 'sends'), ts: us(atMs) }),
      ...this.slice(to, 'receives', deliveredAtMs, kind, { from, ...args }),
      entry({ ...flow, ph: 'f', bp: 'e', ...arrival }),
    ];
  }

  private slice(who: string, thread: Thread, atMs: number, name: string, args: Arguments) {
    const place = this.place(who, thread);
    const slice = { name, cat: 'message', ph: 'X', ...place, ts: us(atMs), dur: sliceUs, args };
    return [...this.names(who), entry(slice)];
  }

  /** A view is a slice from its beginning to the next; between views there is one of its own. */
  private view({ atMs, replica, view, active }: Extract<RunEvent, { type: 'view' }>) {
    const name = active ? `view ${view}` : `view change to ${view}`;
    const who = `replica-${replica}`;
    const closing = this.inView.has(replica) ? [this.closeView(replica, atMs)] : [];
    this.inView.add(replica);
    const begin = { name, cat: 'view', ph: 'B', ...this.place(who, 'does'), ts: us(atMs) };
    return [...this.names(who), ...closing, entry(begin)];
  }

  private closeView(replica: number, atMs: number): string {
    this.inView.delete(replica);
    return entry({ ph: 'E', ...this.place(`replica-${replica}`, 'does'), ts: us(atMs) });
  }

  private fault(event: Extract<RunEvent, { type: 'fault' }>): readonly string[] {
    const { what, detail, atMs, replicas } = event;
    const crashed = what === 'crash' ? replicas.filter((each) => this.inView.has(each)) : [];
    const closed = crashed.map((replica) => this.closeView(replica, atMs));
    return [...closed, this.everywhere(atMs, `${what}: ${detail}`, { replicas })];
  }

  private request({ atMs, record }: Extract<RunEvent, { type: 'request' }>): readonly string[] {
    const who = `client-${record.client}`;
    const name = `${record.outcome} ${record.name}`;
    if (record.latencyMs === null) return this.instant(who, atMs, name, { ...record });
    const span = { cat: 'request', id: ++this.flows, name, ...this.place(who, 'does') };
    const beganMs = Math.max(atMs - record.latencyMs, 0);
    return [
      ...this.names(who),
      entry({ ...span, ph: 'b', ts: us(beganMs), args: { ...record } }),
      entry({ ...span, ph: 'e', ts: us(atMs) }),
    ];
  }

  private instant(who: string, atMs: number, name: string, args: Arguments): readonly string[] {
    const place = this.place(who, 'does');
    return [...this.names(who), entry({ name, ph: 'i', s: 't', ...place, ts: us(atMs), args })];
  }

  private everywhere(atMs: number, name: string, args: Arguments): string {
    const pid = this.scenarios * processesPerScenario;
    return entry({ name, ph: 'i', s: 'g', pid, tid: 0, ts: us(atMs), args });
  }

  /** Names a process and its threads when it is first seen. */
  private names(who: string): readonly string[] {
    const { pid } = this.place(who, 'does');
    if (this.named.has(pid)) return [];
    this.named.add(pid);
    const words = who.replace('-', ' ');
    return [
      entry({ name: 'process_name', ph: 'M', pid, tid: 0, args: { name: words } }),
      entry({ name: 'process_sort_index', ph: 'M', pid, tid: 0, args: { sort_index: pid } }),
      ...Object.entries(threads).map(([name, tid]) =>
        entry({ name: 'thread_name', ph: 'M', pid, tid, args: { name } }),
      ),
    ];
  }

  private place(who: string, thread: Thread): { readonly pid: number; readonly tid: number } {
    const base = this.scenarios * processesPerScenario + 1;
    const match = /^(replica|client)-(\d+)$/.exec(who);
    if (match === null) {
      if (!this.others.has(who)) this.others.set(who, this.others.size);
      return { pid: base + firstOther + this.others.get(who)!, tid: threads[thread] };
    }
    const offset = match[1] === 'client' ? firstClient : 0;
    return { pid: base + offset + Number(match[2]), tid: threads[thread] };
  }
}

function nameOf(event: RunEvent): string {
  switch (event.type) {
    case 'decided':
    case 'executed':
    case 'installed':
    case 'stable':
      return `${event.type} ${event.sequence}`;
    case 'strike':
      return `strike against ${event.against}`;
    case 'standing':
      return `${event.against} is ${event.to}`;
    default:
      return event.type;
  }
}

function us(ms: number): number {
  return Math.round(ms * 1000);
}

function entry(fields: Readonly<Record<string, unknown>>): string {
  return JSON.stringify(fields);
}
