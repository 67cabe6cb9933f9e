import type { Digest } from '../../base/digest.ts';
import type { Random } from '../../base/random.ts';
import type { Signer } from '../../base/signature.ts';
import type { Address } from '../../runtime/ports.ts';
import type { Broken } from '../parameters.ts';

/** How a hostile client reaches one replica at a time, past every courtesy of a client. */
export interface HostileLink {
  send(to: Address, frame: Uint8Array): void;
  /** Begins to send a frame and never ends it. */
  sendHalf(to: Address, frame: Uint8Array): void;
}

/** A certificate request to be proved; `broken` names the one rule it is to break. */
export interface Wanted {
  readonly requestId: string;
  readonly name: string;
  /** Of its node, used by this request. */
  readonly sequence: number;
  readonly broken: Broken | null;
}

/** What a hostile client has to work with: its own key and account, and nobody else's. */
export interface HostileKit {
  /** Among the hostile clients of the run, from 0. */
  readonly client: number;
  /** Of names it may ask for. */
  readonly domain: string;
  readonly chainId: Digest;
  readonly signer: Signer;
  readonly random: Random;
  /** Replicas that vote, in their order; at most `f` of them are faulty. */
  readonly replicas: readonly Address[];
  readonly f: number;
  readonly link: HostileLink;
  /** Two accounts to pay. */
  readonly payees: readonly [Uint8Array, Uint8Array];
  /** Each used once, unless it chooses otherwise. */
  nextSequence(): number;
  /** All four proofs for what it wants, as an operation. Needs an enrolled client. */
  prove(wanted: Wanted, done: (operation: Uint8Array) => void): void;
}

/** What is asked again, like any client would, once the harm is done: what became of it? */
export interface Inquiry {
  readonly operation: Uint8Array;
  /** No replica may honour it: it is broken on purpose. */
  readonly broken: boolean;
}

/** One misdeed, the `round`-th of its kind. Calls back once with what to inquire about. */
export type Misdeed = (
  kit: HostileKit,
  round: number,
  done: (inquiries: readonly Inquiry[]) => void,
) => void;

/** A behaviour of hostile clients. */
export interface HostileBehaviour {
  readonly misdeed: Misdeed;
  /** It proves things, so it registers a plot before it begins. */
  readonly enrols: boolean;
}
