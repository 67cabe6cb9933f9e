import { describe, expect, test } from 'vitest';
import { toHex, utf8 } from '../../src/base/bytes.ts';
import { leafHash, merklePath, merkleRoot } from '../../src/base/merkle.ts';
import { Random } from '../../src/base/random.ts';
import { ed25519, type Signer } from '../../src/base/signature.ts';
import { EpochChain } from '../../src/ledger/epoch-chain.ts';
import { epochChainId, requestDigest, seal, voteVerifier } from '../../src/pbft/envelope.ts';
import { encodeMessage } from '../../src/pbft/message-codec.ts';
import type { Message } from '../../src/pbft/messages.ts';
import { type Address, replicaAddress } from '../../src/runtime/ports.ts';
import type { ValidatorOutcome } from '../../src/runtime/validator.ts';
import { ValidationClient } from '../../src/validation/client.ts';
import { changeTo, signersOf } from '../ledger/epochs.ts';
import { FakeTimers } from './fakes.ts';

const clusterId = 'c1'.repeat(32);
/** Processes 0 to 3 begin; 4 takes the place of 0, then 5 that of 1. */
const processes = signersOf(1, 2, 3, 4, 5, 6) as [Signer, Signer, Signer, Signer, Signer, Signer];
const [p0, p1, p2, p3, p4, p5] = processes;
const rosters = [
  [p0, p1, p2, p3],
  [p4, p1, p2, p3],
  [p4, p5, p2, p3],
] as const;
const one = changeTo(clusterId, 0, rosters[0], rosters[1]);
const two = changeTo(clusterId, 1, rosters[1], rosters[2]);
const operation = utf8('what is asked');

class Setting {
  readonly timers = new FakeTimers();
  readonly sent: Address[] = [];
  readonly ignored: string[] = [];
  readonly outcomes: ValidatorOutcome[] = [];
  readonly client: ValidationClient;
  private receive: (from: Address, frame: Uint8Array) => void = () => {};

  constructor() {
    const publicKeys = rosters[0].map(({ publicKey }) => publicKey);
    const first = { chainId: clusterId, epoch: 0, publicKeys };
    this.client = new ValidationClient({
      network: {
        send: (to) => this.sent.push(to),
        onFrame: (receive) => {
          this.receive = receive;
        },
      },
      timers: this.timers,
      random: new Random('client'),
      epochs: new EpochChain(first, (set) => voteVerifier(ed25519, set)),
      standbys: [p4.publicKey, p5.publicKey],
      policy: { timeoutMs: 10_000, retryMs: 500, maxRetryMs: 2_000, maxInFlight: 4 },
      onIgnored: ({ replica, reason }) => this.ignored.push(`${replica} ${reason}`),
    });
    this.client.submit(operation, (outcome) => this.outcomes.push(outcome));
  }

  deliver(process: number, message: Message): void {
    this.receive(replicaAddress(process), encodeMessage(message));
  }

  /** The honest reply of a process, as the replica it is in `epoch`, over its own link. */
  reply(process: number, epoch: number, sequence: number, link = process): void {
    const result = utf8('the result');
    const replica = rosters[epoch]?.indexOf(processes[process] as Signer) as number;
    const leaves = [leafHash(result)];
    const statement = {
      type: 'result',
      epoch,
      sequence,
      timestamp: 1000,
      resultsRoot: toHex(merkleRoot(leaves)),
      stateDigest: '00'.repeat(32),
    } as const;
    const signer = processes[process] as Signer;
    const vote = seal(statement, replica, signer, epochChainId(clusterId, epoch));
    const path = merklePath(leaves, 0);
    const answer = {
      requestDigest: requestDigest(operation),
      result,
      index: 0,
      batchSize: 1,
      path,
    };
    this.deliver(link, { type: 'reply', view: 0, vote, answers: [answer] });
  }

