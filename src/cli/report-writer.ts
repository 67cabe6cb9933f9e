import { indexPage } from '../report/html/index-page.ts';
import { reportPage } from '../report/html/report-page.ts';
import { RunLog } from '../report/html/run-log.ts';
import type { RunResult } from '../scenario/result.ts';
import type { Scenario } from '../scenario/scenario.ts';
import type { RunEvent } from '../scenario/trace.ts';
import { wrongUsage } from './failure.ts';
import { directoryNames } from './output-directory.ts';
import { openSink, type Sink } from './sink.ts';
import type { Terminal } from './terminal.ts';

interface Page {
  readonly path: string;
  readonly result: RunResult;
}

/**
 * Writes `--report`. One scenario: the file is its report. Several: the file lists them, and each
 * has a report of its own beside it, `report-<scenario>.html` beside `report.html`. Each page
 * stands alone, so that it can be sent to somebody without the others.
 */
export class ReportWriter {
  private readonly terminal: Terminal;
  private readonly version: string;
  private readonly main: Sink;
  /** Where each scenario's own page goes; null: into the file itself. */
  private readonly paths: readonly string[] | null;
  private readonly written: Page[] = [];
  private current: { readonly scenario: Scenario; readonly log: RunLog } | null = null;

  constructor(path: string, scenarios: readonly Scenario[], terminal: Terminal, version: string) {
    this.terminal = terminal;
    this.version = version;
    this.paths = scenarios.length === 1 ? null : pathsBeside(path, scenarios);
    this.main = openSink('--report', path, terminal);
  }

  begin(scenario: Scenario): void {
    this.current = { scenario, log: new RunLog() };
  }

  add(event: RunEvent): void {
    this.current?.log.add(event);
  }

  end(result: RunResult): void {
    if (this.current === null) return;
    const { node } = process.versions;
    const platform = `${process.platform} ${process.arch}`;
    const versions = { hypermesh: this.version, node, platform };
    const html = reportPage({ ...this.current, result, versions });
    this.current = null;
    if (this.paths === null) return this.main.write(html);
    const path = this.paths[this.written.length];
    if (path === undefined) throw new Error('more runs than scenarios');
    const sink = openSink('--report', path, this.terminal);
    sink.write(html);
    sink.close();
    this.written.push({ path, result });
  }

  close(): void {
    if (this.paths !== null) {
      const links = this.written.map(({ path, result }) => {
        return { href: path.replace(/^.*[\\/]/, ''), result };
      });
      this.main.write(indexPage(links, this.version));
    }
    this.main.close();
  }
}

function pathsBeside(path: string, scenarios: readonly Scenario[]): readonly string[] {
  if (path === '-') {
    throw wrongUsage('--report -: several scenarios are several pages; name a file');
  }
  const stem = path.replace(/\.html?$/i, '');
  return directoryNames(scenarios.map(({ name }) => name)).map((name) => `${stem}-${name}.html`);
}
