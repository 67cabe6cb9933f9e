import { encodeResult } from '../../src/ledger/result.ts';
import { requestDigest } from '../../src/pbft/envelope.ts';
import type { CertificateSubject } from '../../src/proofs/request.ts';
import type { CertifiedAnswer, ValidatorOutcome } from '../../src/runtime/validator.ts';
import type { ProofAgent } from '../../src/trustchain/authority.ts';
import { FakeCluster, nowMs, validResult } from './fake-cluster.ts';

/** A fake cluster that decides so many requests under one signature, and answers all of them. */
export class SharedCluster extends FakeCluster {
  together: number;
  private waiting: { subject: CertificateSubject; done: (operation: Uint8Array) => void }[] = [];
  private readonly answers = new Map<string, CertifiedAnswer>();

  constructor(together: number) {
    super();
    this.together = together;
  }

  override agent(node = 1): ProofAgent {
    return {
      nodeId: new Uint8Array(32).fill(node),
      prove: (subject, done) => {
        this.waiting.push({ subject, done });
        if (this.waiting.length < this.together) return;
        const batch = this.waiting.splice(0);
        const operation = this.random.bytes(600 * batch.length);
        this.decide(
          operation,
          batch.map((it) => it.subject),
        );
        for (const it of batch) it.done(operation);
      },
    };
  }

  private decide(operation: Uint8Array, subjects: readonly CertificateSubject[]): void {
    const decisions = subjects.map((subject) => validResult(operation, subject));
    const answered = {
      operation: requestDigest(operation),
      decidedAtMs: nowMs + 7,
      beacon: { epoch: 9, value: 'be'.repeat(32) },
      computeBits: 14,
    };
    const result = encodeResult({ type: 'validations', ...answered, decisions });
    this.answers.set(requestDigest(operation), this.certify(operation, result));
  }

  override submit(operation: Uint8Array, done: (outcome: ValidatorOutcome) => void): void {
    const certified = this.answers.get(requestDigest(operation));
    if (certified === undefined) throw new Error('an operation no agent made');
    done({ type: 'certified', certified });
  }
}
