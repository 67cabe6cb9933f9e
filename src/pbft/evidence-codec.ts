import { type Decoded, decode, type Reader, Writer } from '../base/codec.ts';
import type { Evidence, EvidenceType } from './evidence.ts';
import type { Commit, PrePrepare, Prepare, ResultStatement } from './messages.ts';
import {
  readEnvelope,
  readResultCertificate,
  writeEnvelope,
  writeResultCertificate,
} from './statement-codec.ts';

/** The first byte. Part of what replicas agree on: append, never reorder. */
const types: readonly EvidenceType[] = [
  'conflictingPrePrepare',
  'conflictingPrepare',
  'conflictingCommit',
  'divergentResult',
  'invalidViewChange',
  'invalidNewView',
  'conflictingResult',
  'outOfTurn',
];

/** What may be out of turn, by the byte before it. */
const turns = ['prePrepare', 'prepare'] as const;

/** Evidence as an `isolate` operation carries it. */
export function encodeEvidence(evidence: Evidence): Uint8Array {
  const writer = new Writer();
  writer.u8(types.indexOf(evidence.type)).u8(evidence.accused);
  switch (evidence.type) {
    case 'conflictingPrePrepare':
    case 'conflictingPrepare':
    case 'conflictingCommit':
    case 'conflictingResult':
      writeEnvelope(writer, evidence.first);
      writeEnvelope(writer, evidence.second);
      break;
    case 'divergentResult':
      writeEnvelope(writer, evidence.vote);
      writeResultCertificate(writer, evidence.certificate);
      break;
    case 'outOfTurn':
      writer.u8(turns.indexOf(evidence.vote.statement.type));
      writeEnvelope(writer, evidence.vote);
      break;
    case 'invalidViewChange':
    case 'invalidNewView':
      writeEnvelope(writer, evidence.vote);
  }
  return writer.finish();
}

/** Reads evidence from anyone; that it convicts is for `rejectEvidence` to say. */
export function decodeEvidence(bytes: Uint8Array): Decoded<Evidence> {
  return decode(bytes, (reader) => {
    const tag = reader.u8('evidence type');
    const type = types[tag] ?? reader.fail(`evidence type ${tag}`);
    return readEvidence(reader, type, reader.u8('accused'));
  });
}

function readEvidence(reader: Reader, type: EvidenceType, accused: number): Evidence {
  switch (type) {
    case 'conflictingPrePrepare': {
      const first = readEnvelope<PrePrepare>(reader, 'prePrepare');
      return { type, accused, first, second: readEnvelope(reader, 'prePrepare') };
    }
    case 'conflictingPrepare': {
      const first = readEnvelope<Prepare>(reader, 'prepare');
      return { type, accused, first, second: readEnvelope(reader, 'prepare') };
    }
    case 'conflictingCommit': {
      const first = readEnvelope<Commit>(reader, 'commit');
      return { type, accused, first, second: readEnvelope(reader, 'commit') };
    }
    case 'conflictingResult': {
      const first = readEnvelope<ResultStatement>(reader, 'result');
      return { type, accused, first, second: readEnvelope(reader, 'result') };
    }
    case 'outOfTurn': {
      const tag = reader.u8('statement out of turn');
      const said = turns[tag] ?? reader.fail(`statement out of turn ${tag}`);
      return { type, accused, vote: readEnvelope(reader, said) };
    }
    case 'divergentResult': {
      const vote = readEnvelope<ResultStatement>(reader, 'result');
      return { type, accused, vote, certificate: readResultCertificate(reader) };
    }
    case 'invalidViewChange':
      return { type, accused, vote: readEnvelope(reader, 'viewChange') };
    case 'invalidNewView':
      return { type, accused, vote: readEnvelope(reader, 'newView') };
  }
}
