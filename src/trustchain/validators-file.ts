import { z } from 'zod';
import { equalBytes, toHex, utf8 } from '../base/bytes.ts';
import { type Digest, digest, sha256 } from '../base/digest.ts';
import type { SignatureScheme } from '../base/signature.ts';
import { EpochChain } from '../ledger/epoch-chain.ts';
import type { EpochChange } from '../ledger/epoch-change.ts';
import { voteVerifier } from '../pbft/envelope.ts';
import { limits as protocolLimits } from '../pbft/limits.ts';
import { quorum } from '../pbft/quorum.ts';
import type { ValidatorSet } from '../pbft/replica.ts';
import {
  epochChangeFromJson,
  epochChangeSchema,
  epochChangeToJson,
} from '../runtime/certificate-json.ts';
import { bytesOf } from '../runtime/json-format.ts';
import { canonicalJson, count, hash, hex, type Parsed, parseCanonical } from './json-format.ts';
import { limits } from './limits.ts';

/**
 * `validators.json`: all a stranger needs to check a certificate offline. It trusts the validators
 * of the first membership epoch; whoever came after them was voted in, and the votes are here.
 */
export interface ValidatorsFile {
  /** Of the first epoch. */
  readonly validators: ValidatorSet;
  /** What began each later epoch, in order; absent: none. */
  readonly changes?: readonly EpochChange[];
  readonly scheme: 'ed25519' | 'ideal';
  /** Under which object identifier certificates carry the vote. */
  readonly extensionOid: string;
  /** SubjectPublicKeyInfo (DER) of the CA that issues on these validators' word. */
  readonly issuerPublicKey: Uint8Array;
  /** SubjectPublicKeyInfo (DER) of the log all its certificates are in; absent: of none. */
  readonly logPublicKey?: Uint8Array;
}

const schema = z.strictObject({
  format: z.literal('hypermesh-validators-1'),
  chain_id: hash,
  epoch: count,
  scheme: z.enum(['ed25519', 'ideal']),
  extension_oid: z.string().regex(/^[0-2](\.(0|[1-9][0-9]{0,9})){2,15}$/, 'an object identifier'),
  issuer: z.strictObject({ key_hash: hash, public_key: hex.max(4096) }),
  log: z.strictObject({ log_id: hash, public_key: hex.max(4096) }).optional(),
  validators: z
    .array(z.strictObject({ replica: count, public_key: hash }))
    .min(1)
    .max(protocolLimits.replicas),
  changes: z.array(epochChangeSchema).min(1).max(protocolLimits.replicas).optional(),
});

export function formatValidatorsFile(file: ValidatorsFile): string {
  const { validators } = file;
  const value: z.infer<typeof schema> = {
    format: 'hypermesh-validators-1',
    chain_id: validators.chainId,
    epoch: validators.epoch,
    scheme: file.scheme,
    extension_oid: file.extensionOid,
    issuer: {
      key_hash: toHex(sha256(file.issuerPublicKey)),
      public_key: toHex(file.issuerPublicKey),
    },
    ...(file.logPublicKey && { log: logToJson(file.logPublicKey) }),
    validators: validators.publicKeys.map((publicKey, replica) => ({
      replica,
      public_key: toHex(publicKey),
    })),
  };
  const changes = file.changes ?? [];
  if (changes.length === 0) return canonicalJson(value);
  return canonicalJson({ ...value, changes: changes.map(epochChangeToJson) });
}

function logToJson(publicKey: Uint8Array) {
  return { log_id: toHex(sha256(publicKey)), public_key: toHex(publicKey) };
}

/** Accepts only what {@link formatValidatorsFile} writes. */
export function parseValidatorsFile(text: string): Parsed<ValidatorsFile> {
  const parsed = parseCanonical('validators file', schema, text, limits.validatorsJsonBytes);
  if (!parsed.ok) return parsed;
  const { value } = parsed;
  const wrong = value.validators.findIndex(({ replica }, index) => replica !== index);
  if (wrong >= 0) {
    return { ok: false, reason: `validators file: validators.${wrong}.replica: not ${wrong}` };
  }
  const keys = value.validators.map(({ public_key }) => bytesOf(public_key));
  if (new Set(value.validators.map(({ public_key }) => public_key)).size !== keys.length) {
    return { ok: false, reason: 'validators file: two validators with one key' };
  }
  const issuerPublicKey = bytesOf(value.issuer.public_key);
  if (!equalBytes(sha256(issuerPublicKey), bytesOf(value.issuer.key_hash))) {
    return { ok: false, reason: 'validators file: issuer.key_hash: not of issuer.public_key' };
  }
  const { log } = value;
  if (log !== undefined && log.log_id !== logToJson(bytesOf(log.public_key)).log_id) {
    return { ok: false, reason: 'validators file: log.log_id: not of log.public_key' };
  }
  const validators = { chainId: value.chain_id, epoch: value.epoch, publicKeys: keys };
  const { scheme, extension_oid: extensionOid } = value;
  const file = {
    validators,
    scheme,
    extensionOid,
    issuerPublicKey,
    ...(log !== undefined && { logPublicKey: bytesOf(log.public_key) }),
  };
  const changes = value.changes?.map(epochChangeFromJson);
  return { ok: true, value: changes === undefined ? file : { ...file, changes } };
}

/**
 * The epochs of a file, each proved by the one before; or which change proves nothing, and why. Of
 * each change exactly a quorum of votes: those beyond it would be bytes that say nothing.
 */
export function chainOf(file: ValidatorsFile, scheme: SignatureScheme): Parsed<EpochChain> {
  const chain = new EpochChain(file.validators, (validators) => voteVerifier(scheme, validators));
  for (const change of file.changes ?? []) {
    const place = `validators file: changes.${chain.changes.length}`;
    const needed = quorum(chain.current.validators.publicKeys.length);
    const { votes } = change.certificate;
    if (votes.length !== needed) {
      return { ok: false, reason: `${place}: ${votes.length} votes, exactly ${needed} wanted` };
    }
    const reason = chain.extend(change);
    if (reason !== null) return { ok: false, reason: `${place}: ${reason}` };
  }
  return { ok: true, value: chain };
}

/** The chain's changes as a file holds them: the first votes of each, as many as a quorum. */
export function changesForFile(chain: EpochChain): readonly EpochChange[] {
  return chain.changes.map((change) => {
    const { statement, votes } = change.certificate;
    const n = chain.at(statement.epoch)?.validators.publicKeys.length ?? 0;
    return { ...change, certificate: { statement, votes: votes.slice(0, quorum(n)) } };
  });
}

/**
 * What a certificate says of the file: over every byte of it, as it was in the certificate's epoch.
 * A later epoch adds its validators to what was said before; by which votes they came in is
 * proved in the file and left out here, because any quorum's will do. Null for an unknown epoch.
 */
export function validatorSetHash(
  file: ValidatorsFile,
  chain: EpochChain,
  epoch: number,
): Digest | null {
  const { changes: _, ...single } = file;
  let hash: Digest | null = null;
  for (let e = file.validators.epoch; e <= epoch; e++) {
    const known = chain.at(e);
    if (known === null) return null;
    const { publicKeys } = known.validators;
    const validators = { chainId: chain.clusterId, epoch: e, publicKeys };
    const text = formatValidatorsFile({ ...single, validators });
    hash = digest('hypermesh/validatorsFile', utf8(`${hash ?? ''}${text}`));
  }
  return hash;
}
