import { utf8 } from '../../base/bytes.ts';
import { type Digest, digest } from '../../base/digest.ts';
import { idealScheme } from '../../base/ideal-signature.ts';
import { createReplica } from '../../pbft/create.ts';
import { voteVerifier } from '../../pbft/envelope.ts';
import type { Message } from '../../pbft/messages.ts';
import type { Effect, Input, Parameters, TimerName } from '../../pbft/replica.ts';

/** Voting replicas; one of them is two processes. */
export const n = 4;
export const processes = n + 1;

const parameters: Parameters = {
  checkpointInterval: 64,
  logWindow: 128,
  maxBatchOperations: 16,
  maxBatchBytes: 65_536,
  pipelineDepth: 8,
  proposalIntervalMs: 0,
  requestTimeoutMs: 1000,
  statusIntervalMs: 200,
  maxClockSkewMs: 60_000,
};

const signers = Array.from({ length: n }, (_, i) => idealScheme.signer(utf8(`twins ${i}`)));
const validators = {
  chainId: digest('hypermesh/chain', utf8('twins')),
  epoch: 0,
  publicKeys: signers.map(({ publicKey }) => publicKey),
};
const court = { validators, verify: voteVerifier(idealScheme, validators), parameters };

interface Process {
  /** Its replica index: two processes have the twinned one's. */
  readonly index: number;
  readonly replica: ReturnType<typeof createReplica>;
  readonly timers: Set<TimerName>;
  /** What it decided, by sequence: batch and time. */
  readonly decided: Map<number, string>;
}

interface Letter {
  readonly from: number;
  readonly to: number;
  readonly message: Message;
}

/** Letters of one round, at most: replicas that never fall silent are a finding of their own. */
const maxLetters = 20_000;
/** 2026-01-01: as good as any time, and later than none. */
const startMs = Date.UTC(2026, 0, 1);

/**
 * Four honest replicas, one of them run twice under its one key (Bano et al., "Twins: BFT systems
 * made robust"): the two halves know nothing of each other, so that together they do whatever an
 * equivocator would. No clock and no chance: a round delivers all that is said within each group
 * of a partition and loses the rest. The protocol alone is on trial, without disks or ledger.
 */
export class TwinsCluster {
  readonly all: readonly Process[];
  private readonly twinned: number;
  private letters: Letter[] = [];
  private nowMs = startMs;
  /** What went wrong first, in words. */
  fault: string | null = null;

  /** Process 4 is the twin of process `twinned`. */
  constructor(twinned: number) {
    this.twinned = twinned;
    this.all = Array.from({ length: processes }, (_, process) => {
      const index = process < n ? process : twinned;
      const signer = signers[index];
      if (signer === undefined) throw new RangeError(`no replica ${index}`);
      const replica = createReplica({ ...court, index, signer });
      return { index, replica, timers: new Set<TimerName>(), decided: new Map<number, string>() };
    });
    for (const process of this.all.keys()) this.step(process, { type: 'recovered', records: [] });
  }

  /** True for the three that are one process each, and keep the protocol. */
  isCorrect(process: number): boolean {
    return this.all[process]?.index !== this.twinned;
  }

  /** Hands a request to every process of one group. `groups`: the group of each process. */
  request(groups: readonly number[], group: number, name: string): void {
    const operation = utf8(name);
    for (const [process, of] of groups.entries()) {
      if (of === group) this.step(process, { type: 'request', operation });
    }
  }

  /** Delivers until nobody says anything; what crosses between groups is lost. */
  deliver(groups: readonly number[]): void {
    this.nowMs += 10;
    let count = 0;
    for (let at = 0; at < this.letters.length; at++) {
      if (++count > maxLetters) {
        this.fault ??= `${maxLetters} letters and no end`;
        break;
      }
      const { from, to, message } = this.letters[at] as Letter;
      if (groups[from] !== groups[to]) continue;
      const index = this.all[from]?.index ?? 0;
      this.step(to, { type: 'receive', from: index, message });
    }
    this.letters = [];
  }

  /** The timers of these names run out, wherever they run. */
  expire(names: readonly TimerName[]): void {
    this.nowMs += 1000;
    for (const [process, { timers }] of this.all.entries()) {
      for (const timer of names) {
        if (timers.delete(timer)) this.step(process, { type: 'timeout', timer });
      }
    }
  }

  private step(at: number, input: Input): void {
    const process = this.all[at];
    if (process === undefined) return;
    for (const effect of process.replica.step(input, this.nowMs)) this.obey(at, process, effect);
  }

  private obey(at: number, process: Process, effect: Effect): void {
    switch (effect.type) {
      case 'send':
        for (const [to, { index }] of this.all.entries()) {
          const isMeant = effect.to === 'others' ? index !== process.index : index === effect.to;
          if (isMeant) this.letters.push({ from: at, to, message: effect.message });
        }
        return;
      case 'setTimer':
        process.timers.add(effect.timer);
        return;
      case 'cancelTimer':
        process.timers.delete(effect.timer);
        return;
      case 'accuse':
        if (effect.evidence.accused === this.twinned) return;
        this.fault ??= `process ${at} accuses ${effect.evidence.accused}, which is correct`;
        return;
      case 'execute':
        return this.execute(at, process, effect);
      default:
    }
  }

  private execute(
    at: number,
    process: Process,
    { certificate }: Extract<Effect, { type: 'execute' }>,
  ): void {
    const { sequence, batchDigest, timestamp } = certificate.header.statement;
    process.decided.set(sequence, `${batchDigest}/${timestamp}`);
    if (this.isCorrect(at)) this.compare(at, sequence);
    const stateDigest: Digest = digest('twins/state', utf8(`${sequence}/${batchDigest}`));
    const results = { resultsRoot: stateDigest, stateDigest, timestamp };
    this.step(at, { type: 'executed', sequence, ...results });
  }

  private compare(at: number, sequence: number): void {
    const mine = this.all[at]?.decided.get(sequence);
    for (const [other, { decided }] of this.all.entries()) {
      const theirs = decided.get(sequence);
      if (!this.isCorrect(other) || theirs === undefined || theirs === mine) continue;
      this.fault ??= `processes ${other} and ${at} decide differently at sequence ${sequence}`;
    }
  }
}
