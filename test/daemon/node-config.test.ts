import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { readWrittenNodeConfig, resolveNodeConfig } from '../../src/daemon/node-config.ts';
import { exampleConfig, printNodeConfig } from '../../src/daemon/print-config.ts';
import { DaemonRefusal } from '../../src/daemon/refusal.ts';
import { temporaryDirectory } from './directories.ts';

const peers = "peers: ['/ip4/127.0.0.1/tcp/1', '/ip4/127.0.0.1/tcp/2']";

function fileWith(text: string): string {
  const path = join(temporaryDirectory(), 'node.yaml');
  writeFileSync(path, text);
  return path;
}

function messageOf(action: () => unknown): string {
  try {
    action();
  } catch (error) {
    if (error instanceof DaemonRefusal) return error.message;
    throw error;
  }
  return 'accepted';
}

describe("a node's config", () => {
  it('needs only its place and its peers; all else has a default', () => {
    const path = fileWith(`replica: 2\n${peers}\n`);
    const config = resolveNodeConfig(path, readWrittenNodeConfig(path));
    expect(config).toMatchObject({
      replica: 2,
      listen: '/ip4/127.0.0.1/tcp/21000',
      http: { host: '127.0.0.1', port: 0 },
      checkThreads: 1,
      log: { level: 'info', file: null },
    });
  });

  it('may leave checking proofs to the thread of consensus', () => {
    const path = fileWith(`replica: 2\n${peers}\ncheck_threads: 0\n`);
    expect(resolveNodeConfig(path, readWrittenNodeConfig(path)).checkThreads).toBe(0);
  });

  it('finds files from where it lies itself, and absolute ones where they are', () => {
    const log = 'log: {file: logs/a.log}';
    const path = fileWith(`replica: 0\n${peers}\ngenesis: ../g.json\nkey: /k.pem\n${log}\n`);
    const config = resolveNodeConfig(path, readWrittenNodeConfig(path));
    expect(config.genesisFile).toBe(join(path, '../../g.json'));
    expect(config.keyFile).toBe('/k.pem');
    expect(config.dataDirectory).toBe(join(path, '..'));
    expect(config.log.file).toBe(join(path, '../logs/a.log'));
  });

  it.each([
    { why: 'no place', text: peers, line: 1, says: 'replica: found nothing; allowed: a whole' },
    {
      why: 'a place that is no number',
      text: `replica: first\n${peers}`,
      line: 1,
      says: 'replica: found first; allowed: a whole number from 0 to 254',
    },
    {
      why: 'a misspelt key',
      text: `replica: 0\n${peers}\nlisten_on: /ip4/0.0.0.0/tcp/1`,
      line: 3,
      says: 'listen_on: found the key "listen_on"',
    },
    {
      why: 'a misspelt key one level down',
      text: `replica: 0\n${peers}\nhttp:\n  prt: 80`,
      line: 4,
      says: 'http.prt: found the key "prt"',
    },
    {
      why: 'a port beyond the last',
      text: `replica: 0\n${peers}\nhttp:\n  port: 65536`,
      line: 4,
      says: 'http.port: found 65536; allowed: a port',
    },
    {
      why: 'an address without a port',
      text: `replica: 0\n${peers}\nlisten: 127.0.0.1`,
      line: 3,
      says: 'listen: found 127.0.0.1; allowed: a multiaddr',
    },
    {
      why: 'one wrong peer among others',
      text: 'replica: 0\npeers:\n  - /ip4/127.0.0.1/tcp/1\n  - /ip4/127.0.0.1/udp/2',
      line: 4,
      says: 'peers[1]: found /ip4/127.0.0.1/udp/2; allowed: a multiaddr',
    },
    {
      why: 'an unknown log level',
      text: `replica: 0\n${peers}\nlog: {level: loud}`,
      line: 3,
      says: 'log.level: found loud; allowed: debug, info, warn, error, silent',
    },
    {
      why: 'fewer than no threads',
      text: `replica: 0\n${peers}\ncheck_threads: -1`,
      line: 3,
      says: 'check_threads: found -1; allowed: a whole number from 0 to 64',
    },
    { why: 'no YAML', text: 'replica: [0', line: 2, says: 'found no valid YAML' },
    { why: 'an empty file', text: '', line: 1, says: 'found nothing; allowed: one mapping' },
    { why: 'a list', text: '- 0', line: 1, says: 'found - 0; allowed:' },
    { why: 'two documents', text: `replica: 0\n---\nreplica: 1`, line: 1, says: '2 documents' },
  ])('with $why is refused, naming file, line and key', ({ text, line, says }) => {
    const path = fileWith(`${text}\n`);
    const message = messageOf(() => readWrittenNodeConfig(path));
    expect(message).toContain(`${path}:${line}:`);
    expect(message).toContain(says);
  });

  it('that is not there is refused by its name', () => {
    expect(messageOf(() => readWrittenNodeConfig('/nowhere/node.yaml'))).toContain(
      '/nowhere/node.yaml: found nothing readable',
    );
  });

  it('is printed with every key explained, and reads as what was printed', () => {
    const printed = printNodeConfig(exampleConfig);
    const path = fileWith(printed);
    expect(readWrittenNodeConfig(path)).toEqual(exampleConfig);
    const keys = readFileSync(path, 'utf8').split('\n');
    const unexplained = keys.filter((line, i) => {
      return /^ *\w+:/.test(line) && !/^ *#/.test(keys[i - 1] ?? '');
    });
    expect(unexplained).toEqual([]);
  });
});
