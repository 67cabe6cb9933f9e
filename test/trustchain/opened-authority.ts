import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { LevelJournal } from '../../src/runtime/level-journal.ts';
import { RecordFile } from '../../src/runtime/record-file.ts';
import { FakeCluster, makeAuthority, makeLog } from './fake-cluster.ts';

/** An authority over a real journal and a real log file below `directory`, recovered. */
export async function openAuthority(directory: string) {
  const cluster = new FakeCluster();
  const journal = await LevelJournal.open(join(directory, 'journal'));
  const file = RecordFile.open(join(directory, 'log'));
  const log = makeLog(file);
  const chance = (sizeBytes: number) => new Uint8Array(randomBytes(sizeBytes));
  const authority = makeAuthority(cluster, { journal, log, chance });
  await new Promise<void>((resolve, reject) => {
    authority.recover((error) => (error === null ? resolve() : reject(error)));
  });
  const close = async (): Promise<void> => {
    await journal.close();
    await file.close();
  };
  return { authority, cluster, log, close };
}
