import { pino } from 'pino';
import { expect, test } from 'vitest';
import { logObserver } from '../../src/daemon/node-log.ts';
import { newLedger, validate } from '../ledger/fixtures.ts';
import { startMs } from '../proofs/fixtures.ts';

function logged() {
  const lines: Record<string, unknown>[] = [];
  const log = pino(
    { base: { process: 'node-1' } },
    { write: (text) => lines.push(JSON.parse(text)) },
  );
  return { lines, observer: logObserver(log) };
}

test('a request is told of by its id on every node that decides it', () => {
  const { lines, observer } = logged();
  const ledger = newLedger();
  const executed = ledger.execute(1, startMs + 1000, [validate(ledger, 'request-7', 1)]);
  observer.onExecuted?.({ ...executed, sequence: 4, operations: [] }, 0);
  expect(lines).toMatchObject([
    { requestId: 'request-7', status: 'valid', sequence: 4, msg: 'request decided' },
  ]);
});

test('an opinion of a peer does not hide who holds it', () => {
  const { lines, observer } = logged();
  observer.onStanding?.({ process: 3, from: 'trusted', to: 'suspected' }, 0);
  expect(lines).toMatchObject([{ process: 'node-1', peer: 3, to: 'suspected' }]);
});
