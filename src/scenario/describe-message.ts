import { requestDigest } from '../pbft/envelope.ts';
import { decodeMessage } from '../pbft/message-codec.ts';
import type { Message, Operation } from '../pbft/messages.ts';

export type Fields = Readonly<Record<string, string | number>>;

export interface Described {
  readonly kind: string;
  readonly fields: Fields;
}

/** What a frame says, for traces: its kind and the few fields by which people tell it apart. */
export function describeFrame(frame: Uint8Array): Described {
  const decoded = decodeMessage(frame);
  if (!decoded.ok) return { kind: 'malformed', fields: { reason: decoded.reason } };
  return { kind: decoded.value.type, fields: fieldsOf(decoded.value) };
}

function fieldsOf(message: Message): Fields {
  switch (message.type) {
    case 'request':
      return { request: nameOf(message.operation) };
    case 'prePrepare': {
      const { view, sequence, batchDigest, timestamp } = message.header.statement;
      const operations = message.batch.length;
      return { view, sequence, batchDigest: short(batchDigest), timestamp, operations };
    }
    case 'prepare':
    case 'commit': {
      const { view, sequence, headerDigest } = message.vote.statement;
      return { view, sequence, headerDigest: short(headerDigest) };
    }
    case 'checkpoint': {
      const { sequence, stateDigest } = message.vote.statement;
      return { sequence, stateDigest: short(stateDigest) };
    }
    case 'reply': {
      const { sequence, resultsRoot } = message.vote.statement;
      const answers = message.answers.length;
      return { view: message.view, sequence, resultsRoot: short(resultsRoot), answers };
    }
    case 'viewChange': {
      const { view, stable, prepared } = message.vote.statement;
      const sequences = prepared.map(({ header }) => header.statement.sequence).join(' ');
      return { view, stable: stable?.statement.sequence ?? 0, prepared: sequences };
    }
    case 'newView': {
      const { view, viewChanges, headers } = message.vote.statement;
      const from = viewChanges.map(({ sender }) => sender).join(' ');
      return { view, viewChanges: from, headers: headers.length };
    }
    default:
      return auxiliaryFields(message);
  }
}

/** Retransmission, state transfer, and kinds that need no more than their name. */
function auxiliaryFields(message: Message): Fields {
  switch (message.type) {
    case 'status': {
      const { view, active, stableCheckpoint, executed } = message;
      return { view, active: active ? 1 : 0, stableCheckpoint, executed };
    }
    case 'complaint':
      return { view: message.view };
    case 'queryStable':
      return { nonce: message.nonce };
    case 'replyStable':
      return { view: message.view, executed: message.executed };
    case 'decided': {
      const { view, sequence, batchDigest } = message.certificate.header.statement;
      return { view, sequence, batchDigest: short(batchDigest) };
    }
    case 'fetchBatch':
      return { batchDigest: short(message.batchDigest) };
    case 'batch':
      return { operations: message.batch.length };
    case 'fetchState':
      return { sequence: message.sequence, chunk: message.chunk };
    case 'epochChange':
    case 'stableCheckpoint':
      return { sequence: message.certificate.statement.sequence };
    case 'stateChunk': {
      const { sequence, chunk, chunks } = message;
      return { sequence, chunk, chunks };
    }
    default:
      return {};
  }
}

function nameOf(operation: Operation): string {
  return short(requestDigest(operation));
}

function short(digest: string): string {
  return digest.slice(0, 8);
}
