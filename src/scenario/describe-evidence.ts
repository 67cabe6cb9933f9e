import { toHex } from '../base/bytes.ts';
import { headerDigest } from '../pbft/envelope.ts';
import type { Evidence } from '../pbft/evidence.ts';
import type { Envelope, QuorumCertificate, Statement } from '../pbft/messages.ts';
import { encodeStatement } from '../pbft/statement-codec.ts';
import type { EvidenceMessage } from './result.ts';

/** The signed messages that a piece of evidence holds against each other, decoded for people. */
export function describeEvidence(evidence: Evidence): readonly EvidenceMessage[] {
  switch (evidence.type) {
    case 'conflictingPrePrepare':
    case 'conflictingPrepare':
    case 'conflictingCommit':
    case 'conflictingResult':
      return [describeEnvelope(evidence.first), describeEnvelope(evidence.second)];
    case 'divergentResult':
      return [describeEnvelope(evidence.vote), describeCertificate(evidence.certificate)];
    default:
      // These contradict themselves: the claim and what should prove it are in one message.
      return [describeEnvelope(evidence.vote)];
  }
}

export function describeEnvelope(envelope: Envelope): EvidenceMessage {
  const { statement, sender } = envelope;
  return {
    type: statement.type,
    fields: { sender, ...fieldsOf(envelope) },
    payload: toHex(envelope.payload),
    signature: toHex(envelope.signature),
  };
}

/** What a quorum signed; the first vote stands for all of them. */
function describeCertificate(certificate: QuorumCertificate): EvidenceMessage {
  const { statement, votes } = certificate;
  const payload = encodeStatement(statement);
  const signature = votes[0]?.signature ?? new Uint8Array();
  const signers = votes.map(({ replica }) => replica).join(' ');
  const envelope = { sender: votes[0]?.replica ?? 0, payload, signature, statement };
  return {
    type: statement.type,
    fields: { signers, ...fieldsOf(envelope) },
    payload: toHex(payload),
    signature: toHex(signature),
  };
}

function fieldsOf(envelope: Envelope): Record<string, string | number> {
  const { statement } = envelope;
  switch (statement.type) {
    case 'prePrepare': {
      const { view, sequence, batchDigest, timestamp } = statement;
      const header = headerDigest({ ...envelope, statement });
      return { view, sequence, batchDigest, timestamp, headerDigest: header };
    }
    case 'prepare':
    case 'commit': {
      const { view, sequence, headerDigest: answered } = statement;
      return { view, sequence, headerDigest: answered };
    }
    case 'result': {
      const { epoch, sequence, timestamp, resultsRoot, stateDigest } = statement;
      return { epoch, sequence, timestamp, resultsRoot, stateDigest };
    }
    default:
      return summaryOf(statement);
  }
}

/** Of the large messages only what they are about. */
function summaryOf(statement: Extract<Statement, { type: 'viewChange' | 'newView' }>) {
  if (statement.type === 'viewChange') {
    const prepared = statement.prepared.map(({ header }) => header.statement.sequence).join(' ');
    const stable = statement.stable?.statement.sequence ?? 0;
    return { view: statement.view, stable, prepared };
  }
  const senders = statement.viewChanges.map(({ sender }) => sender).join(' ');
  const headers = statement.headers.map(({ statement: { sequence } }) => sequence).join(' ');
  return { view: statement.view, viewChanges: senders, headers };
}
