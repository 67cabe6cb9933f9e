import { expect, it } from 'vitest';
import { defaultPlan, nodesFor } from '../../../src/cluster/bench/plan.ts';
import { RequestSource } from '../../../src/cluster/bench/request-source.ts';
import { decodeOperation } from '../../../src/ledger/operation.ts';

function subjectOf(operation: Uint8Array) {
  const decoded = decodeOperation(operation);
  return decoded.ok && decoded.value.type === 'validate' ? decoded.value.request.subject : null;
}

it('asks for all nodes in turn, and gives no two requests one id', () => {
  const plan = { ...defaultPlan, clients: 48 };
  const source = new RequestSource(plan);
  source.learn({ epoch: 1, value: '00'.repeat(32) });
  const subjects = Array.from({ length: 9 }, () => subjectOf(source.next()));
  const nodes = new Set(subjects.map((subject) => String(subject?.nodeId)));
  expect(nodes.size).toBe(nodesFor(plan));
  expect(nodes.size).toBe(3);
  expect(new Set(subjects.map((subject) => subject?.requestId)).size).toBe(9);
});
