import { describe, expect, test } from 'vitest';
import { ed25519 } from '../../src/base/signature.ts';
import { Ledger } from '../../src/ledger/ledger.ts';
import type { NodeOptions } from '../../src/node/options.ts';
import { Outbox } from '../../src/node/outbox.ts';
import { Service } from '../../src/node/service.ts';
import { checkpointWrite, recover } from '../../src/node/store.ts';
import type { CheckpointCertificate, CommitCertificate } from '../../src/pbft/messages.ts';
import { MemoryJournal } from '../../src/runtime/memory-journal.ts';
import type { Journal, JournalWrite } from '../../src/runtime/ports.ts';
import { genesis, options as ledgerOptions, validate } from '../ledger/fixtures.ts';
import { startMs } from '../proofs/fixtures.ts';
import { load } from '../runtime/journal-contract.ts';
import { parameters } from './world.ts';

const options = { genesis, scheme: ed25519, parameters } as NodeOptions;
const nobodyJudges = [] as unknown as ConstructorParameters<typeof Service>[1];
const { checkpointInterval } = parameters;
/** So far apart that what one checkpoint kept has expired two checkpoints later. */
const batchMs = 400_000;

/** A service that journals its checkpoints, and how many puts and deletes each came to. */
class Journaling {
  readonly journal = new MemoryJournal();
  readonly written: JournalWrite[] = [];
  readonly service = new Service(options, nobodyJudges);
  readonly outbox: Outbox;
  private readonly twin = new Ledger(genesis, ledgerOptions);
  private sequence = 0;

  constructor() {
    const journal: Journal = {
      load: (done) => this.journal.load(done),
      write: (write, done) => {
        this.written.push(write);
        this.journal.write(write, done);
      },
    };
    this.outbox = new Outbox(journal, (error) => expect.unreachable(error.message));
  }

  /** Runs up to the next checkpoint and hands it to the outbox; flushes nothing. */
  checkpoint(): void {
    let digest = '';
    for (let i = 0; i < checkpointInterval; i++) {
      const sequence = ++this.sequence;
      const timestamp = startMs + sequence * batchMs;
      this.twin.execute(sequence, timestamp, []);
      const batch = [validate(this.twin, `request-${sequence}`, sequence)];
      this.twin.execute(sequence, timestamp, batch);
      this.service.execute(decision(sequence, timestamp), []);
      digest = this.service.execute(decision(sequence, timestamp), batch).stateDigest;
    }
    const certificate = certificateOf(this.sequence, digest);
    this.outbox.write(
      checkpointWrite(0, certificate, this.service.keepCheckpoint(certificate.statement.sequence)),
    );
  }

  /** What a node finds that starts on this journal now. */
  async restarted(): Promise<Service> {
    const recovered = recover(await load(this.journal));
    if (recovered instanceof Error) throw recovered;
    expect(recovered.state).not.toBeNull();
    const { certificate, entries } = recovered.state as NonNullable<typeof recovered.state>;
    const service = new Service(options, nobodyJudges);
    const { sequence, stateDigest } = certificate.statement;
    expect(sequence).toBe(this.sequence);
    expect(service.restore(sequence, stateDigest, entries)).toBe(true);
    return service;
  }
}

function decision(sequence: number, timestamp: number): CommitCertificate {
  return { header: { statement: { sequence, timestamp } } } as CommitCertificate;
}

function certificateOf(sequence: number, stateDigest: string): CheckpointCertificate {
  const digests = { resultsRoot: stateDigest, stateDigest };
  return { statement: { type: 'result', epoch: 0, sequence, timestamp: 1, ...digests }, votes: [] };
}

describe('the state in the journal', () => {
  test('is that of the last checkpoint, whatever came and went before it', async () => {
    const world = new Journaling();
    for (let i = 0; i < 6; i++) {
      world.checkpoint();
      world.outbox.flush();
      const restarted = await world.restarted();
      expect(restarted.stateDigest).toBe(world.service.stateDigest);
    }
    const deleted = world.written.flatMap(({ deletes }) => deletes);
    expect(deleted.filter(({ from }) => from.startsWith('state/')).length).toBeGreaterThan(8);
  });

  test('is that of the last of two checkpoints which one turn brings', async () => {
    const world = new Journaling();
    for (let i = 0; i < 5; i++) {
      world.checkpoint();
      world.checkpoint();
      world.outbox.flush();
      const restarted = await world.restarted();
      expect(restarted.stateDigest).toBe(world.service.stateDigest);
    }
  });

  test('is only changed where the state did, also by a node that was restarted', async () => {
    const world = new Journaling();
    for (let i = 0; i < 3; i++) world.checkpoint();
    world.outbox.flush();
    const restarted = await world.restarted();
    const { length } = await load(world.journal);
    const sequence = checkpointInterval * 4;
    restarted.execute(decision(sequence, startMs + sequence * batchMs), []);
    const { puts } = restarted.keepCheckpoint(sequence);
    expect(puts.length).toBeGreaterThan(0);
    expect(puts.length).toBeLessThan(length / 2);
  });
});
