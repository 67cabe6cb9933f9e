import { formatTraceEvent, formatTraceHeader } from '../report/trace-file.ts';
import type { Scenario } from '../scenario/scenario.ts';
import type { RunEvent } from '../scenario/trace.ts';
import { openSink, type Sink } from './sink.ts';
import type { Terminal } from './terminal.ts';

const flushCharacters = 64 * 1024;

/** Writes the trace of runs as they happen: it may be longer than memory. */
export class TraceWriter {
  private readonly sink: Sink;
  private waiting: string[] = [];
  private characters = 0;

  constructor(path: string, terminal: Terminal) {
    this.sink = openSink('--trace', path, terminal);
  }

  begin(scenario: Scenario): void {
    this.append(formatTraceHeader(scenario));
  }

  add(event: RunEvent): void {
    this.append(formatTraceEvent(event));
  }

  close(): void {
    this.flush();
    this.sink.close();
  }

  private append(line: string): void {
    this.waiting.push(line);
    this.characters += line.length;
    if (this.characters >= flushCharacters) this.flush();
  }

  private flush(): void {
    const text = this.waiting.join('');
    this.waiting = [];
    this.characters = 0;
    if (text !== '') this.sink.write(text);
  }
}
