import { seal } from '../pbft/envelope.ts';
import type { Envelope, Message, ReplicaIndex, Statement } from '../pbft/messages.ts';
import type { Effect, Input, Instant, Replica } from '../pbft/replica.ts';
import type { AdversaryKit } from './kit.ts';

export type Send = Extract<Effect, { type: 'send' }>;

/** The little that a villain overrides. What it leaves out stays honest. */
export interface Override {
  /** False: the honest replica inside never learns of this input. */
  readonly hears?: (input: Input, nowMs: Instant) => boolean;
  /** What happens in place of one effect of the honest replica. */
  readonly says?: (effect: Effect, nowMs: Instant) => readonly Effect[];
  /** What happens besides, after the step. */
  readonly adds?: (input: Input, nowMs: Instant) => readonly Effect[];
  /** See {@link Villain.leave}. */
  readonly leave?: () => readonly Effect[];
}

export interface Villain extends Replica {
  /** What it kept back and still owes, when its part is over. */
  readonly leave?: () => readonly Effect[];
}

/**
 * A replica around a replica. The honest one inside keeps its state whatever leaves; its journal
 * is left alone, so that a villain comes back from a crash as the villain it was.
 */
export function around(honest: Villain, override: Override): Villain {
  const { hears, says, adds, leave = honest.leave } = override;
  return {
    ...(leave === undefined ? {} : { leave }),
    step(input, nowMs) {
      const effects: Effect[] = [];
      if (hears === undefined || hears(input, nowMs)) {
        for (const effect of honest.step(input, nowMs)) {
          if (says === undefined) effects.push(effect);
          else effects.push(...says(effect, nowMs));
        }
      }
      if (adds !== undefined) effects.push(...adds(input, nowMs));
      return effects;
    },
  };
}

/** Every replica but this one. */
export function peersOf(kit: AdversaryKit): ReplicaIndex[] {
  const peers: ReplicaIndex[] = [];
  for (let peer = 0; peer < kit.n; peer++) if (peer !== kit.index) peers.push(peer);
  return peers;
}

/** The receivers a send names. */
export function receivers(kit: AdversaryKit, send: Send): readonly ReplicaIndex[] {
  return send.to === 'others' ? peersOf(kit) : [send.to];
}

/** One send per receiver, each with the message chosen for it; null keeps silent towards it. */
export function sendEach(
  kit: AdversaryKit,
  send: Send,
  choose: (to: ReplicaIndex) => Message | null,
): Send[] {
  const sends: Send[] = [];
  for (const to of receivers(kit, send)) {
    const message = choose(to);
    if (message !== null) sends.push({ type: 'send', to, message });
  }
  return sends;
}

/** Signs a statement with the villain's own key, the only one it has. */
export function sign<S extends Statement>(kit: AdversaryKit, statement: S): Envelope<S> {
  return seal(statement, kit.index, kit.signer, kit.chainId);
}

/** Messages that reach the outside through the node, beside `send`: replies and state chunks. */
export function speaks(effect: Effect): boolean {
  return effect.type === 'send' || effect.type === 'reply' || effect.type === 'serveChunk';
}
