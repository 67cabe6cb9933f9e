import { equalBytes, toHex } from '../base/bytes.ts';
import type { Digest } from '../base/digest.ts';
import { memo } from '../base/memo.ts';
import type { SignatureScheme } from '../base/signature.ts';
import { requestDigest } from '../pbft/envelope.ts';
import { resultsRoot } from '../pbft/result-tree.ts';
import { registeredPlot } from '../proofs/registration.ts';
import type { Beacon } from '../proofs/request.ts';
import type { Account, LedgerPlot, Standing, Supply } from './account.ts';
import { advanceClock } from './agreed-clock.ts';
import {
  findDecision,
  logDecisions,
  pruneDecisions,
  putDecision,
  retentionMs,
} from './decisions.ts';
import type { Genesis } from './genesis.ts';
import { genesisDigest, genesisState } from './genesis-state.ts';
import { limits } from './limits.ts';
import { type Load, nextLoad } from './load.ts';
import {
  advanceMembership,
  isolatedReplicas,
  type Membership,
  membershipOf,
} from './membership.ts';
import { type Refusal, runOrder } from './orders.ts';
import { type Answered, encodeResult, type OperationResult } from './result.ts';
import type { SharedExecutions } from './shared-executions.ts';
import { type LedgerSnapshot, treeFromChunks } from './snapshot.ts';
import { type CheckEvidence, isolate, readmit } from './standing.ts';
import { LedgerState, stateKeys } from './state.ts';
import { provePath, type StateTree, treeGet } from './state-tree.ts';
import { type StaticCheck, StaticCheckCache, type StaticVerdict } from './static-check.ts';
import { computeBitsFor } from './validate.ts';
import { type Judging, validateMany, validateOne } from './validations.ts';

export interface LedgerOptions {
  /** For readmission votes, and for static checks when no `staticCheck` is handed in. */
  readonly scheme: SignatureScheme;
  /** Absent: no evidence convicts anybody. */
  readonly checkEvidence?: CheckEvidence;
  /** Absent: checks synchronously and remembers, in a cache of this ledger's own. */
  readonly staticCheck?: StaticCheck;
  /** What other ledgers of this process found out already; absent: all is run here. */
  readonly executions?: SharedExecutions;
}

/** What one batch led to; equal bytes on every correct replica. */
export interface Execution {
  readonly results: Uint8Array[];
  /** RFC 6962 Merkle root over the results, 64 hex. */
  readonly resultsRoot: Digest;
  readonly stateDigest: Digest;
  /** The batch's time as taken: never behind the last one's. */
  readonly timestamp: number;
}

/** An entry of the state and its path to the state digest, see `verifyStatePath`. */
export interface StateProof {
  readonly key: string;
  readonly value: Uint8Array;
  readonly path: readonly Uint8Array[];
}

/** One operation under execution. */
interface Context {
  readonly sequence: number;
  readonly id: Digest;
  /** Keys of the decisions this batch recorded so far. */
  readonly recorded: string[];
}

/**
 * The replicated service: a pure function from state and ordered operations to state and answers.
 *
 * - All that decides an answer (agreed time, beacons, windows, accounts, plots, decisions) is in
 *   the state tree, under the state digest: it survives restarts and state transfer.
 * - An operation authorises itself, or it is refused; none throws.
 * - The same operation of a key that signed it has one answer, see `decisions.ts`.
 * - Units are conserved: Σ (free + locked) + burned = supply.
 * - An empty batch without a time changes nothing.
 */
export class Ledger {
  private readonly genesis: Genesis;
  private readonly options: LedgerOptions;
  private readonly staticCheck: StaticCheck;
  private readonly state: LedgerState;

  /** `tree` is for {@link Ledger.restore}; without it the ledger starts from its genesis. */
  constructor(genesis: Genesis, options: LedgerOptions, tree?: StateTree) {
    this.genesis = genesis;
    this.options = options;
    this.staticCheck = options.staticCheck ?? defaultCheck(genesis, options.scheme);
    this.state = new LedgerState(tree ?? genesisState(genesis));
  }

