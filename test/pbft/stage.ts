import { idealScheme } from '../../src/base/ideal-signature.ts';
import { batchDigest, outerEnvelope } from '../../src/pbft/envelope.ts';
import { rejectEvidence } from '../../src/pbft/evidence-check.ts';
import type { Message } from '../../src/pbft/messages.ts';
import type { Effect, Parameters } from '../../src/pbft/replica.ts';
import { type InFlight, type Member, TestCluster } from './cluster.ts';
import { type Command, parseCommand, toNumber } from './command.ts';
import { Describer, describeBound } from './describe.ts';
import { Forger } from './forge.ts';

interface Line {
  readonly actor: number;
  readonly to: string | null;
  readonly text: string;
}

/** Two replicas ran different batches at one sequence. */
export class Diverged extends Error {}

type Selector = (m: InFlight) => boolean;

/**
 * Plays the commands of a transcript on a hand-driven cluster and says what happens. What several
 * replicas do alike within one command is one line. Commands:
 *
 * `replicas N [parameter=value …] [standbys=N] [base=S behind=R]` a new cluster · `show persist
 * reply timer` what else to tell · `quietly COMMAND` tells nothing · `request "a" … [to …]` a
 * client's operations · `deliver SELECTOR [first N|nth I]`, `drop …`, `duplicate …` what is in
 * flight, not what follows · `stabilize` delivers until nothing flies · `lose SELECTOR`, `hold
 * SELECTOR`: from now on; `heal`, `release` end that · `timeout TIMER R …` · `pass MS` time, with
 * its timers · `crash R … [after N]` effects · `restart R … [disk=lost]` · `clock R +MS` · `isolate
 * R …`, `epochEnds S`: a committed decision says so · `forge …` see forge.ts · `state`, `slots R
 * …`, `checkpoints R …`, `journal R …`, `timers` look without touching. SELECTOR: `[from …] [to …]
 * [type …] [vN] [sN]`, all of which must hold.
 */
export class Stage {
  cluster = new TestCluster(1, {}, idealScheme);
  private describer = new Describer(this.cluster.nowMs);
  forger = new Forger(this.cluster, this.describer);
  private readonly shown = new Set<string>();
  private lost: Selector[] = [];
  private heldBack: Selector[] = [];
  private held: InFlight[] = [];
  private lines: Line[] = [];
  /** Called with every effect obeyed, for readers of more than lines. */
  onObeyed: (member: Member, effect: Effect) => void = () => {};
  private readonly decisions = new Map<number, string>();

  play(line: string): string[] {
    const quietly = line.startsWith('quietly ');
    const command = parseCommand(quietly ? line.slice('quietly '.length) : line);
    this.lines = [];
    const said = this.run(command);
    const told = fold(this.lines);
    if (quietly) return ['ok'];
    const all = [...told, ...said];
    return all.length > 0 ? all : ['nothing'];
  }

  private run(command: Command): string[] {
    const { verb, words } = command;
    switch (verb) {
      case 'replicas':
        return this.raise(words);
      case 'show':
        for (const word of words) this.shown.add(word);
        return ['ok'];
      case 'request':
        return this.request(command);
      case 'deliver':
        return this.deliver(command);
      case 'drop':
        return [`dropped ${this.choose(command).length}`];
      case 'duplicate': {
        const taken = this.choose(command);
        this.cluster.flight.push(...taken, ...taken);
        return ['ok'];
      }
      case 'stabilize':
        this.cluster.settle(this.keep);
        return [];
      case 'lose':
        this.lost.push(selectorOf(command));
        return ['ok'];
      case 'hold':
        this.heldBack.push(selectorOf(command));
        return ['ok'];
      case 'heal':
        this.lost = [];
        return ['ok'];
      case 'release':
        this.cluster.flight.push(...this.held);
        this.held = [];
        this.heldBack = [];
        return ['ok'];
      case 'pass':
        this.cluster.pass(toNumber(words[0] ?? ''), this.keep);
        return [];
      case 'forge':
        return this.forge(command);
      case 'crash':
        for (const index of words.map(toNumber)) this.crash(index, command.numbers('after'));
        return ['ok'];
      default:
        return this.runOnReplicas(verb, words);
    }
  }

