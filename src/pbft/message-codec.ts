import { type Decoded, decode, type Reader, Writer } from '../base/codec.ts';
import { readAsAnswered } from './lately-answered.ts';
import { asAsked, keepAsked } from './lately-asked.ts';
import { limits } from './limits.ts';
import { roomFor } from './message-room.ts';
import type { Answer, Message, MessageType, Operation } from './messages.ts';
import {
  readCommitCertificate,
  readEnvelope,
  readFlag,
  readResultCertificate,
  writeCommitCertificate,
  writeEnvelope,
  writeResultCertificate,
} from './statement-codec.ts';

/** The first byte of a frame. Part of the wire format: append, never reorder. */
const types: readonly MessageType[] = [
  'request',
  'prePrepare',
  'prepare',
  'commit',
  'checkpoint',
  'viewChange',
  'newView',
  'reply',
  'status',
  'decided',
  'fetchBatch',
  'batch',
  'fetchState',
  'stableCheckpoint',
  'stateChunk',
  'epochChange',
  'queryStable',
  'replyStable',
  'complaint',
];

/** One frame as it travels. */
export function encodeMessage(message: Message): Uint8Array {
  const writer = new Writer(roomFor(message));
  writer.u8(types.indexOf(message.type));
  writeBody(writer, message);
  return writer.finishBrief();
}

/** Reads one frame from a peer; every byte of it must be used. */
export function decodeMessage(frame: Uint8Array): Decoded<Message> {
  return decode(frame, (reader) => {
    const tag = reader.u8('message type');
    const type = types[tag];
    return type === undefined ? reader.fail(`message type ${tag}`) : readBody(reader, type);
  });
}

export function writeBatch(writer: Writer, batch: readonly Operation[]): void {
  writer.list(batch, (w, operation) => w.bytes(operation));
}

export function readBatch(reader: Reader): Operation[] {
  return reader.list(limits.batchOperations, 'batch', (r) => asAsked(readOperation(r)));
}

function readOperation(reader: Reader): Operation {
  return reader.bytes(limits.operationBytes, 'operation');
}

function writeAnswer(writer: Writer, answer: Answer): void {
  writer.digest(answer.requestDigest).bytes(answer.result);
  writer.u32(answer.index).u32(answer.batchSize);
  writer.list(answer.path, (w, hash) => w.fixed(hash));
}

function readAnswer(reader: Reader): Answer {
  return {
    requestDigest: reader.digest('requestDigest'),
    result: reader.bytes(limits.resultBytes, 'result'),
    index: reader.u32('index'),
    batchSize: reader.u32('batchSize'),
    path: reader.list(limits.pathLength, 'path', (r) => r.fixed(32, 'path')),
  };
}

function readAnswers(reader: Reader): Answer[] {
  return reader.list(limits.batchOperations, 'answers', readAnswer);
}

function writeBody(writer: Writer, message: Message): void {
  switch (message.type) {
    case 'request':
      writer.bytes(message.operation);
      return;
    case 'prePrepare':
      writeEnvelope(writer, message.header);
      writeBatch(writer, message.batch);
      return;
    case 'prepare':
      writeEnvelope(writer, message.vote);
      writeEnvelope(writer, message.header);
      return;
    case 'commit':
    case 'checkpoint':
    case 'viewChange':
    case 'newView':
      writeEnvelope(writer, message.vote);
      return;
    case 'reply':
      writer.u53(message.view);
      writeEnvelope(writer, message.vote);
      writer.list(message.answers, writeAnswer);
      return;
    case 'status':
      writer
        .u53(message.epoch)
        .u53(message.view)
        .u8(message.active ? 1 : 0);
      writer.u53(message.stableCheckpoint).u53(message.executed);
      return;
    case 'complaint':
      writer.u53(message.epoch).u53(message.view);
      return;
    case 'queryStable':
      writer.u53(message.epoch).u53(message.nonce);
      return;
    case 'replyStable':
      writer.u53(message.epoch).u53(message.nonce);
      writer.u53(message.view).u53(message.executed);
      return;
    case 'decided':
      writeCommitCertificate(writer, message.certificate);
      writeBatch(writer, message.batch);
      return;
    case 'epochChange':
      writeResultCertificate(writer, message.certificate);
      writer.bytes(message.membership);
      writer.list(message.path, (w, hash) => w.fixed(hash));
      return;
    case 'fetchBatch':
      writer.digest(message.batchDigest);
      return;
    case 'batch':
      writeBatch(writer, message.batch);
      return;
    case 'fetchState':
      writer.u53(message.sequence).u32(message.chunk);
      return;
    case 'stableCheckpoint':
      writeResultCertificate(writer, message.certificate);
      return;
    case 'stateChunk':
      writer.u53(message.sequence).u32(message.chunk).u32(message.chunks).bytes(message.bytes);
  }
}

