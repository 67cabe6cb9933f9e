/**
 * Loaded before the launcher: makes it believe in an old Node, and lets a SIGTERM arrive in the
 * moment between the start of the newer one and the return of `spawn`. Used by main.test.ts.
 */
import childProcess from 'node:child_process';
import { syncBuiltinESMExports } from 'node:module';

Object.defineProperty(process, 'versions', { value: { ...process.versions, node: '20.0.0' } });

const spawn = childProcess.spawn;
/** Stands in for the newer Node; ends by itself where nobody stops it. */
const outlives = "setTimeout(() => process.stdout.write('outlived'), 2000)";
Object.assign(childProcess, {
  spawn: () => {
    const child = spawn(process.execPath, ['-e', outlives], { stdio: 'inherit' });
    process.kill(process.pid, 'SIGTERM');
    return child;
  },
});
syncBuiltinESMExports();