  get certifiedBy(): string | null {
    const [outcome] = this.outcomes;
    if (outcome?.type !== 'certified') return null;
    const { statement, votes } = outcome.certified.certificate;
    return `epoch ${statement.epoch}: ${votes.map(({ replica }) => replica).join()}`;
  }
}

describe('a client of a cluster whose membership changes', () => {
  test('counts the votes of the promoted once it was shown the change', () => {
    const setting = new Setting();
    for (const process of [1, 2, 4]) setting.reply(process, 1, 20);
    expect(setting.certifiedBy).toBeNull();
    setting.deliver(1, one);
    for (const process of [1, 2, 4]) setting.reply(process, 1, 20);
    expect(setting.certifiedBy).toBe('epoch 1: 0,1,2');
  });

  test('asks the promoted at once, and the expelled no more', () => {
    const setting = new Setting();
    expect(setting.sent).toEqual([0, 1, 2, 3].map(replicaAddress));
    setting.deliver(2, one);
    expect(setting.sent.slice(4)).toEqual([replicaAddress(4)]);
    setting.timers.run(600);
    expect(setting.sent.slice(5).toSorted()).toEqual([1, 2, 3, 4].map(replicaAddress));
  });

  test('goes through several epochs in order, and is told twice of none', () => {
    const setting = new Setting();
    setting.deliver(1, two); // nobody known to the client vouches for it
    expect(setting.ignored).toEqual(['1 epochChange']);
    for (const process of [1, 2, 3]) setting.deliver(process, one);
    for (const process of [2, 3, 4]) setting.deliver(process, two);
    expect(setting.ignored).toHaveLength(1);
    for (const process of [2, 5, 4]) setting.reply(process, 2, 40);
    expect(setting.certifiedBy).toBe('epoch 2: 0,1,2');
  });

  test('takes the answer of an epoch that is over, as far as that epoch went', () => {
    const late = new Setting();
    late.deliver(1, one);
    for (const process of [1, 2, 3]) late.reply(process, 0, 16);
    expect(late.certifiedBy).toBe('epoch 0: 1,2,3');
    const past = new Setting();
    past.deliver(1, one);
    for (const process of [0, 1, 2, 3]) past.reply(process, 0, 17);
    expect(past.certifiedBy).toBeNull();
    expect(new Set(past.ignored.map((entry) => entry.split(' ')[1]))).toEqual(new Set(['epoch']));
  });

  test('mixes no votes of two epochs', () => {
    const setting = new Setting();
    setting.deliver(1, one);
    for (const process of [1, 2]) setting.reply(process, 0, 16);
    for (const process of [3, 4]) setting.reply(process, 1, 17);
    expect(setting.certifiedBy).toBeNull();
  });

  test('hears the vote of a place only over the link of who holds it', () => {
    const setting = new Setting();
    setting.deliver(1, one);
    setting.reply(4, 1, 20, 1); // the good vote of another, passed on
    expect(setting.ignored).toEqual(['1 impersonation']);
    // Process 0 held place 0 in epoch 0: what it signed then is no vote now.
    setting.reply(0, 0, 16);
    setting.reply(1, 1, 20);
    setting.reply(2, 1, 20);
    expect(setting.certifiedBy).toBeNull();
    setting.reply(3, 1, 20);
    expect(setting.certifiedBy).toBe('epoch 1: 1,2,3');
  });

  test.each([
    ['too few members certified', changeTo(clusterId, 0, rosters[0], rosters[1], { votes: 2 })],
    ['another cluster certified', changeTo('c2'.repeat(32), 0, rosters[0], rosters[1])],
    ['the new members certified', changeTo(clusterId, 0, rosters[2], rosters[2])],
  ])('does not follow a change that %s', (_what, change) => {
    const setting = new Setting();
    setting.deliver(3, change);
    expect(setting.ignored).toEqual(['3 epochChange']);
    for (const process of [1, 2, 3, 4]) setting.reply(process, 1, 20);
    expect(setting.certifiedBy).toBeNull();
  });
});
