import { randomBytes } from 'node:crypto';
import { toHex } from '../base/bytes.ts';
import { Random } from '../base/random.ts';
import { ed25519 } from '../base/signature.ts';
import { EpochChain } from '../ledger/epoch-chain.ts';
import { voteVerifier } from '../pbft/envelope.ts';
import { type KnownPeer, Libp2pNetwork } from '../runtime/libp2p-network.ts';
import { systemTimers } from '../runtime/system-timers.ts';
import type { Deployment } from '../scenario/deployment.ts';
import type { ProfileName } from '../scenario/scenario.ts';
import { ValidationClient } from '../validation/client.ts';
import { rememberVotes } from '../validation/remembered-votes.ts';
import { localhostRetryPolicy, productionRetryPolicy } from '../validation/retry-policy.ts';

export interface MeshClientOptions {
  readonly deployment: Deployment;
  readonly peers: readonly KnownPeer[];
  readonly profile: ProfileName;
}

/**
 * The client role beside a node: what arrives over HTTP goes to all replicas over a libp2p host of
 * its own, like any client's. Its key is new with every process, for nothing depends on it: who
 * asks is in what is asked.
 */
export class MeshClient {
  /** The validators, and the epochs that replicas prove to follow on them. */
  readonly epochs: EpochChain;
  readonly validator: ValidationClient;
  readonly network: Libp2pNetwork;

  constructor({ deployment, peers, profile }: MeshClientOptions) {
    const { validators, standbys } = deployment;
    this.epochs = new EpochChain(validators, (set) => rememberVotes(voteVerifier(ed25519, set)));
    const seed = new Uint8Array(randomBytes(32));
    this.network = new Libp2pNetwork({ seed, listen: null, peers });
    this.validator = new ValidationClient({
      network: this.network,
      timers: systemTimers,
      random: new Random(toHex(new Uint8Array(randomBytes(16)))),
      epochs: this.epochs,
      standbys,
      policy: profile === 'localhost' ? localhostRetryPolicy : productionRetryPolicy,
    });
  }

  start(): Promise<void> {
    return this.network.start();
  }

  async stop(): Promise<void> {
    this.validator.stop();
    await this.network.stop();
  }
}
