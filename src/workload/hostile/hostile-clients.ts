import type { HostileSpec } from './behaviours.ts';
import { HostileClient, type HostileRecord } from './hostile-client.ts';
import type { HostileWorld } from './world.ts';

/** All hostile clients of a run. */
export class HostileClients {
  private readonly clients: readonly HostileClient[];

  constructor(specs: readonly HostileSpec[], world: HostileWorld) {
    this.clients = specs.map((spec, client) => new HostileClient(client, spec, world));
  }

  /** Nothing more is done, and nothing more can be learned of what was. */
  get isDone(): boolean {
    return this.clients.every(({ isDone }) => isDone);
  }

  get records(): readonly HostileRecord[] {
    return this.clients.map(({ record }) => record);
  }

  start(): void {
    for (const client of this.clients) client.start();
  }

  stop(): void {
    for (const client of this.clients) client.stop();
  }
}
