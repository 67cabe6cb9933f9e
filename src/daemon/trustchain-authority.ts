import { randomBytes } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { EpochChain } from '../ledger/epoch-chain.ts';
import { JournalError } from '../runtime/journal-error.ts';
import { LevelJournal } from '../runtime/level-journal.ts';
import type { Clock } from '../runtime/ports.ts';
import { RecordFile } from '../runtime/record-file.ts';
import type { Validator } from '../runtime/validator.ts';
import { CertificateAuthority } from '../trustchain/authority.ts';
import type { Issuer } from '../trustchain/issuer.ts';
import { generateSigningKey, type SigningKey } from '../trustchain/keys.ts';
import type { AnsweringLog } from '../trustchain/log/answers.ts';
import { logKey } from '../trustchain/log/log-key.ts';
import { TransparencyLog } from '../trustchain/log/transparency-log.ts';
import { meshPolicy } from '../trustchain/policy.ts';
import { bareKey, openKey, sealKey } from '../trustchain/sealed-key.ts';
import { openOrCreateAuthority } from './authority-directory.ts';
import { replaceFile } from './cluster-file.ts';
import type { GenesisFile } from './genesis-file.ts';
import { maxKeyFileBytes } from './limits.ts';
import { DaemonRefusal } from './refusal.ts';
import type { Stopping } from './stopping.ts';
import type { TrustchainConfig } from './trustchain-config.ts';

/** The authority with everything it has on disk. */
export interface OpenedAuthority {
  readonly authority: CertificateAuthority;
  readonly log: AnsweringLog;
  readonly issuer: Issuer;
  readonly operatorKeys: readonly Uint8Array[];
}

export interface AuthoritySurroundings {
  readonly config: TrustchainConfig;
  readonly genesisFile: GenesisFile;
  readonly epochs: EpochChain;
  readonly validator: Validator;
  readonly clock: Clock;
  /** Where relying parties find the authority; its certificates carry it. */
  readonly url: string;
}

/** Lists the serials are spread over; the same for ever, for leaves carry the number. */
const crlShards = 16;
const chance = (sizeBytes: number): Uint8Array => new Uint8Array(randomBytes(sizeBytes));

/**
 * Opens keys, journal and log below the data directory, or makes them, and recovers what a crash
 * left half done. Nothing is served before this has succeeded.
 */
export async function openAuthorityStore(
  { config, genesisFile, epochs, validator, clock, url }: AuthoritySurroundings,
  stopping: Stopping,
): Promise<OpenedAuthority> {
  const { dataDirectory, policy = meshPolicy, algorithm = 'p256' } = config;
  const passphrase = readPassphrase(config.passphraseFile);
  const directory = join(dataDirectory, 'ca');
  const urls = { base: url, crlShards };
  const place = { directory, passphrase, policy, urls, nowMs: clock.nowMs(), chance };
  const issuer = openOrCreateAuthority(place, algorithm);
  const journal = await openJournalAt(join(dataDirectory, 'journal'), stopping);
  const key = logKey(openOrCreateKey(join(dataDirectory, 'log.key.pem'), passphrase));
  const log = new TransparencyLog(key, openLogFile(join(dataDirectory, 'log'), stopping), clock);
  const operator = openOrCreateKey(join(dataDirectory, 'operator.key.pem'), passphrase);
  const authority = new CertificateAuthority({
    issuer,
    log,
    validators: genesisFile.deployment.validators,
    epochs,
    scheme: 'ed25519',
    verify: epochs.firstEpoch.verify,
    validator,
    clock,
    chance,
    policy,
    urls,
    journal,
  });
  await new Promise<void>((resolve, reject) => {
    authority.recover((error) => (error === null ? resolve() : reject(refusalOf(error))));
  });
  return {
    authority,
    log: { log, issuerChain: [issuer.certificate.der, issuer.root.der] },
    issuer,
    operatorKeys: [operator.publicKey, issuer.key.publicKey],
  };
}

export async function openJournalAt(path: string, stopping: Stopping): Promise<LevelJournal> {
  try {
    const journal = await LevelJournal.open(path);
    stopping.add(() => journal.close());
    return journal;
  } catch (error) {
    throw refusalOf(error);
  }
}

function openLogFile(path: string, stopping: Stopping): RecordFile {
  try {
    const file = RecordFile.open(path);
    stopping.add(() => file.close());
    return file;
  } catch (error) {
    throw refusalOf(error);
  }
}

function refusalOf(error: unknown): unknown {
  if (error instanceof JournalError) {
    const code = error.code === 'JOURNAL_CORRUPT' ? 'badInput' : 'unavailable';
    return new DaemonRefusal(code, error.message, error);
  }
  // Damaged records name their place; nothing may be issued on top of them.
  if (error instanceof Error && 'code' in error && String(error.code).startsWith('DAMAGED')) {
    return new DaemonRefusal('badInput', error.message, error);
  }
  return error;
}

function readPassphrase(path: string | undefined): string | null {
  if (path === undefined) return null;
  try {
    return readFileSync(path, 'utf8').replace(/\r?\n$/, '');
  } catch (error) {
    const message = `${path}: found nothing readable; allowed: a file with a passphrase`;
    throw new DaemonRefusal('badInput', message, error);
  }
}

function openOrCreateKey(path: string, passphrase: string | null): SigningKey {
  if (!existsSync(path)) {
    const key = generateSigningKey(chance);
    const pem = passphrase === null ? bareKey(key) : sealKey(key, passphrase, chance);
    replaceFile(path, pem, 0o600);
    return key;
  }
  const pem = readFileSync(path, 'utf8').slice(0, maxKeyFileBytes);
  const opened = openKey(pem, passphrase);
  if (opened.ok) return opened.key;
  throw new DaemonRefusal('badInput', `${path}: ${opened.reason}`);
}
