import { describe, expect, it } from 'vitest';
import { behaviours, villainNames } from '../../src/adversaries/behaviours.ts';
import type { AdversaryKit } from '../../src/adversaries/kit.ts';
import { equalBytes, toHex } from '../../src/base/bytes.ts';
import { idealScheme } from '../../src/base/ideal-signature.ts';
import { Random } from '../../src/base/random.ts';
import { outerEnvelope, voteVerifier } from '../../src/pbft/envelope.ts';
import { decodeMessage, encodeMessage } from '../../src/pbft/message-codec.ts';
import type { Message } from '../../src/pbft/messages.ts';
import type { Effect, Input } from '../../src/pbft/replica.ts';
import { behaviourNames } from '../../src/scenario/scenario.ts';
import {
  chainId,
  checkpoint,
  commit,
  kitOf,
  operations,
  prePrepare,
  prepare,
  Scripted,
  signerOf,
  startMs,
  tick,
  toOthers,
} from './fakes.ts';

const publicKeys = [0, 1, 2, 3].map((index) => signerOf(index).publicKey);
const verify = voteVerifier(idealScheme, { chainId, epoch: 0, publicKeys });

/** What a primary of view 4 says in a busy life, step by step. */
function busyScript(): Effect[][] {
  const script: Effect[][] = [];
  for (let sequence = 1; sequence <= 12; sequence++) {
    const proposal = prePrepare(0, 4, sequence);
    script.push([
      { type: 'persist', record: { ...proposal, type: 'accepted' } },
      toOthers(proposal),
      toOthers(commit(0, proposal.header)),
      toOthers(checkpoint(0, sequence)),
      { type: 'reply', vote: checkpoint(0, sequence).vote },
      { type: 'setTimer', timer: 'request', afterMs: 400 },
      { type: 'execute', certificate: { header: proposal.header, commits: [] }, batch: [] },
      { type: 'serveChunk', to: 2, sequence, chunk: 0 },
      { type: 'cancelTimer', timer: 'request' },
    ]);
  }
  return script;
}

/** What it hears meanwhile: requests, and votes of others with their own signatures. */
function busyInputs(): Input[] {
  return Array.from({ length: 12 }, (_, i): Input => {
    const { header } = prePrepare(0, 4, i + 1);
    const [operation] = operations(i + 1).slice(-1);
    if (i % 3 === 0 && operation !== undefined) return { type: 'request', operation };
    if (i % 3 === 1) return { type: 'receive', from: 1, message: prepare(1, header) };
    return { type: 'receive', from: 2, message: commit(2, header) };
  });
}

function busyKit(): AdversaryKit {
  return kitOf({ spawnTwin: () => new Scripted(), random: new Random('busy') });
}

function busyLife(
  name: (typeof villainNames)[number],
  honest = new Scripted(...busyScript()),
): Effect[] {
  const replica = behaviours[name](busyKit())(honest);
  return busyInputs().flatMap((input, i) => replica.step(input, startMs + i * 50));
}

function sent(effects: readonly Effect[]): Message[] {
  return effects.flatMap((effect) => (effect.type === 'send' ? [effect.message] : []));
}

describe('the record of behaviours', () => {
  it('has exactly the names that a scenario can use', () => {
    expect([...villainNames].sort()).toEqual([...behaviourNames].sort());
  });
});

describe.each(villainNames)('every villain, %s too,', (name) => {
  it('leaves journal, timers and execution of the honest replica alone, in order', () => {
    const kinds = ['persist', 'execute', 'setTimer', 'cancelTimer'];
    const only = (effects: readonly Effect[]) => effects.filter(({ type }) => kinds.includes(type));
    const honest = new Scripted(...busyScript());
    expect(only(busyLife(name, honest))).toEqual(only(honest.said));
    expect(honest.said).not.toEqual([]);
  });

  it('signs with no key but its own', () => {
    const heard = busyInputs().flatMap((input) =>
      input.type === 'receive' ? [outerEnvelope(input.message)] : [],
    );
    for (const message of sent(busyLife(name))) {
      const envelope = outerEnvelope(message);
      if (envelope === null) continue;
      if (!verify(envelope.sender, envelope.payload, envelope.signature)) {
        // A mutator damages signatures too: that is no forgery but the failure of one.
        expect(name).toBe('mutate');
        continue;
      }
      const quoted = heard.some((other) => other && equalBytes(other.payload, envelope.payload));
      if (envelope.sender !== 0) expect(quoted).toBe(true);
    }
  });

  it('says only what can be encoded and decoded again', () => {
    for (const message of sent(busyLife(name))) {
      expect(decodeMessage(encodeMessage(message)).ok).toBe(true);
    }
  });

  it('does the same again from the same seed', () => {
    const wire = (effects: readonly Effect[]) =>
      sent(effects).map((message) => toHex(encodeMessage(message)));
    expect(wire(busyLife(name))).toEqual(wire(busyLife(name)));
  });

  it('never tells on itself', () => {
    const first = prePrepare(0, 4, 1).header;
    const second = prePrepare(0, 4, 1, operations(1)).header;
    const evidence = { type: 'conflictingPrePrepare', accused: 0, first, second } as const;
    const honest = new Scripted([
      { type: 'accuse', evidence },
      { type: 'strike', replica: 0, reason: 'itself' },
    ]);
    const effects = behaviours[name](busyKit())(honest).step(tick, startMs);
    expect(effects.filter(({ type }) => type === 'accuse' || type === 'strike')).toEqual([]);
  });
});