  /** Commands whose words name replicas. */
  private runOnReplicas(verb: string, words: readonly string[]): string[] {
    const { cluster } = this;
    switch (verb) {
      case 'timeout':
        return words.slice(1).flatMap((word) => this.timeout(words[0] ?? '', toNumber(word)));
      case 'restart': {
        const disk = words.includes('disk=lost') ? 'lost' : 'kept';
        for (const word of words) if (!word.includes('=')) cluster.restart(toNumber(word), disk);
        return [];
      }
      case 'isolate':
        for (const { index } of cluster.members) {
          cluster.step(index, { type: 'isolated', replicas: words.map(toNumber) });
        }
        return [];
      case 'epochEnds':
        for (const { index } of cluster.members) {
          cluster.step(index, { type: 'epochEnds', sequence: toNumber(words[0] ?? '') });
        }
        return [];
      case 'clock': {
        const [index, offset] = words.map(toNumber);
        cluster.member(index ?? 0).clockOffsetMs = offset ?? 0;
        return ['ok'];
      }
      case 'state':
        return cluster.members.map((member) => this.stateOf(member));
      case 'slots':
        return words.flatMap((word) => this.slotsOf(cluster.member(toNumber(word))));
      case 'checkpoints':
        return words.flatMap((word) => this.checkpointsOf(cluster.member(toNumber(word))));
      case 'journal':
        return words.flatMap((word) =>
          cluster
            .records(toNumber(word))
            .map((record) => `${word} holds ${this.describer.record(record)}`),
        );
      case 'timers':
        return cluster.members.map((member) => this.timersOf(member));
      default:
        throw new Error(`no command "${verb}"`);
    }
  }

  private raise(words: readonly string[]): string[] {
    const options: Record<string, number> = {};
    for (const word of words.slice(1)) {
      const [name = '', value = ''] = word.split('=');
      options[name] = toNumber(value);
    }
    const { standbys, base, behind, ...parameters } = options;
    const membership = {
      ...(standbys === undefined ? {} : { standbys }),
      ...(base === undefined ? {} : { base }),
      ...(behind === undefined ? {} : { behind }),
    };
    const n = toNumber(words[0] ?? '');
    [this.lost, this.heldBack, this.held] = [[], [], []];
    this.decisions.clear();
    this.cluster = new TestCluster(n, parameters as Partial<Parameters>, idealScheme, membership);
    this.describer = new Describer(this.cluster.nowMs);
    this.forger = new Forger(this.cluster, this.describer);
    this.cluster.onEffect = (member, effect) => {
      this.onEffect(member, effect);
    };
    return ['ok'];
  }

  private onEffect(member: Member, effect: Effect): void {
    this.onObeyed(member, effect);
    const tell = (text: string, to: string | null = null) => {
      this.lines.push({ actor: member.index, to, text });
    };
    if (effect.type === 'send') {
      this.forger.learn(effect.message);
      return tell(
        this.describer.message(effect.message),
        effect.to === 'others' ? '*' : String(effect.to),
      );
    }
    if (effect.type === 'execute') this.checkAgreement(member, effect);
    const isTimer = effect.type === 'setTimer' || effect.type === 'cancelTimer';
    const kind = isTimer ? 'timer' : effect.type;
    const text = this.describer.effect(effect);
    if (text === null || (optional.has(kind) && !this.shown.has(kind))) return;
    if (isTimer && effect.timer === 'status') return;
    tell(text);
    if (effect.type !== 'accuse') return;
    const court = this.cluster.options(member.index);
    const reason = rejectEvidence(effect.evidence, court);
    if (reason !== null) throw new Error(`an accusation that no court upholds: ${reason}`);
  }

  /** Whatever a transcript does to its cluster, no two replicas may run different batches. */
  private checkAgreement(member: Member, effect: Extract<Effect, { type: 'execute' }>): void {
    const { sequence, batchDigest, timestamp } = effect.certificate.header.statement;
    const decision = `${batchDigest} at ${timestamp}`;
    const known = this.decisions.get(sequence) ?? decision;
    this.decisions.set(sequence, known);
    if (known !== decision) throw new Diverged(`replica ${member.index} diverged at ${sequence}`);
  }

  private request(command: Command): string[] {
    for (const text of command.words) {
      this.describer.learnRequest(text);
      this.cluster.request(text, [
        ...(command.numbers('to') ?? this.cluster.members.map(({ index }) => index)),
      ]);
    }
    return [];
  }

  private deliver(command: Command): string[] {
    const taken = this.choose(command);
    for (const message of taken) this.cluster.deliver(message);
    return taken.length > 0 ? [] : ['nothing to deliver'];
  }

  /** Takes the messages that the command means out of the air. */
  private choose(command: Command): InFlight[] {
    const selector = selectorOf(command);
    const most = command.numbers('first')?.[0] ?? Number.POSITIVE_INFINITY;
    const nth = command.numbers('nth')?.[0];
    if (nth === undefined) return this.take(selector, most);
    const { flight } = this.cluster;
    const chosen = flight[nth % Math.max(flight.length, 1)];
    return this.take((message) => message === chosen, 1);
  }

