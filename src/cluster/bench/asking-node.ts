import { utf8 } from '../../base/bytes.ts';
import { digest } from '../../base/digest.ts';
import { Random } from '../../base/random.ts';
import { ed25519, type Signer } from '../../base/signature.ts';
import type { GenesisAccount, GenesisPlot } from '../../ledger/genesis.ts';
import { validateBatchOperation, validateOperation } from '../../ledger/operation.ts';
import { makePlot, type Plot } from '../../proofs/plot.ts';
import { makeOwnProofs, makeRequest, type RequestIngredients } from '../../proofs/proof-set.ts';
import type { Beacon } from '../../proofs/request.ts';
import { makeRequestBatch } from '../../proofs/request-batch.ts';
import { benchRequirements, plotLabels } from './plan.ts';

const dayMs = 24 * 60 * 60 * 1000;
/** A P-256 key as SubjectPublicKeyInfo has this many bytes. */
const subjectKeyBytes = 91;
const stakeAmount = 1000;

/** A node with an account and a plot, that asks for certificates. */
export class AskingNode {
  private readonly signer: Signer;
  private readonly plot: Plot;
  private readonly subjectKey: Uint8Array;
  private readonly index: number;
  private sequence = 0;

  constructor(seed: number, index: number) {
    this.index = index;
    const random = new Random(`${seed}/bench/node-${index}`);
    this.signer = ed25519.signer(random.bytes(32));
    this.subjectKey = random.bytes(subjectKeyBytes);
    this.plot = makePlot(this.signer.publicKey, plotLabels);
  }

  account(startMs: number): GenesisAccount {
    return {
      nodeId: this.signer.publicKey,
      amount: stakeAmount,
      lockedSinceMs: startMs - dayMs,
      lockedUntilMs: startMs + 365 * dayMs,
      namePatterns: ['*.mesh'],
    };
  }

  get genesisPlot(): GenesisPlot {
    const { root, labels, scaleFactor } = this.plot;
    return { nodeId: this.signer.publicKey, root, labels, scaleFactor };
  }

  /** The next request with all four proofs, as an operation. */
  request(chainId: string, beacon: Beacon, nowMs: number): Uint8Array {
    return validateOperation(makeRequest(this.ingredients(chainId, beacon, nowMs)));
  }

  /** The next `count` requests under one signature, as an operation. */
  requests(count: number, chainId: string, beacon: Beacon, nowMs: number): Uint8Array {
    const drafts = Array.from({ length: count }, () => {
      const ingredients = this.ingredients(chainId, beacon, nowMs);
      return { subject: ingredients.subject, proofs: makeOwnProofs(ingredients) };
    });
    return validateBatchOperation(makeRequestBatch(chainId, drafts, this.signer, this.plot));
  }

  private ingredients(chainId: string, beacon: Beacon, nowMs: number): RequestIngredients {
    const sequence = ++this.sequence;
    const { signer, plot, subjectKey, index } = this;
    return {
      chainId,
      subject: {
        // A door knows a request by its id, whichever node asks.
        requestId: `${index}-${sequence}`,
        commonName: `host-${sequence}.mesh`,
        sanEntries: [`host-${sequence}.mesh`],
        nodeId: signer.publicKey,
        ipv6Addresses: [],
        publicKey: subjectKey,
        tbsDigest: digest('hypermesh/bench/tbs', utf8(`${sequence}`)),
        notAfterMs: nowMs + dayMs,
        requirements: null,
      },
      signer,
      plot,
      stakeAmount: benchRequirements.minimumStake,
      beacon,
      timestamp: nowMs,
      sequence,
      requirements: benchRequirements,
    };
  }
}