  /** The ledger whose state the chunks hold; null unless they give the expected digest. */
  static restore(
    genesis: Genesis,
    options: LedgerOptions,
    chunks: readonly Uint8Array[],
    expectedStateDigest: Digest,
  ): Ledger | null {
    const tree = treeFromChunks(chunks, expectedStateDigest);
    if (tree === null) return null;
    const owner = treeGet(tree, stateKeys.genesis);
    if (owner === null || toHex(owner) !== genesisDigest(genesis)) return null;
    return new Ledger(genesis, options, tree);
  }

  /**
   * Runs a decided batch. `timestamp` is the primary's, milliseconds since 1970; 0 keeps the last
   * time. Total: bytes that are no operation get a `refused` result.
   */
  execute(sequence: number, timestamp: number, operations: readonly Uint8Array[]): Execution {
    const { executions } = this.options;
    const run = () => this.runBatch(sequence, timestamp, operations);
    if (executions === undefined) return run();
    const { tree } = this.state;
    const outcome = executions.outcome(this.stateDigest, sequence, timestamp, operations, () => {
      this.state.tree = tree;
      return { execution: run(), tree: this.state.tree };
    });
    this.state.tree = outcome.tree;
    return outcome.execution;
  }

  private runBatch(
    sequence: number,
    timestamp: number,
    operations: readonly Uint8Array[],
  ): Execution {
    this.advance(timestamp);
    const recorded: string[] = [];
    const results = operations.map((bytes) => this.run(bytes, sequence, recorded));
    const { nowMs } = this.state.clock;
    const { maxTimeOffsetMs } = this.genesis.requirements;
    advanceMembership(this.state, sequence, this.genesis);
    logDecisions(this.state, recorded, nowMs + retentionMs(maxTimeOffsetMs));
    return {
      results,
      resultsRoot: resultsRoot(results),
      stateDigest: this.state.digest,
      timestamp: nowMs,
    };
  }

  private advance(timestamp: number): void {
    const before = this.state.clock;
    const { beaconEpochMs } = this.genesis;
    const after = advanceClock(before, timestamp, beaconEpochMs, () => this.state.digest);
    if (after === before) return;
    this.state.clock = after;
    this.price(after.beacon.epoch - before.beacon.epoch);
    pruneDecisions(this.state, after.nowMs);
  }

  /** With a new beacon comes the difficulty of the requests made for it. */
  private price(epochs: number): void {
    const { load } = this.genesis;
    if (load !== undefined && epochs > 0) this.state.load = nextLoad(this.state.load, load, epochs);
  }

  private run(bytes: Uint8Array, sequence: number, recorded: string[]): Uint8Array {
    const verdict = this.staticCheck(bytes);
    const context: Context = { sequence, id: requestDigest(bytes), recorded };
    switch (verdict.type) {
      case 'undecodable':
        return this.answer(context.id, verdict.reason);
      case 'validate':
        return validateOne(this.judging(context), verdict);
      case 'validateBatch':
        return validateMany(this.judging(context), verdict);
      case 'order':
        return this.order(verdict, context);
      case 'other':
        return this.other(verdict, context);
    }
  }

  private judging({ id, recorded }: Context): Judging {
    const { state, genesis } = this;
    const isValidator = (key: Uint8Array) => isMember(this.membership, key);
    return { state, genesis, isValidator, operation: id, recorded };
  }

  private order(
    { operation, fault }: Extract<StaticVerdict, { type: 'order' }>,
    context: Context,
  ): Uint8Array {
    if (fault !== null) return this.answer(context.id, fault);
    // A key without an account has nothing to lose, so it gets no place in the state either.
    if (this.state.account(operation.nodeId) === null) {
      return this.answer(context.id, 'no such account');
    }
    return this.once(context, () => {
      const refusal = runOrder(this.state, operation, this.genesis);
      if (refusal !== null || operation.order.type !== 'registerPlot') {
        return this.answer(context.id, refusal);
      }
      const { root } = registeredPlot(operation.order.registration);
      // A part of a registration stands for nothing before the others are there.
      if (this.state.plot(operation.nodeId)?.root !== root) return this.answer(context.id, null);
      return encodeResult({ type: 'registered', ...this.answered(context.id), root });
    });
  }

