import { epochChainId } from '../pbft/envelope.ts';
import type { ResultStatement } from '../pbft/messages.ts';
import type { Reason } from '../pbft/reason.ts';
import type { ValidatorSet, VerifyVote } from '../pbft/replica.ts';
import { type EpochChange, rejectEpochChange } from './epoch-change.ts';
import { decodeMembership } from './membership.ts';

/** One membership epoch as somebody outside the cluster knows it. */
export interface KnownEpoch {
  readonly validators: ValidatorSet;
  readonly verify: VerifyVote;
  /** Its sequences are those above `after`. */
  readonly after: number;
}

/**
 * The membership epochs that follow from a validator set one trusts: each is certified by the one
 * before, so who knows the first can judge what any of them signed, and needs to believe nobody.
 */
export class EpochChain {
  /** Names the cluster: the chain id of epoch 0. */
  readonly clusterId: string;
  private readonly makeVerify: (validators: ValidatorSet) => VerifyVote;
  private readonly epochs: KnownEpoch[];
  private readonly known: EpochChange[] = [];

  /** `first`: the trusted set; of epoch 0 if it is to be followed by others. */
  constructor(first: ValidatorSet, makeVerify: (validators: ValidatorSet) => VerifyVote) {
    this.clusterId = first.chainId;
    this.makeVerify = makeVerify;
    this.epochs = [{ validators: first, verify: makeVerify(first), after: 0 }];
  }

  /** The one that was trusted from the start. */
  get firstEpoch(): KnownEpoch {
    return this.epochs[0] as KnownEpoch;
  }

  /** The newest epoch known. */
  get current(): KnownEpoch {
    return this.epochs[this.epochs.length - 1] as KnownEpoch;
  }

  /** What led from the first epoch to the current one, in order. */
  get changes(): readonly EpochChange[] {
    return this.known;
  }

  at(epoch: number): KnownEpoch | null {
    return this.epochs[epoch - this.first] ?? null;
  }

  /** Takes up the epoch after the current one; or says why this change does not lead there. */
  extend(change: EpochChange): Reason | null {
    const { validators } = this.current;
    if (this.first !== 0) return `a chain that begins with epoch ${this.first} ends there`;
    const reason = rejectEpochChange(change, this.current);
    if (reason !== null) return reason;
    const { epoch, members } = decodeMembership(change.membership);
    const next = {
      chainId: epochChainId(this.clusterId, validators.epoch + 1),
      epoch,
      publicKeys: members,
    };
    const after = change.certificate.statement.sequence;
    this.known.push(change);
    this.epochs.push({ validators: next, verify: this.makeVerify(next), after });
    return null;
  }

  /**
   * Why members of this statement's epoch have no say in its sequence, or null. What they sign for
   * sequences past the epoch's end counts for nothing.
   */
  rejectSequence({ epoch, sequence }: ResultStatement): Reason | null {
    const known = this.at(epoch);
    if (known === null) return `membership epoch ${epoch}, not ${this.current.validators.epoch}`;
    if (sequence <= known.after) return `sequence ${sequence} is older than epoch ${epoch}`;
    const next = this.at(epoch + 1);
    if (next === null || sequence <= next.after) return null;
    return `sequence ${sequence}: epoch ${epoch} ended with ${next.after}`;
  }

  private get first(): number {
    return this.firstEpoch.validators.epoch;
  }
}
