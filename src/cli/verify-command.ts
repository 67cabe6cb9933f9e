import { makePaint } from '../report/paint.ts';
import { type ExitCode, exitCodes } from '../scenario/exit-code.ts';
import { limits } from '../trustchain/limits.ts';
import { verifyCertificate } from '../trustchain/verify.ts';
import { readTextFile } from './read-file.ts';
import { leafOf } from './request-client.ts';
import type { Terminal } from './terminal.ts';

export interface VerifyOptions {
  readonly validators: string;
  readonly proof?: string;
  readonly ca?: string;
}

/** Checks a certificate's consensus proof offline; exit 0 when a quorum decided it, else 1. */
export function verifyCommand(
  certificate: string,
  options: VerifyOptions,
  terminal: Terminal,
): ExitCode {
  const { validators, proof, ca } = options;
  const maxPemBytes = 2 * limits.certificateBytes;
  const verification = verifyCertificate({
    certificatePem: leafOf(readTextFile(certificate, maxPemBytes)),
    validatorsJson: readTextFile(validators, limits.validatorsJsonBytes),
    proofJson: proof === undefined ? null : readTextFile(proof, limits.proofJsonBytes),
    caPem: ca === undefined ? null : readTextFile(ca, maxPemBytes),
  });
  const paint = makePaint(terminal.colourOut);
  for (const { name, ok, detail } of verification.checks) {
    terminal.out(`${ok ? paint('good', '✓') : paint('bad', '✗')} ${name}: ${detail}\n`);
  }
  const verdict = verification.ok
    ? paint('good', 'verified: a quorum decided this certificate')
    : paint('bad', 'REFUSED: this is no certificate a quorum decided');
  terminal.out(`${verdict}\n`);
  return verification.ok ? exitCodes.passed : exitCodes.failed;
}
