import { describe, expect, it } from 'vitest';
import { MemoryJournal } from '../../src/runtime/memory-journal.ts';
import type { Journal } from '../../src/runtime/ports.ts';
import { AnswerStore, type KeptRequest } from '../../src/validation/answer-store.ts';
import { answerKeepMs } from '../../src/validation/limits.ts';

const clock = { at: 1_000, nowMs: () => clock.at };

function kept(requestId: string, changes: Partial<KeptRequest> = {}): KeptRequest {
  const bodyDigest = 'ab'.repeat(32);
  const operation = new Uint8Array();
  return {
    requestId,
    bodyDigest,
    takenAtMs: clock.at,
    operation,
    asked: '',
    answer: `{"of":"${requestId}"}`,
    ...changes,
  };
}

function load(journal: Journal, maxAnswers?: number) {
  const store = new AnswerStore(journal, clock, maxAnswers);
  return new Promise<{ store: AnswerStore; pending: readonly KeptRequest[] }>((resolve, reject) => {
    store.load((error, pending) => (error === null ? resolve({ store, pending }) : reject(error)));
  });
}

function keep(store: AnswerStore, request: KeptRequest): Promise<void> {
  return new Promise((resolve, reject) => {
    store.keep(request, (error) => (error === null ? resolve() : reject(error)));
  });
}

describe('the store of answers', () => {
  it('has what was told before a restart, and what was still to be told', async () => {
    const journal = new MemoryJournal();
    const { store, pending } = await load(journal);
    expect(pending).toEqual([]);
    const asked = '{"minimum_stake":7}';
    const waiting = kept('w', { answer: null, operation: new Uint8Array([1, 2]), asked });
    await keep(store, kept('a'));
    await keep(store, waiting);
    await keep(store, kept('b', { answer: null, operation: new Uint8Array([3]) }));
    await keep(store, kept('b'));
    const after = await load(journal);
    expect(after.store.find('a')).toEqual(kept('a'));
    expect(after.store.find('b')).toEqual(kept('b'));
    expect(after.pending).toEqual([waiting]);
    expect(after.store.find('c')).toBeNull();
  });

  it('forgets the oldest when there are too many, on disk as well', async () => {
    const journal = new MemoryJournal();
    const { store } = await load(journal, 32);
    for (let i = 0; i < 40; i++) await keep(store, kept(`r${i}`));
    expect(store.size).toBeLessThanOrEqual(32);
    expect(store.find('r0')).toBeNull();
    expect(store.find('r39')).not.toBeNull();
    const after = await load(journal, 32);
    expect(after.store.size).toBe(store.size);
    expect(after.store.find('r0')).toBeNull();
    await keep(after.store, kept('new'));
    expect((await load(journal, 32)).store.find('new')).not.toBeNull();
  });

  it('forgets in a day or two what nobody asks for', async () => {
    const journal = new MemoryJournal();
    const { store } = await load(journal);
    await keep(store, kept('old'));
    clock.at += answerKeepMs;
    await keep(store, kept('newer'));
    expect(store.find('old')).not.toBeNull();
    clock.at += answerKeepMs + 1;
    await keep(store, kept('newest'));
    expect(store.find('old')).toBeNull();
    expect(store.find('newer')).toBeNull();
    expect(store.find('newest')).not.toBeNull();
  });

  it('refuses to begin with what it did not write', async () => {
    const journal = new MemoryJournal();
    const puts = [{ key: 'answer/0000000000000001', value: new Uint8Array([1, 2, 3]) }];
    journal.write({ puts, deletes: [] }, () => undefined);
    await expect(load(journal)).rejects.toThrow(/answer store, entry answer\/0000000000000001/);
  });

  it('says that it failed when the disk did', async () => {
    const journal = new MemoryJournal();
    const { store } = await load(journal);
    await journal.close();
    await expect(keep(store, kept('a'))).rejects.toThrow();
    expect(store.failed).toBe(true);
  });
});
