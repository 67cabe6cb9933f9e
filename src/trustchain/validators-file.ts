import { z } from 'zod';
import { assert } from '../base/assert.ts';
import { equalBytes, fromHex, toHex, utf8 } from '../base/bytes.ts';
import { type Digest, digest, sha256 } from '../base/digest.ts';
import { limits as protocolLimits } from '../pbft/limits.ts';
import type { ValidatorSet } from '../pbft/replica.ts';
import { canonicalJson, count, hash, hex, type Parsed, parseCanonical } from './json-format.ts';
import { limits } from './limits.ts';

/** `validators.json`: all a stranger needs to check a certificate offline. */
export interface ValidatorsFile {
  readonly validators: ValidatorSet;
  readonly scheme: 'ed25519' | 'ideal';
  /** Under which object identifier certificates carry the vote. */
  readonly extensionOid: string;
  /** SubjectPublicKeyInfo (DER) of the CA that issues on these validators' word. */
  readonly issuerPublicKey: Uint8Array;
}

const schema = z.strictObject({
  format: z.literal('hypermesh-validators-1'),
  chain_id: hash,
  epoch: count,
  scheme: z.enum(['ed25519', 'ideal']),
  extension_oid: z.string().regex(/^[0-2](\.(0|[1-9][0-9]{0,9})){2,15}$/, 'an object identifier'),
  issuer: z.strictObject({ key_hash: hash, public_key: hex.max(4096) }),
  validators: z
    .array(z.strictObject({ replica: count, public_key: hash }))
    .min(1)
    .max(protocolLimits.replicas),
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
    validators: validators.publicKeys.map((publicKey, replica) => ({
      replica,
      public_key: toHex(publicKey),
    })),
  };
  return canonicalJson(value);
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
  const validators = { chainId: value.chain_id, epoch: value.epoch, publicKeys: keys };
  const { scheme, extension_oid: extensionOid } = value;
  return { ok: true, value: { validators, scheme, extensionOid, issuerPublicKey } };
}

/** What the certificate's extension says of the file: over every byte of it. */
export function validatorSetHash(text: string): Digest {
  return digest('hypermesh/validatorsFile', utf8(text));
}

function bytesOf(text: string): Uint8Array {
  const bytes = fromHex(text);
  assert(bytes !== null, 'the schema lets only hex through');
  return bytes;
}
