import { fixtureFleet, scenarioWith } from './fixtures.ts';

// A parent that says where its replicas are and then does nothing until it is killed.
const { fleet, directory } = await fixtureFleet(scenarioWith());
await fleet.start();
await fleet.go(Date.now());
process.send?.({ pids: fleet.pids, directory: directory.path });
