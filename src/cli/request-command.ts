import { randomBytes, randomUUID, X509Certificate } from 'node:crypto';
import { existsSync, writeFileSync } from 'node:fs';
import { isIP } from 'node:net';
import { join } from 'node:path';
import { equalBytes } from '../base/bytes.ts';
import { makePaint } from '../report/paint.ts';
import { shellWord } from '../report/shell-word.ts';
import { type ExitCode, exitCodes } from '../scenario/exit-code.ts';
import { makeCsr } from '../trustchain/csr.ts';
import { generateSigningKey, type SigningKey } from '../trustchain/keys.ts';
import { limits } from '../trustchain/limits.ts';
import { bareKey } from '../trustchain/sealed-key.ts';
import { verifyCertificate } from '../trustchain/verify.ts';
import { badInput, reasonOf, wrongUsage } from './failure.ts';
import type { Interruption } from './interruption.ts';
import { isFileError, prepareDirectory } from './output-directory.ts';
import { readTextFile } from './read-file.ts';
import { type Asked, askForCertificate, fetchText, type Issued, leafOf } from './request-client.ts';
import type { Terminal } from './terminal.ts';

export interface RequestCommandOptions {
  readonly endpoint: readonly string[];
  readonly name: string;
  readonly san?: readonly string[];
  readonly out: string;
  readonly validators?: string;
  readonly profile?: string;
  readonly timeout: number;
}

/** Everything outside the command itself, so that a test can stand in for it. */
export interface RequestWorld {
  readonly terminal: Terminal;
  readonly interruption: Interruption;
  readonly nowMs: () => number;
}

const files = {
  key: 'key.pem',
  certificate: 'certificate.pem',
  ca: 'ca.pem',
  proof: 'proof.json',
  validators: 'validators.json',
} as const;
const ownerOnly = 0o600;

/**
 * Makes a key, asks TrustChain for a certificate, and checks the quorum's vote on it before calling
 * it one. Exit 0: issued and checked; 1: refused, or it does not hold; 2: not decided in time.
 */
export async function requestCommand(
  options: RequestCommandOptions,
  world: RequestWorld,
): Promise<ExitCode> {
  const { terminal } = world;
  const endpoints = options.endpoint.map(endpointOf);
  const directory = options.out;
  const keyFile = join(directory, files.key);
  if (existsSync(keyFile)) {
    throw badInput(`${keyFile}: found a key; allowed: a directory without one (--out)`);
  }
  const trusted =
    options.validators === undefined
      ? null
      : readTextFile(options.validators, limits.validatorsJsonBytes);
  prepareDirectory(directory);
  const key = generateSigningKey((sizeBytes) => new Uint8Array(randomBytes(sizeBytes)));
  write(keyFile, bareKey(key), ownerOnly);
  const asking = askingOf(options, world);
  const body = bodyOf(options, key);
  const asked = await askForCertificate({ ...asking, endpoints, body });
  if (asked.type !== 'issued') return explain(asked, world);
  const { issued, endpoint } = asked;
  terminal.err(`${endpoint} issued ${issued.serial}\n`);
  const fetched = await fetchBeside(endpoint, issued, asking);
  const validatorsJson = trusted ?? fetched.validators;
  const leaf = leafOf(issued.certificate);
  const problem = leafProblem(leaf, key, options);
  const { ok, checks } = verifyCertificate({
    certificatePem: leaf,
    validatorsJson,
    proofJson: fetched.proof,
    caPem: fetched.ca,
  });
  const paint = makePaint(terminal.colourOut);
  for (const check of checks) {
    const mark = check.ok ? paint('good', '✓') : paint('bad', '✗');
    terminal.out(`${mark} ${check.name}: ${check.detail}\n`);
  }
  if (problem !== null) terminal.out(`${paint('bad', '✗')} ${problem}\n`);
  if (!ok || problem !== null) {
    terminal.out(`${paint('bad', 'REFUSED: what came is not what was asked for')}\n`);
    return exitCodes.failed;
  }
  write(join(directory, files.certificate), issued.certificate);
  write(join(directory, files.ca), fetched.ca);
  write(join(directory, files.proof), fetched.proof);
  write(join(directory, files.validators), validatorsJson);
  terminal.out(`${paint('good', 'issued')}: ${options.name}, serial ${issued.serial}\n`);
  terminal.out(`${summary(directory, options.validators === undefined)}\n`);
  return exitCodes.passed;
}

