import { assert } from '../base/assert.ts';
import type { Digest } from '../base/digest.ts';
import type { Standing } from '../ledger/account.ts';
import type { EpochChange } from '../ledger/epoch-change.ts';
import { Ledger, type LedgerOptions } from '../ledger/ledger.ts';
import type { Membership } from '../ledger/membership.ts';
import { type LedgerSnapshot, snapshotChunks } from '../ledger/snapshot.ts';
import { stateKeys } from '../ledger/state.ts';
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
  private kept: { readonly sequence: number; readonly chunks: readonly Uint8Array[] } | null = null;
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
    this.ledgerOptions = {
      scheme,
      staticCheck: (operation) => within(meter, 'proofs', () => this.verdicts.check(operation)),
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
    const executed = within(this.meter, 'execute', () =>
      this.ledger.execute(sequence, timestamp, batch),
    );
    if (sequence % this.checkpointInterval === 0) {
      this.snapshots.set(sequence, this.ledger.snapshot());
    }
    return { ...executed, sequence, operations: batch.map(requestDigest) };
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

  /**
   * The chunks of a checkpoint that became stable. The one before stays in memory, for peers in the
   * middle of fetching it.
   */
  keepCheckpoint(sequence: number): readonly Uint8Array[] {
    for (const old of this.snapshots.keys()) {
      if (old < this.stableCheckpoint) this.snapshots.delete(old);
    }
    this.stableCheckpoint = sequence;
    return this.chunksAt(sequence) ?? [];
  }

  /** One chunk of the state at a checkpoint, for a peer that fetches it; null: not here. */
  stateChunk(sequence: number, chunk: number): Message | null {
    const chunks = this.chunksAt(sequence);
    const bytes = chunks?.[chunk];
    if (!chunks || bytes === undefined) return null;
    return { type: 'stateChunk', sequence, chunk, chunks: chunks.length, bytes };
  }

  /** The state at a checkpoint, if it is still in memory. */
  private chunksAt(sequence: number): readonly Uint8Array[] | null {
    if (this.kept?.sequence === sequence) return this.kept.chunks;
    const snapshot = this.snapshots.get(sequence);
    if (snapshot === undefined) return null;
    this.kept = { sequence, chunks: snapshotChunks(snapshot) };
    return this.kept.chunks;
  }

  /** What the checkpoint at the present state says of the epoch that follows, with its path. */
  epochChange(certificate: CheckpointCertificate): EpochChange {
    const proof = this.ledger.prove(stateKeys.membership);
    assert(proof !== null, 'the state holds no membership');
    return { type: 'epochChange', certificate, membership: proof.value, path: proof.path };
  }
}
