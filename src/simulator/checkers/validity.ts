import { concatBytes, equalBytes, toHex } from '../../base/bytes.ts';
import { type Digest, sha256 } from '../../base/digest.ts';
import { merkleRoot } from '../../base/merkle.ts';
import type { SignatureScheme } from '../../base/signature.ts';
import type { Genesis, GenesisAccount } from '../../ledger/genesis.ts';
import { decodeOperation } from '../../ledger/operation.ts';
import { decisionsIn, decodeResult, type ValidationResult } from '../../ledger/result.ts';
import { requestDigest } from '../../pbft/envelope.ts';
import type { CommitCertificate, Operation, ReplicaIndex } from '../../pbft/messages.ts';
import { drawPositions, proofContext } from '../../proofs/context.ts';
import { makePlot } from '../../proofs/plot.ts';
import type { CertificateRequest, ProvenSubject } from '../../proofs/request.ts';
import {
  batchHash,
  type RequestBatch,
  requestLeaf,
  signedBatchBytes,
} from '../../proofs/request-batch.ts';
import { requestHash, signedRequestBytes } from '../../proofs/request-codec.ts';
import type { ExecutedBatch } from '../../runtime/observer.ts';
import type { Checker, Finding } from './checker.ts';

export interface ValidityOptions {
  readonly genesis: Genesis;
  readonly scheme: SignatureScheme;
}

/**
 * Nothing is decided `valid` that breaks a rule of the proofs. Each valid decision is judged again,
 * by other means than the ledger's: plots are made anew from the node's key and compared label by
 * label, bits are counted here, and accounts, plots and used sequences are booked on the side.
 * Shares with the ledger only the encodings, that is, which bytes are hashed or signed.
 */
export class ValidityChecker implements Checker {
  readonly name = 'validity';
  private readonly options: ValidityOptions;
  /** Decided and not yet judged: batches are large. */
  private readonly batches = new Map<number, readonly Operation[]>();
  /** Judged so far; other replicas execute the same again. */
  private newest = 0;
  private readonly judged = new Set<string>();
  /** By node key, hex. Accounts that an order changed are no longer vouched for. */
  private readonly accounts: Map<string, GenesisAccount>;
  private readonly plots = new Map<string, { labels: number; scaleFactor: number }>();
  /** Node key and time sequence, and node key and request id, of valid requests. */
  private readonly used = new Set<string>();
  private readonly rows = new Map<string, Uint8Array>();

  constructor(options: ValidityOptions) {
    this.options = options;
    this.accounts = new Map(
      options.genesis.accounts.map((account) => [toHex(account.nodeId), account]),
    );
  }

  onDecided(
    _replica: ReplicaIndex,
    certificate: CommitCertificate,
    batch: readonly Operation[],
  ): Finding | null {
    const { sequence } = certificate.header.statement;
    if (sequence > this.newest) this.batches.set(sequence, batch);
    return null;
  }

  onExecuted(replica: ReplicaIndex, executed: ExecutedBatch): Finding | null {
    const { sequence, timestamp, results } = executed;
    if (sequence <= this.newest) return null;
    this.newest = sequence;
    const batch = this.batches.get(sequence) ?? [];
    for (const decided of this.batches.keys()) {
      if (decided <= sequence) this.batches.delete(decided);
    }
    for (const [i, operation] of batch.entries()) {
      const fault = this.judge(operation, results[i] ?? new Uint8Array(), timestamp);
      if (fault === null) continue;
      const id = requestDigest(operation).slice(0, 8);
      return { sequence, replicas: [replica], detail: `${id} was decided valid, but ${fault}` };
    }
    return null;
  }

  /** What is wrong with calling this operation valid; null when nothing is, or nobody does. */
  private judge(bytes: Operation, resultBytes: Uint8Array, nowMs: number): string | null {
    const operation = decodeOperation(bytes);
    const result = decodeResult(resultBytes);
    if (!operation.ok || !result.ok) return null;
    if (operation.value.type === 'order') {
      const { nodeId, order } = operation.value;
      if (result.value.type === 'registered' && order.type === 'registerPlot') {
        this.plots.set(toHex(nodeId), order.registration);
      } else if (result.value.type === 'accepted') this.accounts.delete(toHex(nodeId));
      return null;
    }
    const decisions = decisionsIn(result.value);
    if (decisions.every(({ status }) => status !== 'valid')) return null;
    const id = requestDigest(bytes);
    if (this.judged.has(id)) return null;
    this.judged.add(id);
    if (operation.value.type === 'validate') return this.faultOf(operation.value.request, nowMs);
    if (operation.value.type !== 'validateBatch') return 'it asks for no validation';
    return this.faultOfBatch(operation.value.batch, decisions, nowMs);
  }

  private faultOf(request: CertificateRequest, nowMs: number): string | null {
    const { subject, proofs, signature } = request;
    const { genesis, scheme } = this.options;
    const context = this.contextOf(request, requestHash(subject));
    const signed = signedRequestBytes(genesis.chainId, subject, proofs);
    if (!scheme.verify(subject.nodeId, signed, signature)) return 'the node key did not sign it';
    return this.ownFault(request, nowMs) ?? this.spaceFault(request, context, 4);
  }

