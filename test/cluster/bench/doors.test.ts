import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, expect, it } from 'vitest';
import { ed25519 } from '../../../src/base/signature.ts';
import { knockAt } from '../../../src/cluster/bench/askers.ts';
import { LoadGenerator } from '../../../src/cluster/bench/load-generator.ts';
import { type BenchPlan, defaultPlan, scenarioOf } from '../../../src/cluster/bench/plan.ts';
import { EpochChain } from '../../../src/ledger/epoch-chain.ts';
import { nopOperation } from '../../../src/ledger/operation.ts';
import { voteVerifier } from '../../../src/pbft/envelope.ts';
import type { ValidatorOutcome } from '../../../src/runtime/validator.ts';
import { deploymentOf } from '../../../src/scenario/deployment.ts';
import { until } from '../fixtures.ts';

const plan: BenchPlan = { ...defaultPlan, clients: 2, via: 'http' };
const deployment = deploymentOf(scenarioOf(plan), ed25519);
const servers: Server[] = [];

afterEach(() => {
  for (const server of servers.splice(0)) {
    server.closeAllConnections();
    server.close();
  }
});

/** The door of a node that hears what it is asked, and never answers. */
async function muteDoor() {
  const heard: string[] = [];
  const server = createServer(({ method, url }) => heard.push(`${method} ${url}`));
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return { heard, url: `http://127.0.0.1:${port}` };
}

it('sends what clients ask by turns to all doors, each to its own node only', async () => {
  const doors = [await muteDoor(), await muteDoor()];
  const { validators } = deployment;
  const epochs = new EpochChain(validators, (set) => voteVerifier(ed25519, set));
  const askers = knockAt(
    doors.map(({ url }) => url),
    epochs,
    plan.clients,
  );
  const outcomes: ValidatorOutcome[] = [];
  const operation = nopOperation(new Uint8Array([1]));
  askers.validators[1]?.submit(operation, (outcome) => outcomes.push(outcome));
  await until(() => doors[1]?.heard.length === 1);
  expect(doors[0]?.heard).toEqual([]);
  await askers.stop();
  await until(() => outcomes.length === 1);
  expect(outcomes).toEqual([{ type: 'refused', reason: 'stopped' }]);
});

it('asks the doors and no replica, where clients go that way', async () => {
  const door = await muteDoor();
  const load = new LoadGenerator(plan);
  const connecting = load.connect({
    type: 'connect',
    deployment,
    multiaddrs: new Map(),
    doors: [door.url],
  });
  await until(() => door.heard.length === 1);
  expect(door.heard).toEqual(['POST /consensus/operations']);
  const failed = expect(connecting).rejects.toThrow('no beacon: refused');
  await load.stop();
  await failed;
});
