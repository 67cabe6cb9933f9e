import type { TrustchainConfig } from '../../src/daemon/trustchain-config.ts';
import { startTrustchain } from '../../src/daemon/trustchain-host.ts';
import { LevelJournal } from '../../src/runtime/level-journal.ts';
import { RecordFile } from '../../src/runtime/record-file.ts';
import { SystemClock } from '../../src/runtime/system-clock.ts';

/**
 * A whole TrustChain in a process that ends itself by SIGKILL at a write it is told of: before that
 * write reaches the disk, or after it has and before anybody hears of it. Started by a test, which
 * sets its clock.
 */
export type Step = 'draft' | 'intent' | 'entry' | 'issued' | 'revoked';

export interface Orders {
  readonly config: TrustchainConfig;
  readonly clockOffsetMs: number;
}

/** The write it is to end at from now on. */
export interface Death {
  readonly step: Step;
  /** Whether that write reaches the disk. */
  readonly kept: boolean;
}

type Done = (error: Error | null) => void;

let death: Death | null = null;

function die(): void {
  process.kill(process.pid, 'SIGKILL');
}

/** What becomes of a write's confirmation; null: it is not even written. */
function fate(step: string, done: Done): Done | null {
  if (step !== death?.step) return done;
  if (death.kept) return die;
  die();
  return null;
}

const { write } = LevelJournal.prototype;
LevelJournal.prototype.write = function (entries, done) {
  const confirmed = fate(entries.puts[0]?.key.split('/')[0] ?? '', done);
  if (confirmed !== null) write.call(this, entries, confirmed);
};
const { append } = RecordFile.prototype;
RecordFile.prototype.append = function (record, done) {
  const confirmed = fate('entry', done);
  if (confirmed !== null) append.call(this, record, confirmed);
};

// Never longer than the test that started it.
process.once('disconnect', () => process.exit());

process.once('message', ({ config, clockOffsetMs }: Orders) => {
  SystemClock.prototype.nowMs = () => Date.now() + clockOffsetMs;
  process.on('message', (ordered: Death) => {
    death = ordered;
    process.send?.('armed');
  });
  startTrustchain(config).then(
    ({ url, dns }) => process.send?.({ url, dns }),
    (error: unknown) => {
      process.stderr.write(`${error}\n`);
      process.exit(1);
    },
  );
});
