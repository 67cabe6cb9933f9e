import { ChromeTrace, chromeTraceHead, chromeTraceTail } from '../report/chrome-trace.ts';
import { formatTraceEvent, formatTraceHeader } from '../report/trace-file.ts';
import type { Scenario } from '../scenario/scenario.ts';
import type { RunEvent } from '../scenario/trace.ts';
import { openSink, type Sink } from './sink.ts';
import type { Terminal } from './terminal.ts';

const flushCharacters = 64 * 1024;

/**
 * Writes the trace of runs as they happen: it may be longer than memory. A file named `.json` is
 * for Chrome's and Perfetto's viewers; any other has one event a line.
 */
export class TraceWriter {
  private readonly sink: Sink;
  private readonly chrome: ChromeTrace | null;
  private waiting: string[] = [];
  private characters = 0;
  private entries = 0;

  constructor(path: string, terminal: Terminal) {
    this.sink = openSink('--trace', path, terminal);
    this.chrome = /\.json$/i.test(path) ? new ChromeTrace() : null;
    if (this.chrome !== null) this.append(chromeTraceHead);
  }

  begin(scenario: Scenario): void {
    if (this.chrome === null) this.append(formatTraceHeader(scenario));
    else this.list(this.chrome.begin(scenario));
  }

  add(event: RunEvent): void {
    if (this.chrome === null) this.append(formatTraceEvent(event));
    else this.list(this.chrome.add(event));
  }

  close(): void {
    if (this.chrome !== null) this.append(chromeTraceTail);
    this.flush();
    this.sink.close();
  }

  private list(entries: readonly string[]): void {
    for (const entry of entries) this.append(this.entries++ === 0 ? entry : `,\n${entry}`);
  }

  private append(text: string): void {
    this.waiting.push(text);
    this.characters += text.length;
    if (this.characters >= flushCharacters) this.flush();
  }

  private flush(): void {
    const text = this.waiting.join('');
    this.waiting = [];
    this.characters = 0;
    if (text !== '') this.sink.write(text);
  }
}
