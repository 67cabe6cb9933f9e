import type { CaCertificate } from '../ca-certificate.ts';
import { readTbs } from '../certificate-reader.ts';
import { authorityRules } from './authority-rules.ts';
import { frameRules } from './frame-rules.ts';
import { leafRules } from './leaf-rules.ts';
import { placesRule } from './places-rule.ts';
import { type CertificateKind, type LintIssuer, type Rule, viewOf } from './view.ts';

/**
 * The last look before a signature: the rules of RFC 5280, and those of the CA/Browser Forum that
 * apply to a private authority, over the very bytes that are to be signed. It shares no code with
 * what put them together, so a mistake there is found here, and not by a relying party.
 */
export const rulesFor: Readonly<Record<CertificateKind, readonly Rule[]>> = {
  root: [...frameRules, ...authorityRules],
  intermediate: [...frameRules, ...authorityRules, placesRule],
  leaf: [...frameRules, ...leafRules],
};

/** Rules that a to-be-signed certificate breaks, each as `name: what is wrong (source)`. */
export function lint(
  kind: CertificateKind,
  der: Uint8Array,
  issuer: LintIssuer,
): readonly string[] {
  const tbs = readTbs(der);
  if (tbs === null) return ['outline: no TBSCertificate in DER (RFC 5280 §4.1)'];
  const view = viewOf(kind, tbs, issuer);
  const broken: string[] = [];
  for (const { name, source, check } of rulesFor[kind]) {
    const problem = check(view);
    if (problem !== null) broken.push(`${name}: ${problem} (${source})`);
  }
  return broken;
}

/** This authority was about to sign what it must not: a fault of ours, never of who asked. */
export class LintViolation extends Error {
  override name = 'LintViolation';
  readonly code = 'LINT_VIOLATION';
  readonly broken: readonly string[];

  constructor(what: string, broken: readonly string[]) {
    super(`${what} breaks ${broken.length} rules: ${broken.join('; ')}`);
    this.broken = broken;
  }
}

/** Why a leaf of this issuer must not be signed; null when it may. */
export function leafViolation(tbs: Uint8Array, issuer: CaCertificate): LintViolation | null {
  const broken = lint('leaf', tbs, issuer);
  return broken.length === 0 ? null : new LintViolation('a certificate to be signed', broken);
}
