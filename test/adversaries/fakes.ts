import type { AdversaryKit } from '../../src/adversaries/kit.ts';
import { utf8 } from '../../src/base/bytes.ts';
import { digest } from '../../src/base/digest.ts';
import { idealScheme } from '../../src/base/ideal-signature.ts';
import { Random } from '../../src/base/random.ts';
import { batchDigest, headerDigest, seal } from '../../src/pbft/envelope.ts';
import type { Envelope, MessageOf, Operation, PrePrepare } from '../../src/pbft/messages.ts';
import type { Effect, Input, Replica } from '../../src/pbft/replica.ts';
import { parameters } from './cluster.ts';

export const chainId = digest('test', utf8('chain'));
export const startMs = 1_700_000_000_000;

export function signerOf(index: number) {
  return idealScheme.signer(new Uint8Array(32).fill(index + 1));
}

export function kitOf(changes: Partial<AdversaryKit> = {}): AdversaryKit {
  const index = changes.index ?? 0;
  return {
    index,
    n: 4,
    chainId,
    epoch: 0,
    signer: signerOf(index),
    parameters,
    random: new Random(`villain/${index}`),
    conspirators: [],
    planSeed: 'plan',
    accusation: (evidence) => evidence,
    ...changes,
  };
}

/** An honest replica by dictation: answers the k-th step with the k-th script. */
export class Scripted implements Replica {
  readonly heard: { input: Input; nowMs: number }[] = [];
  readonly said: Effect[] = [];
  private readonly script: (readonly Effect[])[];

  constructor(...script: (readonly Effect[])[]) {
    this.script = script;
  }

  step(input: Input, nowMs: number): readonly Effect[] {
    this.heard.push({ input, nowMs });
    const effects = this.script.shift() ?? [];
    this.said.push(...effects);
    return effects;
  }
}

export const tick: Input = { type: 'timeout', timer: 'status' };

export function operations(count: number): Operation[] {
  return Array.from({ length: count }, (_, i) => utf8(`operation ${i}`));
}

export function prePrepare(
  by: number,
  view: number,
  sequence: number,
  batch: readonly Operation[] = operations(2),
): MessageOf<'prePrepare'> {
  const header = seal<PrePrepare>(
    {
      type: 'prePrepare',
      view,
      sequence,
      batchDigest: batchDigest(batch),
      timestamp: batch.length === 0 ? 0 : startMs,
    },
    by,
    signerOf(by),
    chainId,
  );
  return { type: 'prePrepare', header, batch };
}

export function prepare(by: number, header: Envelope<PrePrepare>): MessageOf<'prepare'> {
  const { view, sequence } = header.statement;
  const statement = {
    type: 'prepare',
    view,
    sequence,
    headerDigest: headerDigest(header),
  } as const;
  return { type: 'prepare', vote: seal(statement, by, signerOf(by), chainId), header };
}

export function commit(by: number, header: Envelope<PrePrepare>): MessageOf<'commit'> {
  const { view, sequence } = header.statement;
  const statement = { type: 'commit', view, sequence, headerDigest: headerDigest(header) } as const;
  return { type: 'commit', vote: seal(statement, by, signerOf(by), chainId) };
}

export function checkpoint(by: number, sequence: number): MessageOf<'checkpoint'> {
  const of = (what: string) => digest('test', utf8(`${what} ${sequence}`));
  const statement = {
    type: 'result',
    epoch: 0,
    sequence,
    timestamp: startMs,
    resultsRoot: of('results'),
    stateDigest: of('state'),
  } as const;
  return { type: 'checkpoint', vote: seal(statement, by, signerOf(by), chainId) };
}

export function toOthers(message: Extract<Effect, { type: 'send' }>['message']): Effect {
  return { type: 'send', to: 'others', message };
}

/** Messages as they reach one replica. */
export function reaching(effects: readonly Effect[], to: number) {
  return effects.flatMap((effect) =>
    effect.type === 'send' && (effect.to === to || effect.to === 'others') ? [effect.message] : [],
  );
}