  private other(
    { operation }: Extract<StaticVerdict, { type: 'other' }>,
    context: Context,
  ): Uint8Array {
    const { state, genesis, options } = this;
    if (operation.type === 'nop') return this.answer(context.id, null);
    const known = findDecision(state, stateKeys.decision(context.id));
    if (known !== null) return known.result;
    const before = state.tree;
    const result = this.answer(
      context.id,
      operation.type === 'isolate'
        ? isolate(state, operation.evidence, context.sequence, this.checkEvidence)
        : readmit(state, operation, context.sequence, genesis, options.scheme),
    );
    // Anybody can send these, so only what took effect is worth a place in the state.
    if (state.tree !== before) this.record(context, result);
    return result;
  }

  private readonly checkEvidence: CheckEvidence = (evidence) =>
    this.options.checkEvidence?.(evidence) ?? null;

  /** The first answer again, or the answer that `decide` gives now and for ever. */
  private once(context: Context, decide: () => Uint8Array): Uint8Array {
    const known = findDecision(this.state, stateKeys.decision(context.id));
    if (known !== null) return known.result;
    const result = decide();
    this.record(context, result);
    return result;
  }

  private record({ id, recorded }: Context, result: Uint8Array): void {
    const key = stateKeys.decision(id);
    putDecision(this.state, key, { operation: id, result });
    recorded.push(key);
  }

  private answer(id: Digest, refusal: Refusal): Uint8Array {
    const result: OperationResult =
      refusal === null
        ? { type: 'accepted', ...this.answered(id) }
        : { type: 'refused', ...this.answered(id), reason: refusal.slice(0, limits.reasonChars) };
    return encodeResult(result);
  }

  private answered(operation: Digest): Answered {
    const { nowMs, beacon } = this.state.clock;
    const computeBits = this.computeBits;
    return { operation, decidedAtMs: nowMs, beacon, computeBits };
  }

  get stateDigest(): Digest {
    return this.state.digest;
  }

  /** Agreed time of the last batch that had one, milliseconds since 1970. */
  get timeMs(): number {
    return this.state.clock.nowMs;
  }

  get beacon(): Beacon {
    return this.state.clock.beacon;
  }

  /** Bits of work asked of requests made for the present beacon. */
  get computeBits(): number {
    return computeBitsFor(this.state, this.genesis, this.beacon);
  }

  get load(): Load {
    return this.state.load;
  }

  get previousBeacon(): Beacon {
    return this.state.clock.previousBeacon;
  }

  get supply(): Supply {
    return this.state.supply;
  }

  /** Who votes now, and who will after which checkpoint. */
  get membership(): Membership {
    return membershipOf(this.state);
  }

  /** Ascending. Asked for after every batch, and one entry per member stands behind it. */
  get isolated(): readonly number[] {
    const { tree } = this.state;
    let isolated = isolatedIn.get(tree);
    if (isolated === undefined) {
      isolated = isolatedReplicas(this.state);
      isolatedIn.set(tree, isolated);
    }
    return isolated;
  }

  account(nodeId: Uint8Array): Account | null {
    return this.state.account(nodeId);
  }

  plot(nodeId: Uint8Array): LedgerPlot | null {
    return this.state.plot(nodeId);
  }

  standing(replica: number): Standing | null {
    return this.state.standing(replica);
  }

  snapshot(): LedgerSnapshot {
    return { tree: this.state.tree, stateDigest: this.state.digest };
  }

  /** Proof of one entry (see `stateKeys`) for outsiders; null when there is none. */
  prove(key: string): StateProof | null {
    const { tree } = this.state;
    const value = treeGet(tree, key);
    const path = provePath(tree, key);
    return value === null || path === null ? null : { key, value, path };
  }
}

const isolatedIn = memo<readonly number[]>();

/** A voting replica proves for nobody: it would be judge in its own case. */
function isMember({ members }: Membership, key: Uint8Array): boolean {
  return members.some((member) => equalBytes(member, key));
}

function defaultCheck(genesis: Genesis, scheme: SignatureScheme): StaticCheck {
  const { chainId, requirements } = genesis;
  return new StaticCheckCache({ chainId, requirements, scheme }).check;
}
