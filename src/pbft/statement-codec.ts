import { equalBytes } from '../base/bytes.ts';
import { copyBriefly, type Decoded, decode, type Reader, Writer } from '../base/codec.ts';
import { maxSignatureBytes } from '../base/signature.ts';
import { limits } from './limits.ts';
import type {
  Commit,
  CommitCertificate,
  Envelope,
  NewView,
  PrePrepare,
  Prepare,
  PreparedCertificate,
  ResultCertificate,
  ResultStatement,
  Statement,
  ViewChange,
  Vote,
} from './messages.ts';

/** The first payload byte. The tags are part of the wire format: append, never renumber. */
const tags = {
  prePrepare: 1,
  prepare: 2,
  commit: 3,
  result: 4,
  viewChange: 5,
  newView: 6,
} as const;

/** Canonical payload bytes of a statement: what its signer signs. */
export function encodeStatement(statement: Statement): Uint8Array {
  const writer = new Writer();
  writeStatement(writer, statement);
  return writer.finishBrief();
}

/**
 * As {@link encodeStatement}, for votes: all replicas of one process (the simulator's) sign the
 * same ones, and the bytes of each are made once.
 */
export function encodeVote(statement: Statement): Uint8Array {
  if (!('sequence' in statement) || statement.type === 'prePrepare') {
    return encodeStatement(statement);
  }
  const place = (tags[statement.type] << 4) | (statement.sequence & 15);
  const known = encodedLately[place];
  if (known !== undefined && isSameVote(known.statement, statement)) return known.payload;
  const payload = encodeStatement(statement);
  encodedLately[place] = { statement, payload };
  return payload;
}

type VoteStatement = Prepare | Commit | ResultStatement;
/** By type and the end of the sequence. */
const encodedLately: ({ statement: VoteStatement; payload: Uint8Array } | undefined)[] = new Array(
  128,
);

function isSameVote(a: VoteStatement, b: VoteStatement): boolean {
  if (a.sequence !== b.sequence) return false;
  if (a.type === 'result') {
    return (
      b.type === 'result' &&
      a.epoch === b.epoch &&
      a.timestamp === b.timestamp &&
      a.resultsRoot === b.resultsRoot &&
      a.stateDigest === b.stateDigest
    );
  }
  return a.type === b.type && a.view === b.view && a.headerDigest === b.headerDigest;
}

/** Reads payload bytes from a peer; all of them must be used. */
export function decodeStatement(payload: Uint8Array): Decoded<Statement> {
  return decode(payload, readStatement);
}

function writeStatement(writer: Writer, statement: Statement): void {
  writer.u8(tags[statement.type]);
  switch (statement.type) {
    case 'prePrepare':
      writer.u53(statement.view).u53(statement.sequence);
      writer.digest(statement.batchDigest).u53(statement.timestamp);
      return;
    case 'prepare':
    case 'commit':
      writer.u53(statement.view).u53(statement.sequence).digest(statement.headerDigest);
      return;
    case 'result':
      writer.u53(statement.epoch).u53(statement.sequence).u53(statement.timestamp);
      writer.digest(statement.resultsRoot).digest(statement.stateDigest);
      return;
    case 'viewChange':
      writer.u53(statement.view).u8(statement.stable === null ? 0 : 1);
      if (statement.stable !== null) writeResultCertificate(writer, statement.stable);
      writer.list(statement.prepared, writePreparedCertificate);
      return;
    case 'newView':
      writer.u53(statement.view);
      writer.list(statement.viewChanges, writeEnvelope);
      writer.list(statement.headers, writeEnvelope);
  }
}

function readStatement(reader: Reader): Statement {
  const tag = reader.u8('statement type');
  switch (tag) {
    case tags.prePrepare:
      return {
        type: 'prePrepare',
        view: reader.u53('view'),
        sequence: reader.u53('sequence'),
        batchDigest: reader.digest('batchDigest'),
        timestamp: reader.u53('timestamp'),
      };
    case tags.prepare:
    case tags.commit:
      return {
        type: tag === tags.prepare ? 'prepare' : 'commit',
        view: reader.u53('view'),
        sequence: reader.u53('sequence'),
        headerDigest: reader.digest('headerDigest'),
      };
    case tags.result:
      return readResultStatement(reader);
    case tags.viewChange:
      return {
        type: 'viewChange',
        view: reader.u53('view'),
        stable: readFlag(reader, 'stable') ? readResultCertificate(reader) : null,
        prepared: reader.list(limits.logWindow, 'prepared', readPreparedCertificate),
      };
    case tags.newView:
      return {
        type: 'newView',
        view: reader.u53('view'),
        viewChanges: reader.list(limits.replicas, 'viewChanges', (r) =>
          readEnvelope<ViewChange>(r, 'viewChange'),
        ),
        headers: reader.list(limits.logWindow, 'headers', (r) =>
          readEnvelope<PrePrepare>(r, 'prePrepare'),
        ),
      } satisfies NewView;
    default:
      return reader.fail(`statement type ${tag}`);
  }
}

