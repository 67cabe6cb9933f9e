import { describe, expect, test } from 'vitest';
import { ed25519 } from '../../src/base/signature.ts';
import { SharedExecutions } from '../../src/ledger/shared-executions.ts';
import { StaticCheckCache } from '../../src/ledger/static-check.ts';
import type { NodeOptions } from '../../src/node/options.ts';
import { Service } from '../../src/node/service.ts';
import type { CommitCertificate } from '../../src/pbft/messages.ts';
import { genesis, newLedger, validate } from '../ledger/fixtures.ts';
import { startMs } from '../proofs/fixtures.ts';
import { parameters } from './world.ts';

const nobodyJudges = [] as unknown as ConstructorParameters<typeof Service>[1];
const options = { genesis, scheme: ed25519, parameters } as NodeOptions;
const operation = validate(newLedger(), 'one', 1);

function executeTwice(service: Service): void {
  for (const sequence of [1, 2]) {
    const statement = { sequence, timestamp: startMs + sequence };
    service.execute({ header: { statement } } as CommitCertificate, [operation]);
  }
}

describe('the verdict on an operation', () => {
  test('goes with its execution where no other node could ask for it', () => {
    const service = new Service(options, nobodyJudges);
    executeTwice(service);
    expect(service.verdicts).toMatchObject({ hits: 0, misses: 2 });
  });

  test('stays where nodes of one process share it', () => {
    const verdicts = new StaticCheckCache({ ...genesis, scheme: ed25519 });
    const shared = { verdicts, executions: new SharedExecutions() };
    const nodes = [1, 2].map(() => new Service({ ...options, shared }, nobodyJudges));
    for (const node of nodes) executeTwice(node);
    expect(verdicts).toMatchObject({ hits: 1, misses: 1 });
  });
});
