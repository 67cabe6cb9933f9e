import { randomBytes } from 'node:crypto';
import { toHex } from '../base/bytes.ts';
import { sha256 } from '../base/digest.ts';
import { type AuthorityPlace, openOrCreateAuthority } from '../daemon/authority-directory.ts';
import { type ExitCode, exitCodes } from '../scenario/exit-code.ts';
import type { CaCertificate } from '../trustchain/ca-certificate.ts';
import type { KeyAlgorithm } from '../trustchain/keys.ts';
import { meshPolicy, policyFault } from '../trustchain/policy.ts';
import { serviceUrlsFault } from '../trustchain/service-urls.ts';
import { asFailure } from './daemon-failure.ts';
import { wrongUsage } from './failure.ts';
import { readTextFile } from './read-file.ts';
import type { Terminal } from './terminal.ts';

export interface AuthorityCommandOptions {
  readonly data: string;
  readonly algorithm: KeyAlgorithm;
  readonly passphraseFile?: string;
  readonly suffix?: readonly string[];
  readonly network?: readonly string[];
  readonly url?: string;
}

const maxPassphraseBytes = 1024;

/**
 * Makes the root and the intermediate of a TrustChain before it first runs, so that the root's key
 * never needs to be where the service is; of what is there, says what it is. `passphrase` comes
 * from the environment, for who has no file.
 */
export function authorityCommand(
  options: AuthorityCommandOptions,
  terminal: Terminal,
  passphrase: string | undefined,
): ExitCode {
  const { data, passphraseFile } = options;
  const policy = {
    ...meshPolicy,
    allowedSuffixes: options.suffix ?? meshPolicy.allowedSuffixes,
    allowedNetworks: options.network ?? meshPolicy.allowedNetworks,
  };
  const fault = policyFault(policy);
  if (fault !== null) throw wrongUsage(`--suffix and --network: ${fault}`);
  const { url } = options;
  const urls = url === undefined ? null : { base: url };
  const urlFault = urls === null ? null : serviceUrlsFault({ ...urls, crlShards: 1 });
  if (urlFault !== null) throw wrongUsage(`--url: ${urlFault}`);
  const place: AuthorityPlace = {
    directory: data,
    // Editors end files with a newline, and nobody means it.
    passphrase:
      passphraseFile === undefined
        ? (passphrase ?? null)
        : readTextFile(passphraseFile, maxPassphraseBytes).replace(/\r?\n$/, ''),
    policy,
    urls,
    nowMs: Date.now(),
    chance: (sizeBytes) => new Uint8Array(randomBytes(sizeBytes)),
  };
  try {
    const { root, certificate } = openOrCreateAuthority(place, options.algorithm);
    const sealed = place.passphrase === null ? 'in the clear' : 'sealed by the passphrase';
    terminal.out(`${data}: keys of type ${certificate.algorithm}, ${sealed}\n`);
    terminal.out(`root         ${describe(root)}\n`);
    terminal.out(`intermediate ${describe(certificate)}\n`);
    terminal.out('Keep root.key.pem elsewhere: only a new intermediate needs it.\n');
    return exitCodes.passed;
  } catch (error) {
    throw asFailure(error);
  }
}

/** The fingerprint as OpenSSL prints it, so that people can compare the two. */
function describe({ der, notAfterMs }: CaCertificate): string {
  const pairs = toHex(sha256(der)).toUpperCase().match(/../g) ?? [];
  return `until ${new Date(notAfterMs).toISOString().slice(0, 10)}, SHA-256 ${pairs.join(':')}`;
}