  /** Each request on its own; signature and openings are what all of them stand on. */
  private faultOfBatch(
    batch: RequestBatch,
    decisions: readonly ValidationResult[],
    nowMs: number,
  ): string | null {
    const { requests, signature } = batch;
    const [first] = requests;
    if (first === undefined || decisions.length !== requests.length) {
      return `${decisions.length} decisions were made on ${requests.length} requests`;
    }
    const root = merkleRoot(requests.map(requestLeaf));
    const context = this.contextOf(first, batchHash(requests.length, root));
    const signed = signedBatchBytes(context, first.proofs.space);
    if (!this.options.scheme.verify(first.subject.nodeId, signed, signature)) {
      return 'the node key did not sign the batch';
    }
    for (const [i, request] of requests.entries()) {
      if (decisions[i]?.status !== 'valid') continue;
      if (!equalBytes(request.subject.nodeId, first.subject.nodeId))
        return `request ${i} is strange`;
      const fault =
        this.ownFault(request, nowMs) ??
        this.spaceFault(request, context, Math.min(4 * requests.length, 66));
      if (fault !== null) return `of request ${i} in the batch: ${fault}`;
    }
    return null;
  }

  private contextOf({ subject, proofs }: ProvenSubject, hash: Digest): Uint8Array {
    const { chainId } = this.options.genesis;
    const { beacon } = proofs.time;
    return proofContext({ chainId, beacon, nodeId: subject.nodeId, requestHash: hash });
  }

  /** What each request must bring by itself. */
  private ownFault(request: ProvenSubject, nowMs: number): string | null {
    const context = this.contextOf(request, requestHash(request.subject));
    return (
      this.workFault(request, context) ?? this.timeFault(request, nowMs) ?? this.stakeFault(request)
    );
  }

  private workFault({ proofs }: ProvenSubject, context: Uint8Array): string | null {
    const { minimumComputeBits, workFunction } = this.options.genesis.requirements;
    // No simulated cluster asks for the memory-hard function: its cost is the point of it.
    if (workFunction === 'scrypt') return null;
    const nonce = Buffer.alloc(8);
    nonce.writeBigUInt64BE(BigInt(proofs.work.nonce));
    const bits = BigInt(`0x${toHex(sha256(concatBytes(context, nonce)))}`).toString(2);
    const zeros = 256 - bits.length;
    return zeros < minimumComputeBits ? `its work has ${zeros} bits` : null;
  }

  private timeFault({ subject, proofs }: ProvenSubject, nowMs: number): string | null {
    const { maxTimeOffsetMs } = this.options.genesis.requirements;
    const offsetMs = proofs.time.timestamp - nowMs;
    if (Math.abs(offsetMs) > maxTimeOffsetMs) return `its time is ${offsetMs} ms off`;
    const node = toHex(subject.nodeId);
    for (const key of [`${node}#${proofs.time.sequence}`, `${node}/${subject.requestId}`]) {
      if (this.used.has(key)) return `${key.slice(64)} was used before`;
      this.used.add(key);
    }
    return null;
  }

  private stakeFault({ subject, proofs }: ProvenSubject): string | null {
    const { minimumStake } = this.options.genesis.requirements;
    const { account, amount } = proofs.stake;
    if (!equalBytes(account, subject.nodeId)) return 'it claims the stake of another node';
    if (amount < minimumStake) return `it claims ${amount} units of stake`;
    if (this.options.genesis.validators.some((key) => equalBytes(key, account))) {
      return 'its stake is a validator’s';
    }
    const booked = this.accounts.get(toHex(account));
    if (booked === undefined) return null;
    if (booked.amount < amount) return `it claims ${amount} of ${booked.amount} units of stake`;
    if (booked.lockedUntilMs <= subject.notAfterMs) return 'its stake is free before it ends';
    if (booked.lockedSinceMs >= proofs.time.timestamp) return 'its stake is younger than itself';
    return null;
  }

  private spaceFault(
    { subject, proofs }: ProvenSubject,
    context: Uint8Array,
    wanted: number,
  ): string | null {
    const { minimumStorageBytes } = this.options.genesis.requirements;
    const { labels, scaleFactor, opened } = proofs.space;
    const registered = this.plots.get(toHex(subject.nodeId));
    if (registered?.labels !== labels || registered.scaleFactor !== scaleFactor) {
      return 'its plot is not the registered one';
    }
    if (labels * 32 * scaleFactor < minimumStorageBytes) return 'its plot is too small';
    if (opened.length !== wanted) return `it opens ${opened.length} labels of ${wanted}`;
    const row = this.rowOf(subject.nodeId, labels);
    const positions = drawPositions(context, opened.length, labels);
    const wrong = positions.findIndex(
      (position, i) =>
        !equalBytes(row.subarray(position * 32, position * 32 + 32), opened[i] as Uint8Array),
    );
    return wrong < 0 ? null : `its label ${positions[wrong]} is none of its plot`;
  }

  private rowOf(nodeId: Uint8Array, labels: number): Uint8Array {
    const key = `${toHex(nodeId)}/${labels}`;
    let row = this.rows.get(key);
    if (row === undefined) {
      row = makePlot(nodeId, labels).row;
      this.rows.set(key, row);
    }
    return row;
  }
}