/** Unsigned messages that say, or ask, where a replica stands. */
function readWhereabouts(
  reader: Reader,
  type: 'status' | 'complaint' | 'queryStable' | 'replyStable',
): Message {
  const epoch = reader.u53('epoch');
  switch (type) {
    case 'status':
      return {
        type,
        epoch,
        view: reader.u53('view'),
        active: readFlag(reader, 'active'),
        stableCheckpoint: reader.u53('stableCheckpoint'),
        executed: reader.u53('executed'),
      };
    case 'complaint':
      return { type, epoch, view: reader.u53('view') };
    case 'queryStable':
      return { type, epoch, nonce: reader.u53('nonce') };
    case 'replyStable': {
      const nonce = reader.u53('nonce');
      const view = reader.u53('view');
      return { type, epoch, nonce, view, executed: reader.u53('executed') };
    }
  }
}

function readBody(reader: Reader, type: MessageType): Message {
  switch (type) {
    case 'request':
      return { type, operation: keepAsked(readOperation(reader)) };
    case 'prePrepare':
      return { type, header: readEnvelope(reader, 'prePrepare'), batch: readBatch(reader) };
    case 'prepare':
      return {
        type,
        vote: readEnvelope(reader, 'prepare'),
        header: readEnvelope(reader, 'prePrepare'),
      };
    case 'commit':
      return { type, vote: readEnvelope(reader, 'commit') };
    case 'checkpoint':
      return { type, vote: readEnvelope(reader, 'result') };
    case 'viewChange':
      return { type, vote: readEnvelope(reader, 'viewChange') };
    case 'newView':
      return { type, vote: readEnvelope(reader, 'newView') };
    case 'reply':
      return {
        type,
        view: reader.u53('view'),
        vote: readEnvelope(reader, 'result'),
        answers: readAsAnswered(reader, readAnswers),
      };
    case 'status':
    case 'complaint':
    case 'queryStable':
    case 'replyStable':
      return readWhereabouts(reader, type);
    case 'decided':
      return { type, certificate: readCommitCertificate(reader), batch: readBatch(reader) };
    case 'epochChange':
      return {
        type,
        certificate: readResultCertificate(reader),
        membership: reader.bytes(limits.membershipBytes, 'membership'),
        path: reader.list(limits.statePathLength, 'path', (r) => r.fixed(32, 'path')),
      };
    case 'fetchBatch':
      return { type, batchDigest: reader.digest('batchDigest') };
    case 'batch':
      return { type, batch: readBatch(reader) };
    case 'fetchState':
      return { type, sequence: reader.u53('sequence'), chunk: reader.u32('chunk') };
    case 'stableCheckpoint':
      return { type, certificate: readResultCertificate(reader) };
    case 'stateChunk':
      return {
        type,
        sequence: reader.u53('sequence'),
        chunk: reader.u32('chunk'),
        chunks: reader.u32('chunks'),
        bytes: reader.bytes(limits.stateChunkBytes, 'chunk'),
      };
  }
}
