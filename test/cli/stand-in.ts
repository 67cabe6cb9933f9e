import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import type { Interruption } from '../../src/cli/interruption.ts';
import type { RunWorld } from '../../src/cli/run-command.ts';
import type { RunOutput, RunScenario } from '../../src/scenario/run.ts';
import { summarize } from '../../src/scenario/summary.ts';

/** A directory of the test's own, gone when it ends. */
export function temporaryDirectory(): string {
  const directory = mkdtempSync(join(tmpdir(), 'hypermesh-cli-'));
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }));
  return directory;
}

export function writeScenario(directory: string, name: string, text: string): string {
  const path = join(directory, name);
  writeFileSync(path, text);
  return path;
}

/** A world whose every request is answered at once, except those of scenarios called `stuck`. */
export const instantWorld: RunScenario = async (scenario, hooks) => {
  const stuck = scenario.name.startsWith('stuck');
  const asked = stuck ? 0 : scenario.workload.requests;
  const records = Array.from({ length: asked }, (_, i) => ({
    name: `host-${i}.mesh`,
    client: 0,
    broken: null,
    outcome: 'issued' as const,
    serial: `0${i}`,
    failures: [],
    latencyMs: 5,
    sequence: 1,
  }));
  const events = records.map((record) => ({ type: 'request' as const, atMs: 9, record }));
  for (const event of events) hooks.onEvent?.(event);
  hooks.onProgress?.({ atMs: 9, answered: asked, requests: scenario.workload.requests });
  const result = summarize(scenario, events, {
    messages: { sent: 0, delivered: 0, dropped: 0 },
    bytesSent: 0,
    virtualMs: 9,
    wallMs: 9,
    traceDigest: `${scenario.seed}`.padStart(64, '0'),
    partial: hooks.signal?.aborted === true,
    recovered: [],
    isolated: [],
  });
  return { result, artefacts: artefactsOf(records.map(({ serial }) => serial)) };
};

function artefactsOf(serials: readonly string[]): RunOutput['artefacts'] {
  const certificates = serials.map((serial) => ({ serial, pem: `pem ${serial}`, proofJson: '{}' }));
  return { caPem: 'ca', validatorsJson: '{}', certificates };
}

export interface StandIn extends RunWorld {
  readonly stdout: () => string;
  readonly stderr: () => string;
  /** As if a signal had come. */
  interrupt(): void;
}

export interface StandInOptions {
  readonly run?: RunScenario;
  readonly showsProgress?: boolean;
}

export function standIn({ run = instantWorld, showsProgress = false }: StandInOptions = {}) {
  const written = { out: '', err: '' };
  const controller = new AbortController();
  const interruption: Interruption = {
    signal: controller.signal,
    get exitCode() {
      return controller.signal.aborted ? 130 : null;
    },
    release: () => undefined,
  };
  const world: StandIn = {
    terminal: {
      out: (text) => {
        written.out += text;
      },
      err: (text) => {
        written.err += text;
      },
      colourOut: false,
      colourErr: false,
      showsProgress,
      columns: 80,
      debug: false,
    },
    worlds: { simulated: async () => run, libp2p: async () => run },
    interruption,
    nowMs: () => 0,
    version: '1.2.3',
    stdout: () => written.out,
    stderr: () => written.err,
    interrupt: () => controller.abort(),
  };
  return world;
}
