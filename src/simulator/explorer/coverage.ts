import type { Message } from '../../pbft/messages.ts';
import type { Effect, Input, TimerName } from '../../pbft/replica.ts';

/** Protocol states and transitions are told apart by this many bits at most. */
const maxFeatures = 65_536;
/** Moments of a run where a fault would hurt, kept for mutations. */
const maxMilestones = 64;

/**
 * What a run has shown of the protocol, as numbers: which kind of input led to which kinds of
 * effects, in which mode the replica was, and what it had done the step before. Two runs with the
 * same features went the same ways, whatever the order.
 */
export class Coverage {
  readonly features = new Set<number>();
  /** Microseconds since the start at which views changed, checkpoints became stable and so on. */
  readonly milestonesUs: number[] = [];
  private seen = 0;
  private readonly modes: number[] = [];
  private readonly previous: number[] = [];

  onStep(replica: number, input: Input, effects: readonly Effect[], atUs: number): void {
    if (effects.length === 0) return;
    let mode = this.modes[replica] ?? 0;
    let said = 0;
    for (const effect of effects) {
      said |= 1 << effectKinds.indexOf(effect.type);
      if (effect.type === 'send') said |= messageBit(effect.message);
      if (effect.type === 'enterView')
        mode = (effect.active ? 2 : 1) + Math.min(effect.view, 3) * 4;
    }
    if ((said & turningPoints) !== 0 || input.type === 'timeout') this.note(atUs);
    this.modes[replica] = mode;
    const heard = inputKind(input);
    const transition = mix(mix(heard, said), mode);
    this.features.add(transition % maxFeatures);
    this.features.add(mix(transition, this.previous[replica] ?? 0) % maxFeatures);
    this.previous[replica] = mix(heard, said & turningPoints);
  }

  /** The first milestones and then every so many, so that long runs are covered to their end. */
  private note(atUs: number): void {
    this.seen++;
    if (this.milestonesUs.length < maxMilestones) this.milestonesUs.push(atUs);
    else if (this.seen % 7 === 0) this.milestonesUs[this.seen % maxMilestones] = atUs;
  }
}

const effectKinds: readonly Effect['type'][] = [
  'persist',
  'execute',
  'reply',
  'setTimer',
  'cancelTimer',
  'accuse',
  'strike',
  'stable',
  'serveChunk',
  'install',
  'enterView',
  'send',
];
/** Beyond these bits stand the kinds of messages sent. */
const messageKinds: readonly Message['type'][] = [
  'prePrepare',
  'prepare',
  'commit',
  'checkpoint',
  'viewChange',
  'newView',
  'status',
  'decided',
  'fetchBatch',
  'batch',
  'fetchState',
  'stableCheckpoint',
  'stateChunk',
  'request',
  'complaint',
];
const timers: readonly TimerName[] = ['request', 'viewChange', 'status', 'fetch', 'gather'];
const inputKinds: readonly Input['type'][] = [
  'request',
  'executed',
  'installed',
  'isolated',
  'recovered',
  'diskLost',
];
const turningPoints = bitsOf(['persist', 'execute', 'accuse', 'stable', 'install', 'enterView']);

function bitsOf(kinds: readonly Effect['type'][]): number {
  return kinds.reduce((bits, kind) => bits | (1 << effectKinds.indexOf(kind)), 0);
}

function messageBit({ type }: Message): number {
  return 1 << (effectKinds.length + messageKinds.indexOf(type));
}

function inputKind(input: Input): number {
  switch (input.type) {
    case 'receive':
      return messageKinds.indexOf(input.message.type);
    case 'timeout':
      return 32 + timers.indexOf(input.timer);
    default:
      return 48 + inputKinds.indexOf(input.type);
  }
}

function mix(a: number, b: number): number {
  const h = Math.imul(a ^ Math.imul(b + 0x9e37, 0x85ebca6b), 0xc2b2ae35);
  return (h ^ (h >>> 15)) >>> 0;
}