  private take(selector: Selector, most: number): InFlight[] {
    const taken: InFlight[] = [];
    this.cluster.flight = this.cluster.flight.filter((message) => {
      if (taken.length >= most || !selector(message)) return true;
      taken.push(message);
      return false;
    });
    return taken;
  }

  private readonly keep = (message: InFlight): boolean => {
    if (this.lost.some((selector) => selector(message))) return false;
    if (!this.heldBack.some((selector) => selector(message))) return true;
    this.held.push(message);
    return false;
  };

  /** At once, or in the middle of what it does next. */
  private crash(index: number, after: readonly number[] | null): void {
    if (after === null) this.cluster.crash(index);
    else this.cluster.member(index).effectsLeft = after[0] ?? 1;
  }

  private timeout(timer: string, index: number): string[] {
    if (!this.cluster.member(index).timers.has(timer)) return [`${index} has no ${timer} timer`];
    this.cluster.fire(index, timer);
    return [];
  }

  private forge(command: Command): string[] {
    const { from, message } = this.forger.forge(command);
    this.describer.message(message);
    const receivers =
      command.numbers('to') ??
      this.cluster.members.map(({ index }) => index).filter((index) => index !== from);
    for (const to of receivers) this.cluster.deliver({ from, to, message });
    return [];
  }

  private stateOf({ index, down, replica }: Member): string {
    if (down) return `${index} down`;
    const { state } = replica;
    const low = state.stable?.statement.sequence ?? this.cluster.membership.base ?? 0;
    const end = low + this.cluster.parameters.logWindow;
    const high = Math.min(end, state.epochEnd ?? end);
    const pending = [...state.pending.values()].map((o) => this.describer.batch(batchDigest([o])));
    return [
      `${index} v${state.view}${state.active ? '' : ' between views'}`,
      `low=${low} high=${high} executed=${state.lastExecuted}`,
      ...(state.recovering ? [`recovering until ${describeBound(state.recovering.until)}`] : []),
      ...(state.ahead ? [`ahead=${state.ahead.statement.sequence}`] : []),
      ...(pending.length > 0 ? [`waiting: ${pending.join(' ')}`] : []),
    ].join(' ');
  }

  private slotsOf({ index, replica }: Member): string[] {
    const slots = [...replica.state.slots.values()].sort((a, b) => a.sequence - b.sequence);
    return slots.map(({ sequence, view, header, prepares, commits, prepared, decided }) =>
      [
        `${index} s${sequence} in v${view}:`,
        header ? this.describer.header(header) : 'no header',
        `prepares=(${[...prepares.keys()].sort().join(' ')})`,
        `commits=(${[...commits.keys()].sort().join(' ')})`,
        ...(prepared ? ['prepared'] : []),
        ...(decided ? ['decided'] : []),
      ].join(' '),
    );
  }

  private checkpointsOf({ index, replica }: Member): string[] {
    return [...replica.state.checkpointVotes].map(
      ([sequence, votes]) =>
        `${index} s${sequence}: votes of (${[...votes.keys()].sort().join(' ')})`,
    );
  }

  private timersOf({ index, timers, down }: Member): string {
    if (down) return `${index} down`;
    const running = [...timers].filter(([timer]) => timer !== 'status');
    const told = running.map(([timer, at]) => `${timer} in ${at - this.cluster.nowMs}`);
    return `${index} ${told.join(', ') || 'none'}`;
  }
}

const optional = new Set(['persist', 'reply', 'timer']);

function selectorOf(command: Command): Selector {
  const from = command.numbers('from');
  const to = command.numbers('to');
  const types = command.clause('type');
  return (m) => {
    const { view, sequence } = placeOf(m.message);
    return (
      (from?.includes(m.from) ?? true) &&
      (to?.includes(m.to) ?? true) &&
      (types?.includes(m.message.type) ?? true) &&
      (command.view === null || command.view === view) &&
      (command.sequence === null || command.sequence === sequence)
    );
  };
}

/** The view and sequence a message is about, where it is about one. */
function placeOf(message: Message): { view: number | null; sequence: number | null } {
  const statement = outerEnvelope(message)?.statement;
  if (statement === undefined) return { view: null, sequence: null };
  return {
    view: 'view' in statement ? statement.view : null,
    sequence: 'sequence' in statement ? statement.sequence : null,
  };
}

/** Equal lines of several replicas become one, where the first of them stood. */
function fold(lines: readonly Line[]): string[] {
  const actors = new Map<string, Set<number>>();
  for (const { actor, to, text } of lines) {
    const said = `${to === null ? '' : `->${to}`} ${text}`;
    actors.set(said, (actors.get(said) ?? new Set()).add(actor));
  }
  return [...actors].map(([said, who]) => `${[...who].sort((a, b) => a - b).join(',')}${said}`);
}
