import { fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { decode, encode } from 'dns-packet';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { toHex } from '../../src/base/bytes.ts';
import { formatGenesisFile } from '../../src/daemon/genesis-file.ts';
import { choosePorts } from '../../src/daemon/ports.ts';
import type { TrustchainConfig } from '../../src/daemon/trustchain-config.ts';
import { signingKeyFromSeed } from '../../src/trustchain/keys.ts';
import { revocationBytes } from '../../src/trustchain/revocation.ts';
import { bareKey } from '../../src/trustchain/sealed-key.ts';
import { verifyCertificate } from '../../src/trustchain/verify.ts';
import { HttpCluster, parameters } from '../http/cluster.ts';
import { csrOf, subjectKey } from '../http/trustchain-world.ts';
import { genesis } from '../ledger/fixtures.ts';
import { plotLabels, scaleFactor } from '../proofs/fixtures.ts';
import { exchange } from '../trustchain/dns/fixtures.ts';
import type { Death, Orders, Step } from './mortal-trustchain.ts';

const entry = fileURLToPath(new URL('./mortal-trustchain.ts', import.meta.url));

let cluster: HttpCluster;
let nodes: readonly string[] = [];
let directory = '';
let config: TrustchainConfig;

beforeAll(async () => {
  cluster = await HttpCluster.start();
  const listening = [0, 1, 2, 3].map((i) =>
    cluster.server(i).listen({ host: '127.0.0.1', port: 0 }),
  );
  nodes = await Promise.all(listening);
  directory = mkdtempSync(join(tmpdir(), 'hypermesh-mortal-'));
  const dataDirectory = join(directory, 'trustchain');
  mkdirSync(dataDirectory);
  const nodeKeyFile = join(dataDirectory, 'node.key');
  // The holder of the fixtures: its key is a secret of ones.
  const key = signingKeyFromSeed(new Uint8Array(32).fill(1), 'ed25519');
  writeFileSync(nodeKeyFile, bareKey(key), { mode: 0o600 });
  const genesisFile = join(directory, 'genesis.json');
  const publicKeys = genesis.validators;
  const validators = { chainId: genesis.chainId, epoch: 0, publicKeys };
  const deployment = { validators, standbys: [], parameters };
  const plot = { labels: plotLabels, scaleFactor };
  const written = { profile: 'localhost', deployment, genesis, plot } as const;
  writeFileSync(genesisFile, formatGenesisFile(written));
  const [httpPort = 0, dnsPort = 0] = await choosePorts('127.0.0.1', 2, []);
  config = {
    ...{ dataDirectory, genesisFile, nodeKeyFile, nodes, httpPort, dnsPort },
    validatorsFile: join(directory, 'validators.json'),
    host: '127.0.0.1',
    profile: 'localhost',
    log: { level: 'warn', file: join(directory, 'trustchain.log') },
  };
}, 240_000);

let running: Running | null = null;

afterAll(async () => {
  running?.child.kill('SIGKILL');
  await cluster?.stop();
  rmSync(directory, { recursive: true, force: true, maxRetries: 5 });
});

/** A TrustChain process, up. */
async function start() {
  const child = fork(entry, { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
  const gone = once(child, 'exit') as Promise<[number | null, string | null]>;
  const clockOffsetMs = cluster.clock.nowMs() - Date.now();
  child.send({ config, clockOffsetMs } satisfies Orders);
  const up = await Promise.race([once(child, 'message'), gone]);
  const { url, dns } = up[0] as { readonly url: string; readonly dns: string };
  if (url === undefined) throw new Error(`it ended with ${up}`);
  return { child, gone, url, dns };
}

type Running = Awaited<ReturnType<typeof start>>;

async function post(url: string, body: object): Promise<Response | null> {
  const headers = { 'content-type': 'application/json' };
  return fetch(url, { method: 'POST', headers, body: JSON.stringify(body) }).catch(() => null);
}

function ask({ url }: Running, name: string): Promise<Response | null> {
  return post(`${url}/certificates`, { csr: csrOf(name), request_id: name });
}

function revoke({ url }: Running, name: string, serial: string): Promise<Response | null> {
  const word = revocationBytes(serial, 'superseded');
  const signature = toHex(subjectKey(name).sign(word));
  const body = { reason: 'superseded', signature };
  return post(`${url}/certificates/${serial}/revocation`, body);
}

async function keysOf({ dns }: Running, name: string): Promise<number> {
  const port = Number(dns.slice(dns.lastIndexOf(':') + 1));
  const questions = [{ name: `_443._tcp.${name}`, type: 'TLSA' as const }];
  const answer = await exchange(port, encode({ type: 'query', id: 7, questions }));
  return decode(answer).answers?.length ?? 0;
}

async function statusOf({ url }: Running, serial: string): Promise<string> {
  const headers = { accept: 'application/json' };
  const answer = await fetch(`${url}/certificates/${serial}`, { headers });
  return ((await answer.json()) as { readonly status: string }).status;
}

async function healthOf({ url }: Running) {
  const answer = await fetch(`${url}/readyz`);
  return (await answer.json()) as { readonly certificates: number; readonly log_size: number };
}

/** That store, log, list and names say the same of everything that was ever asked for. */
async function expectAgreement(running: Running, known: ReadonlyMap<string, string>) {
  const { certificates, log_size: size } = await healthOf(running);
  // Every certificate has its entry, and no entry is without its certificate.
  expect(size).toBe(certificates);
  const head = await (await fetch(`${running.url}/ct/v1/get-sth`)).json();
  expect(head).toMatchObject({ tree_size: size });
  const list = Buffer.from(await (await fetch(`${running.url}/crl.der`)).arrayBuffer());
  for (const [name, serial] of known) {
    const status = await statusOf(running, serial);
    expect(list.includes(Buffer.from(serial, 'hex'))).toBe(status === 'revoked');
    expect(await keysOf(running, name)).toBe(status === 'revoked' ? 0 : 1);
  }
}

async function expectVerifies({ url }: Running, chain: string, serial: string) {
  const text = async (path: string) => (await fetch(`${url}${path}`)).text();
  const { checks } = verifyCertificate({
    certificatePem: chain.slice(0, chain.indexOf('-----END') + 26),
    proofJson: await text(`/certificates/${serial}/proof`),
    validatorsJson: await text('/validators.json'),
    caPem: await text('/ca.pem'),
  });
  expect(checks.filter(({ ok }) => !ok)).toEqual([]);
}

async function arm({ child }: Running, death: Death): Promise<void> {
  child.send(death);
  await once(child, 'message');
}

interface Issued {
  readonly serial: string;
  readonly certificate: string;
}

/** What was cut short is asked for once more, and there is one certificate of it in the end. */
async function askAgain(running: Running, name: string): Promise<Issued> {
  const answer = await ask(running, name);
  const body = (await answer?.text()) ?? '';
  expect(answer?.status, body).toBe(201);
  const issued = JSON.parse(body) as Issued;
  await expectVerifies(running, issued.certificate, issued.serial);
  return issued;
}

const steps: readonly Step[] = ['draft', 'intent', 'entry', 'issued', 'revoked'];
const deaths = steps.flatMap((step): Death[] => [
  { step, kept: false },
  { step, kept: true },
]);

test('Killed before and after every write of its, TrustChain keeps its word', async () => {
  /** Serials by name, of all that was confirmed. */
  const known = new Map<string, string>();
  running = await start();
  for (const death of deaths) {
    const { step, kept } = death;
    const name = `${step}-${kept ? 'after' : 'before'}.mesh`;
    if (step === 'revoked') known.set(name, (await askAgain(running, name)).serial);
    await arm(running, death);
    const serial = known.get(name) ?? '';
    // Nobody hears what becomes of it.
    const unheard = step === 'revoked' ? revoke(running, name, serial) : ask(running, name);
    expect(await unheard, name).toBeNull();
    expect((await running.gone)[1]).toBe('SIGKILL');
    running = await start();
    await expectAgreement(running, known);
    if (step === 'revoked') {
      expect(await statusOf(running, serial)).toBe(kept ? 'revoked' : 'good');
      expect((await revoke(running, name, serial))?.status).toBe(200);
      expect(await statusOf(running, serial)).toBe('revoked');
    } else {
      known.set(name, (await askAgain(running, name)).serial);
    }
    await expectAgreement(running, known);
  }
  const { certificates } = await healthOf(running);
  expect(certificates).toBe(deaths.length);
  running.child.kill('SIGTERM');
  await running.gone;
}, 600_000);
