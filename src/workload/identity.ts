import { Random } from '../base/random.ts';
import type { SignatureScheme, Signer } from '../base/signature.ts';
import type { GenesisAccount } from '../ledger/genesis.ts';
import type { Requirements } from '../proofs/request.ts';
import { clientDomain } from './plan.ts';

/** A client's node key: owns its plot and its stake. */
export interface ClientIdentity {
  readonly client: number;
  readonly signer: Signer;
  /** Locked stake, whole units. */
  readonly stakeAmount: number;
}

const dayMs = 24 * 60 * 60 * 1000;
/** Ten times what the profile asks: certificates never fail for want of stake. */
const stakeFactor = 10;

/** Chance of one client, apart from every other's. */
export function clientRandom(seed: string | number, client: number): Random {
  return new Random(`${seed}/workload/client-${client}`);
}

/** Secret of a client's node key, which is its key as a libp2p peer too; 32 bytes. */
export function clientKeySeed(seed: string | number, client: number): Uint8Array {
  return clientRandom(seed, client).fork('node key').bytes(32);
}

export function clientIdentity(
  seed: string | number,
  client: number,
  requirements: Requirements,
  scheme: SignatureScheme,
): ClientIdentity {
  return {
    client,
    signer: scheme.signer(clientKeySeed(seed, client)),
    stakeAmount: Math.max(1, requirements.minimumStake) * stakeFactor,
  };
}

/** What a hostile client has to spend on its payments. */
const hostileFree = 1_000_000;

/**
 * What the ledger's genesis needs so that these clients can ask for certificates. `hostile`: so
 * many more, with units to spend besides.
 */
export function workloadGenesis(
  parameters: {
    readonly clients: number;
    readonly requirements: Requirements;
    readonly hostile?: number;
  },
  seed: string | number,
  scheme: SignatureScheme,
  startMs: number,
): { readonly accounts: readonly GenesisAccount[] } {
  const { clients, hostile = 0 } = parameters;
  return {
    accounts: Array.from({ length: clients + hostile }, (_, client) => {
      const identity = clientIdentity(seed, client, parameters.requirements, scheme);
      return {
        nodeId: identity.signer.publicKey,
        amount: identity.stakeAmount,
        ...(client < clients ? {} : { free: hostileFree }),
        lockedSinceMs: Math.max(0, startMs - dayMs),
        lockedUntilMs: startMs + 365 * dayMs,
        namePatterns: [`*.${clientDomain(client)}`],
      };
    }),
  };
}
