import { DataLock } from '../../src/daemon/data-lock.ts';

// Takes the lock of a directory, says so, and holds it until it is killed.
await DataLock.acquire(process.argv[2] ?? '', 0);
process.send?.('held');
setInterval(() => undefined, 1000);
