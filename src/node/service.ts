import { assert } from '../base/assert.ts';
import type { Digest } from '../base/digest.ts';
import { memo } from '../base/memo.ts';
import type { Standing } from '../ledger/account.ts';
import type { EpochChange } from '../ledger/epoch-change.ts';
import { Ledger, type LedgerOptions } from '../ledger/ledger.ts';
import type { Membership } from '../ledger/membership.ts';
import { chunksFrom, type LedgerSnapshot, snapshotChunks } from '../ledger/snapshot.ts';
import { stateKeys } from '../ledger/state.ts';
import { type StateChanges, stateChanges } from '../ledger/state-changes.ts';
import { emptyTree } from '../ledger/state-tree.ts';
import { StaticCheckCache } from '../ledger/static-check.ts';
import { requestDigest } from '../pbft/envelope.ts';
import type {
  CheckpointCertificate,
  CommitCertificate,
  Message,
  Operation,
  ReplicaIndex,
} from '../pbft/messages.ts';
import { type Meter, noMeter, within } from '../runtime/meter.ts';
import type { ExecutedBatch } from '../runtime/observer.ts';
import { type Courts, evidenceCourt } from './evidence-court.ts';
import type { NodeOptions } from './options.ts';

const knownOperations = memo<readonly Digest[]>();

/** Nodes of one process that were sent one batch name its operations once. */
function operationsOf(batch: readonly Operation[]): readonly Digest[] {
  let operations = knownOperations.get(batch);
  if (operations === undefined) {
    operations = batch.map(requestDigest);
    knownOperations.set(batch, operations);
  }
  return operations;
}

/** The replicated ledger as the node holds it: its present state, and those at checkpoints. */
export class Service {
  /** What is known of operations without state. */
  readonly verdicts: StaticCheckCache;
  private readonly genesis: NodeOptions['genesis'];
  private readonly ledgerOptions: LedgerOptions;
  private readonly checkpointInterval: number;
  private readonly meter: Meter;
  private readonly snapshots = new Map<number, LedgerSnapshot>();
  private ledger: Ledger;
  /** What the journal holds, or will when all that was handed to it is written. */
  private journaled = emptyTree;
  private stableCheckpoint = 0;
  /** Judge evidence, as of the epoch that executes it. */
  courts: Courts;

  constructor(options: NodeOptions, courts: Courts) {
    const { genesis, scheme, parameters, shared, meter = noMeter } = options;
    this.genesis = genesis;
    this.meter = meter;
    this.courts = courts;
    this.checkpointInterval = parameters.checkpointInterval;
    const { chainId, requirements } = genesis;
    this.verdicts = shared?.verdicts ?? new StaticCheckCache({ chainId, requirements, scheme });
    // Who shares a verdict leaves it for the others.
    const verdictOn = shared === undefined ? this.verdicts.take : this.verdicts.check;
    this.ledgerOptions = {
      scheme,
      staticCheck: (operation) => within(meter, 'proofs', () => verdictOn(operation)),
      checkEvidence: (evidence) => evidenceCourt(this.courts)(evidence),
      ...(shared === undefined ? {} : { executions: shared.executions }),
    };
    this.ledger = new Ledger(genesis, this.ledgerOptions);
  }

  get membership(): Membership {
    return this.ledger.membership;
  }

  get stateDigest(): Digest {
    return this.ledger.stateDigest;
  }

  /** What a request made now must be made with. */
  get terms(): { readonly computeBits: number; readonly beaconEpoch: number } {
    return { computeBits: this.ledger.computeBits, beaconEpoch: this.ledger.beacon.epoch };
  }

  get isolated(): readonly ReplicaIndex[] {
    return this.ledger.isolated;
  }

  standing(replica: ReplicaIndex): Standing | null {
    return this.ledger.standing(replica);
  }

  /** Runs a decided batch. */
  execute(certificate: CommitCertificate, batch: readonly Operation[]): ExecutedBatch {
    const { sequence, timestamp } = certificate.header.statement;
    const before = this.meter.enter('execute');
    const executed = this.ledger.execute(sequence, timestamp, batch);
    this.meter.leave(before);
    if (sequence % this.checkpointInterval === 0) {
      this.snapshots.set(sequence, this.ledger.snapshot());
    }
    const { results, resultsRoot, stateDigest } = executed;
    const operations = operationsOf(batch);
    return {
      sequence,
      timestamp: executed.timestamp,
      operations,
      results,
      resultsRoot,
      stateDigest,
    };
  }

  /**
   * Replaces the state by that of a checkpoint. False, and nothing changed, unless the digest fits.
   */
  install(sequence: number, stateDigest: string, chunks: readonly Uint8Array[]): boolean {
    const ledger = Ledger.restore(this.genesis, this.ledgerOptions, chunks, stateDigest);
    if (ledger === null) return false;
    this.ledger = ledger;
    this.snapshots.set(sequence, ledger.snapshot());
    return true;
  }

  /** As {@link install}, of a state that the journal holds entry by entry. */
  restore(sequence: number, stateDigest: string, entries: readonly Uint8Array[]): boolean {
    if (!this.install(sequence, stateDigest, chunksFrom(entries))) return false;
    this.journaled = this.ledger.snapshot().tree;
    return true;
  }

  /**
   * A checkpoint became stable: what the journal must change to hold its state. The checkpoint
   * before stays in memory, for peers in the middle of fetching it.
   */
  keepCheckpoint(sequence: number): StateChanges {
    for (const old of this.snapshots.keys()) {
      if (old < this.stableCheckpoint) this.snapshots.delete(old);
    }
    this.stableCheckpoint = sequence;
    const snapshot = this.snapshots.get(sequence);
    assert(snapshot !== undefined, () => `no state at the checkpoint ${sequence}`);
    const changes = stateChanges(this.journaled, snapshot);
    this.journaled = snapshot.tree;
    return changes;
  }

  /** One chunk of the state at a checkpoint, for a peer that fetches it; null: not here. */
  stateChunk(sequence: number, chunk: number): Message | null {
    const snapshot = this.snapshots.get(sequence);
    const chunks = snapshot && snapshotChunks(snapshot);
    const bytes = chunks?.[chunk];
    if (!chunks || bytes === undefined) return null;
    return { type: 'stateChunk', sequence, chunk, chunks: chunks.length, bytes };
  }

  /** What the checkpoint at the present state says of the epoch that follows, with its path. */
  epochChange(certificate: CheckpointCertificate): EpochChange {
    const proof = this.ledger.prove(stateKeys.membership);
    assert(proof !== null, 'the state holds no membership');
    return { type: 'epochChange', certificate, membership: proof.value, path: proof.path };
  }
}
