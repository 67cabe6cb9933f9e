import { equalBytes } from '../base/bytes.ts';
import { type Reader, Writer } from '../base/codec.ts';
import { publicKeyBytes } from '../base/signature.ts';
import { own } from './account.ts';
import type { Genesis } from './genesis.ts';
import { limits } from './limits.ts';
import { type LedgerState, stateKeys } from './state.ts';

/** Who votes and who stands by, by public key. */
export interface Roster {
  /** By replica index. */
  readonly members: readonly Uint8Array[];
  /** In the order in which they are promoted. */
  readonly standbys: readonly Uint8Array[];
}

/** A membership epoch, and the one that follows it when a change is decided. */
export interface Membership extends Roster {
  readonly epoch: number;
  /** Who lost its place to a standby because it was isolated, in the order of that. */
  readonly expelled: readonly Uint8Array[];
  /** The next epoch's roster; in force above sequence `after`, a checkpoint. */
  readonly next: (Roster & { readonly after: number }) | null;
}

export function membershipOf(state: LedgerState): Membership {
  return state.read(stateKeys.membership, decodeMembership) ?? decodeMembership(new Uint8Array());
}

export function putMembership(state: LedgerState, membership: Membership): void {
  state.put(stateKeys.membership, encodeMembership(membership));
}

/** Replicas of the roster that are isolated now, ascending. */
export function isolatedReplicas(state: LedgerState): number[] {
  const replicas = membershipOf(state).members.keys();
  return [...replicas].filter((replica) => state.standing(replica)?.status === 'isolated');
}

/**
 * Promotes a standby into the place of each isolated replica, one change at a time. A change
 * decided at sequence d is in force above the first checkpoint at or past d + window: whoever has a
 * slot above that checkpoint in its window has run d, so nobody works there under the old roster.
 */
export function advanceMembership(state: LedgerState, sequence: number, genesis: Genesis): void {
  const { succession } = genesis;
  if (succession === undefined) return;
  const membership = membershipOf(state);
  const { next, epoch, members, standbys } = membership;
  if (next === null) {
    const isolated = isolatedReplicas(state).slice(0, standbys.length);
    if (isolated.length === 0) return;
    const promoted = [...members];
    for (const [i, replica] of isolated.entries()) promoted[replica] = standbys[i] as Uint8Array;
    const { checkpointInterval, logWindow } = succession;
    const after = Math.ceil((sequence + logWindow) / checkpointInterval) * checkpointInterval;
    const left = standbys.slice(isolated.length);
    putMembership(state, { ...membership, next: { after, members: promoted, standbys: left } });
  } else if (next.after === sequence) {
    const isolated = isolatedReplicas(state);
    const expelled = [...membership.expelled];
    for (const [replica, key] of members.entries()) {
      const holder = next.members[replica];
      if (holder !== undefined && equalBytes(holder, key)) continue;
      // Whoever was readmitted meanwhile has lost its place all the same, but not its name.
      if (isolated.includes(replica)) expelled.push(key);
      state.delete(stateKeys.standing(replica)); // its new holder begins trusted
    }
    const { members: promoted, standbys: left } = next;
    const roster = { members: promoted, standbys: left };
    putMembership(state, { epoch: epoch + 1, ...roster, expelled, next: null });
  }
}

function writeRoster(writer: Writer, { members, standbys }: Roster): void {
  writer.list(members, (w, key) => w.fixed(key)).list(standbys, (w, key) => w.fixed(key));
}

function readKeys(reader: Reader, what: string): Uint8Array[] {
  return reader.list(limits.replicas, what, (r) => r.fixed(publicKeyBytes, what));
}

function readRoster(reader: Reader): Roster {
  return { members: readKeys(reader, 'members'), standbys: readKeys(reader, 'standbys') };
}

export function encodeMembership(membership: Membership): Uint8Array {
  const { epoch, next } = membership;
  const writer = new Writer().u53(epoch);
  writeRoster(writer, membership);
  writer.list(membership.expelled, (w, key) => w.fixed(key));
  writer.u8(next === null ? 0 : 1);
  if (next !== null) {
    writer.u53(next.after);
    writeRoster(writer, next);
  }
  return writer.finish();
}

/** Reads an entry of the state tree, whose digest a quorum certified. */
export function decodeMembership(bytes: Uint8Array): Membership {
  return own(bytes, (reader) => {
    const epoch = reader.u53('epoch');
    const roster = readRoster(reader);
    const now = { epoch, ...roster, expelled: readKeys(reader, 'expelled') };
    if (reader.u8('next') === 0) return { ...now, next: null };
    const after = reader.u53('after');
    return { ...now, next: { after, ...readRoster(reader) } };
  });
}
