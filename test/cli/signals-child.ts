/** Waits for a signal as a run does, then says what it saw. Started by signals.test.ts. */
import { catchSignals } from '../../src/cli/interruption.ts';

const caught = catchSignals(() => process.stdout.write('notified\n'));
const lifeline = setInterval(() => undefined, 1000);
caught.signal.addEventListener('abort', () => {
  process.stdout.write(`aborted ${caught.exitCode}\n`);
  clearInterval(lifeline);
  caught.release();
});
process.stdout.write('ready\n');
