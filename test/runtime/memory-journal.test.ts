import { MemoryJournal } from '../../src/runtime/memory-journal.ts';
import { journalContract } from './journal-contract.ts';

journalContract(
  'memory journal',
  async () => {
    const journal = new MemoryJournal();
    return { journal, dispose: () => journal.close() };
  },
  null,
);
