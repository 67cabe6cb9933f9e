import { maxFaulty } from '../../src/pbft/quorum.ts';
import type { Effect } from '../../src/pbft/replica.ts';
import type { Member } from './cluster.ts';
import { NothingToForge } from './forge.ts';
import { SignedWords } from './signed-words.ts';
import { Diverged, Stage } from './stage.ts';

/** A rule that a schedule broke. */
export class Broken extends Error {}

export interface Outcome {
  /** The first rule that did not hold, or null. */
  readonly broken: string | null;
  /** The commands as they were played, liars and replicas filled in: a transcript. */
  readonly played: readonly string[];
}

/** Virtual time in which everything must be decided once all replicas run and nothing is lost. */
const healedMs = 80_000;
const stepMs = 4_000;

/** Who is faulty: the first replicas, f of them unless a number says otherwise. */
export interface Faulty {
  /** Tell the lies of the schedule. Once it is over they do as they should. */
  readonly liars?: 'f' | number;
  /** Crash when the schedule is over, and stay away. */
  readonly silent?: 'f';
}

/**
 * Plays transcript commands on a cluster of `n`, then heals it and waits. Judges agreement,
 * accusations, every correct replica's word, and that in the end all correct replicas ran
 * everything.
 */
export function playSchedule(n: number, faulty: Faulty, commands: readonly string[]): Outcome {
  const played: string[] = [];
  try {
    playAll(n, faulty, commands, played);
    return { broken: null, played };
  } catch (error) {
    if (error instanceof Broken || error instanceof Diverged) {
      return { broken: error.message, played };
    }
    throw new Error(`after\n${played.join('\n')}\n`, { cause: error });
  }
}

function playAll(
  n: number,
  { liars = 0, silent }: Faulty,
  commands: readonly string[],
  played: string[],
): void {
  const stage = new Stage();
  const faulty = liars === 'f' ? maxFaulty(n) : liars;
  const play = (command: string) => {
    played.push(command);
    stage.play(command);
  };
  play(`replicas ${n} checkpointInterval=2 logWindow=6 maxBatchOperations=2`);
  stage.forger.keys = new Set(Array.from({ length: faulty }, (_, index) => index));
  const words = new Map(stage.cluster.members.map(({ index }) => [index, new SignedWords()]));
  const executed = new Set<string>();
  const asked = new Set<string>();
  stage.onObeyed = (member, effect) => {
    if (effect.type === 'execute') {
      for (const text of effect.batch.map((operation) => new TextDecoder().decode(operation))) {
        executed.add(text);
        asked.delete(text);
      }
    }
    if (member.index >= faulty) judge(member, effect, faulty, words);
  };
  let disksLost = 0;
  for (const command of commands) {
    // A second lost disk could take with it what only the first replica shared: no protocol helps.
    if (command.includes('disk=lost') && ++disksLost > 1) continue;
    const concrete = fill(command, n, faulty);
    if (concrete !== null) tryTo(() => play(concrete));
  }
  for (const member of stage.cluster.members) {
    member.effectsLeft = null;
    const staysAway = silent === 'f' && member.index < maxFaulty(n);
    if (staysAway) play(`crash ${member.index}`);
    else if (member.down) play(`restart ${member.index}`);
  }
  // Clients ask everyone again, once: what only a replica between views knows, nobody else orders.
  for (const request of waiting(stage)) {
    if (!executed.has(request)) asked.add(request);
    play(`request "${request}"`);
  }
  for (let waitedMs = 0; waitedMs < healedMs && !settled(stage, asked); waitedMs += stepMs) {
    play(`pass ${stepMs}`);
  }
  if (!settled(stage, asked)) throw new Broken(`stalled:\n${stage.play('state').join('\n')}`);
}

/** Replica numbers that exist, and a liar where one is wanted; null where there is none. */
function fill(command: string, n: number, faulty: number): string | null {
  if (command.includes('$L') && faulty === 0) return null;
  const [verb = ''] = command.split(' ');
  const named = command.replace('$L', String((command.length * 7) % Math.max(faulty, 1)));
  if (verb === 'deliver' || verb === 'pass' || verb === 'duplicate') return named;
  const limited = named.replace(
    /(to|crash|restart|request|viewChange|status|fetch)((?: \d+)+)/,
    (_, word, list) => {
      const wanted = String(list).trim().split(' ').map(Number);
      return `${word} ${[...new Set(wanted.map((index) => index % n))].join(' ')}`;
    },
  );
  return limited;
}

/** A lie may have nothing to stand close to yet: then it is not told. */
function tryTo(act: () => void): void {
  try {
    act();
  } catch (error) {
    if (!(error instanceof NothingToForge)) throw error;
  }
}

function judge(
  { index }: Member,
  effect: Effect,
  faulty: number,
  words: ReadonlyMap<number, SignedWords>,
): void {
  if (effect.type === 'accuse' && effect.evidence.accused >= faulty) {
    const { type, accused } = effect.evidence;
    throw new Broken(`replica ${index} accuses ${accused}, which is correct, of ${type}`);
  }
  if (effect.type !== 'send') return;
  const broken = words.get(index)?.hear(effect.message, index) ?? null;
  if (broken !== null) throw new Broken(broken);
}

function waiting({ cluster }: Stage): Set<string> {
  const texts = cluster.members.flatMap(({ replica }) =>
    [...replica.state.pending.values()].map((operation) => new TextDecoder().decode(operation)),
  );
  return new Set(texts);
}

/**
 * All stand at the same sequence with the same state, and no active replica waits. One that is
 * alone between views may: what it waits for was executed in a state that it fetched.
 */
function settled({ cluster }: Stage, asked: ReadonlySet<string>): boolean {
  const up = cluster.members.filter(({ down }) => !down);
  const [first] = up;
  const recovering = up.some(({ replica }) => replica.state.recovering !== null);
  if (asked.size > 0) return false;
  return up.every(
    ({ replica, service }) =>
      (replica.state.pending.size === 0 || !replica.state.active || recovering) &&
      replica.state.lastExecuted === first?.replica.state.lastExecuted &&
      service.state === first?.service.state,
  );
}
