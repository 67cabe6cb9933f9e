import type { EpochChange } from '../ledger/epoch-change.ts';
import type { StateChanges } from '../ledger/state-changes.ts';
import type { JournalRecord } from '../pbft/journal-record.ts';
import { decodeMessage, encodeMessage } from '../pbft/message-codec.ts';
import type { CheckpointCertificate } from '../pbft/messages.ts';
import { decodeRecord, encodeRecord } from '../pbft/record-codec.ts';
import { only } from '../runtime/journal-keys.ts';
import type { JournalEntry, JournalWrite } from '../runtime/ports.ts';

/**
 * Where things lie in the journal. Sequences are padded, so keys sort as numbers do:
 *
 *     boot                          this node ran before
 *     epoch/<epoch>                 the change that began a membership epoch
 *     record/<epoch>/leftView|enteredView|recovering|stable     the newest of each
 *     record/<epoch>/accepted/<sequence>/<view>
 *     record/<epoch>/prepared|decided/<sequence>
 *     state/<hash of its key>       an entry of the service's state at the stable checkpoint
 */
const width = 16;
const statePrefix = 'state/';
/** This node has begun. */
export const bootWrite: JournalWrite = {
  puts: [{ key: 'boot', value: new Uint8Array([1]) }],
  deletes: [],
};

function padded(value: number): string {
  return String(value).padStart(width, '0');
}

/** Of the epoch asked for last: a node is in one at a time. */
let prefixEpoch = -1;
let prefixText = '';

function prefixOf(epoch: number): string {
  if (prefixEpoch !== epoch) {
    prefixEpoch = epoch;
    prefixText = `record/${padded(epoch)}`;
  }
  return prefixText;
}

function recordKey(epoch: number, record: JournalRecord): string {
  const prefix = prefixOf(epoch);
  switch (record.type) {
    case 'accepted': {
      const { sequence, view } = record.header.statement;
      const keys = slotKeys(prefix, sequence);
      return view === 0 ? keys.acceptedFirst : `${keys.accepted}${padded(view)}`;
    }
    case 'prepared':
    case 'decided':
      return slotKeys(prefix, record.certificate.header.statement.sequence)[record.type];
    default:
      return `${prefix}/${record.type}`;
  }
}

interface SlotKeys {
  readonly prefix: string;
  readonly sequence: number;
  /** To be followed by the view. */
  readonly accepted: string;
  /** In the view in which nearly everything is accepted. */
  readonly acceptedFirst: string;
  readonly prepared: string;
  readonly decided: string;
}

/** Of slots written lately, in places by sequence: all nodes of one process write the same keys. */
const writtenLately: (SlotKeys | undefined)[] = new Array(64);

function slotKeys(prefix: string, sequence: number): SlotKeys {
  const place = sequence % writtenLately.length;
  const known = writtenLately[place];
  if (known?.sequence === sequence && known.prefix === prefix) return known;
  const number = padded(sequence);
  const accepted = `${prefix}/accepted/${number}/`;
  const keys = {
    prefix,
    sequence,
    accepted,
    acceptedFirst: accepted + padded(0),
    prepared: `${prefix}/prepared/${number}`,
    decided: `${prefix}/decided/${number}`,
  };
  writtenLately[place] = keys;
  return keys;
}

export function recordPut(epoch: number, record: JournalRecord): JournalWrite['puts'][number] {
  return { key: recordKey(epoch, record), value: encodeRecord(record) };
}

export function epochPut(epoch: number, change: EpochChange): JournalWrite['puts'][number] {
  return { key: `epoch/${padded(epoch)}`, value: encodeMessage(change) };
}

/**
 * A stable checkpoint of `epoch`, what changed in the state since the one before, and the end of
 * all records at or below it. One write, so a crash leaves the one checkpoint or the other.
 */
export function checkpointWrite(
  epoch: number,
  certificate: CheckpointCertificate,
  changes: StateChanges,
): JournalWrite {
  const { sequence } = certificate.statement;
  const prefix = prefixOf(epoch);
  return {
    puts: [
      recordPut(epoch, { type: 'stable', certificate }),
      ...changes.puts.map(({ place, entry }) => ({ key: statePrefix + place, value: entry })),
    ],
    deletes: [
      { from: 'record/', to: prefix },
      ...['accepted', 'prepared', 'decided'].map((type) => ({
        from: `${prefix}/${type}/`,
        to: `${prefix}/${type}/${padded(sequence + 1)}`,
      })),
      ...changes.deletes.map((place) => only(statePrefix + place)),
    ],
  };
}

/** What a journal held, taken apart. */
export interface Recovered {
  readonly ranBefore: boolean;
  /** The changes that began epochs 1, 2, …, in order. */
  readonly changes: readonly EpochChange[];
  readonly recordsOf: (epoch: number) => readonly JournalRecord[];
  /** The newest stable checkpoint and the entries of its state in order; null at genesis. */
  readonly state: {
    readonly certificate: CheckpointCertificate;
    readonly entries: readonly Uint8Array[];
  } | null;
}

/** Reads the journal's entries; one that is not what was written is an error, never skipped. */
export function recover(entries: readonly JournalEntry[]): Recovered | Error {
  const records: { readonly key: string; readonly record: JournalRecord }[] = [];
  const changes: EpochChange[] = [];
  for (const { key, value } of entries) {
    if (key.startsWith('record/')) {
      const record = decodeRecord(value);
      if (!record.ok) return new Error(`journal entry ${key}: ${record.reason}`);
      records.push({ key, record: record.value });
    } else if (key.startsWith('epoch/')) {
      const change = decodeMessage(value);
      if (!change.ok || change.value.type !== 'epochChange') {
        return new Error(`journal entry ${key}: ${change.ok ? 'another message' : change.reason}`);
      }
      changes.push(change.value);
    }
  }
  const recordsOf = (epoch: number) =>
    records
      .filter(({ key }) => key.startsWith(`record/${padded(epoch)}/`))
      .map(({ record }) => record);
  const ranBefore = entries.length > 0;
  const stable = records.map(({ record }) => record).findLast(({ type }) => type === 'stable');
  if (stable?.type !== 'stable') return { ranBefore, changes, recordsOf, state: null };
  const { certificate } = stable;
  const state = entries.filter(({ key }) => key.startsWith(statePrefix));
  return {
    ranBefore,
    changes,
    recordsOf,
    state: { certificate, entries: state.map(({ value }) => value) },
  };
}