function askingOf(
  { timeout }: RequestCommandOptions,
  { terminal, interruption, nowMs }: RequestWorld,
) {
  const deadlineMs = nowMs() + timeout;
  const onProgress = (text: string): void => terminal.err(`${text}\n`);
  return { deadlineMs, nowMs, signal: interruption.signal, onProgress };
}

function endpointOf(text: string): string {
  const url = URL.parse(text);
  if (url !== null && /^https?:$/.test(url.protocol) && url.pathname === '/') return url.origin;
  throw wrongUsage(`--endpoint: found ${text}; allowed: an address like http://127.0.0.1:8080`);
}

function bodyOf({ name, san = [], profile }: RequestCommandOptions, key: SigningKey): string {
  const names = [...new Set([name, ...san])];
  const csr = makeCsr({
    key,
    commonName: isIP(name) === 0 && name.length <= limits.commonNameLength ? name : null,
    dnsNames: names.filter((one) => isIP(one) === 0),
    ipAddresses: names.filter((one) => isIP(one) !== 0),
  });
  return JSON.stringify({ csr, request_id: randomUUID(), ...(profile && { profile }) });
}

function explain(
  asked: Exclude<Asked, { type: 'issued' }>,
  { terminal, interruption }: RequestWorld,
): ExitCode {
  if (asked.type === 'refused') {
    const { status, code, detail } = asked.problem;
    terminal.err(`${asked.endpoint} refuses: ${detail} (${status} ${code})\n`);
    return exitCodes.failed;
  }
  if (interruption.exitCode !== null) return interruption.exitCode;
  for (const [endpoint, fault] of asked.faults) terminal.err(`${endpoint}: ${fault}\n`);
  terminal.err('no endpoint issued a certificate in time\n');
  return exitCodes.stalled;
}

/** What is checked and kept beside the certificate; its absence shows in the checks. */
async function fetchBeside(
  endpoint: string,
  { proof }: Issued,
  asking: ReturnType<typeof askingOf>,
): Promise<{ readonly ca: string; readonly proof: string; readonly validators: string }> {
  const get = async (path: string): Promise<string> => {
    const fetched = await fetchText(new URL(path, endpoint), asking);
    if (fetched.ok && fetched.status === 200) return fetched.text;
    asking.onProgress(`${endpoint}${path}: ${fetched.ok ? fetched.status : fetched.fault}`);
    return '';
  };
  const [ca, proofJson, validators] = await Promise.all([
    get('/ca.pem'),
    get(proof),
    get('/validators.json'),
  ]);
  return { ca, proof: proofJson, validators };
}

/** The key is ours and every name is there: a good certificate for somebody else is of no use. */
function leafProblem(
  pem: string,
  key: SigningKey,
  { name, san = [] }: RequestCommandOptions,
): string | null {
  let certificate: X509Certificate;
  try {
    certificate = new X509Certificate(pem);
  } catch {
    return 'certificate: not one that can be read'; // OpenSSL's own words help nobody
  }
  const spki = certificate.publicKey.export({ format: 'der', type: 'spki' });
  if (!equalBytes(new Uint8Array(spki), key.publicKey)) return 'key: of somebody else';
  const missing = [name, ...san].find((one) => {
    const asked = one.toLowerCase().replace(/\.$/, '');
    if (isIP(asked) !== 0) return certificate.checkIP(asked) === undefined;
    const names = (certificate.subjectAltName ?? '').toLowerCase().split(', ');
    return !names.includes(`dns:${asked}`);
  });
  return missing === undefined ? null : `names: ${missing} is missing`;
}

function write(path: string, text: string, mode = 0o644): void {
  try {
    writeFileSync(path, text, { mode, flush: true });
  } catch (error) {
    if (!isFileError(error)) throw error;
    throw wrongUsage(`--out ${path}: cannot be written (${reasonOf(error)})`);
  }
}

function summary(directory: string, onFirstUse: boolean): string {
  const at = (name: string): string => shellWord(join(directory, name));
  const lines = [
    `  ${at(files.key)}  the key, readable by its owner only`,
    `  ${at(files.certificate)}  the certificate and who signed it`,
    `  ${at(files.ca)}  for trust stores`,
    `  ${at(files.proof)}  the votes of the quorum`,
    `  ${at(files.validators)}  who may vote`,
  ];
  if (onFirstUse) {
    lines.push('The validator set came from TrustChain itself; --validators FILE checks it too.');
  }
  return lines.join('\n');
}