function readResultStatement(reader: Reader): ResultStatement {
  return {
    type: 'result',
    epoch: reader.u53('epoch'),
    sequence: reader.u53('sequence'),
    timestamp: reader.u53('timestamp'),
    resultsRoot: reader.digest('resultsRoot'),
    stateDigest: reader.digest('stateDigest'),
  };
}

/** Booleans have two encodings, not 256: a payload must encode in one way only. */
export function readFlag(reader: Reader, what: string): boolean {
  const flag = reader.u8(what);
  if (flag > 1) reader.fail(`${what}: ${flag} is no boolean`);
  return flag === 1;
}

function writeSignature(writer: Writer, signature: Uint8Array): void {
  writer.u8(signature.length).fixed(signature);
}

function readSignature(reader: Reader): Uint8Array {
  const length = reader.u8('signature');
  if (length > maxSignatureBytes) reader.fail(`signature: ${length} bytes`);
  return reader.fixed(length, 'signature');
}

/** An envelope: sender, payload as it was signed, signature. */
export function writeEnvelope(writer: Writer, envelope: Envelope): void {
  writer.u8(envelope.sender).bytes(envelope.payload);
  writeSignature(writer, envelope.signature);
}

/** Reads an envelope whose statement must be of the named type. */
export function readEnvelope<S extends Statement>(reader: Reader, type: S['type']): Envelope<S> {
  const sender = reader.u8('sender');
  const payload = reader.bytes(limits.payloadBytes, 'payload');
  const signature = readSignature(reader);
  // Before decoding: statements nest, and a payload of the wrong type could nest without end.
  if (payload[0] !== tags[type]) return reader.fail(`no ${type} where one belongs`);
  const place = lately[placeOf(payload)];
  if (place !== undefined && equalBytes(place.payload, payload)) {
    const same = place as Envelope<S>;
    if (same.sender === sender && equalBytes(same.signature, signature)) return same;
    return { sender, payload: same.payload, signature, statement: same.statement };
  }
  const statement = decodeStatement(payload);
  if (!statement.ok) return reader.fail(statement.reason);
  const value = statement.value as S;
  if (payload.length > maxLatelyBytes) return { sender, payload, signature, statement: value };
  // In memory of their own: what is compared with later frames must not change with this one.
  const kept = { sender, payload: copyBriefly(payload), signature: copyBriefly(signature) };
  const envelope = { ...kept, statement: value };
  lately[placeOf(payload)] = envelope;
  return envelope;
}

/**
 * Envelopes read lately, one to a place. The votes of a slot sign the same bytes, and every prepare
 * quotes the same header: read once, they are one object, equal at a glance and in memory once.
 */
const lately: (Envelope | undefined)[] = new Array(128);
/** Only headers and votes, which are short. */
const maxLatelyBytes = 160;

/** By type and the last byte of the sequence; a fresh place for each of 16 slots in flight. */
function placeOf(payload: Uint8Array): number {
  return (((payload[0] as number) & 7) << 4) | ((payload[16] ?? 0) & 15);
}

/** Their number; of each its replica, the length of its signature (an octet each), and that. */
function writeVotes(writer: Writer, votes: readonly Vote[]): void {
  writer.u32(votes.length);
  for (let i = 0; i < votes.length; i++) {
    const { replica, signature } = votes[i] as Vote;
    writer.u16((replica << 8) | signature.length).fixed(signature);
  }
}

function readVote(reader: Reader): Vote {
  return { replica: reader.u8('replica'), signature: readSignature(reader) };
}

export function writeResultCertificate(writer: Writer, certificate: ResultCertificate): void {
  writeStatement(writer, certificate.statement);
  writeVotes(writer, certificate.votes);
}

export function readResultCertificate(reader: Reader): ResultCertificate {
  const tag = reader.u8('statement type');
  if (tag !== tags.result) reader.fail(`statement type ${tag} where a result belongs`);
  const statement = readResultStatement(reader);
  return { statement, votes: reader.list(limits.replicas, 'votes', readVote) };
}

export function writePreparedCertificate(writer: Writer, certificate: PreparedCertificate): void {
  writeEnvelope(writer, certificate.header);
  writeVotes(writer, certificate.prepares);
}

export function readPreparedCertificate(reader: Reader): PreparedCertificate {
  return {
    header: readEnvelope<PrePrepare>(reader, 'prePrepare'),
    prepares: reader.list(limits.replicas, 'prepares', readVote),
  };
}

export function writeCommitCertificate(writer: Writer, certificate: CommitCertificate): void {
  writeEnvelope(writer, certificate.header);
  writeVotes(writer, certificate.commits);
}

export function readCommitCertificate(reader: Reader): CommitCertificate {
  return {
    header: readEnvelope<PrePrepare>(reader, 'prePrepare'),
    commits: reader.list(limits.replicas, 'commits', readVote),
  };
}
