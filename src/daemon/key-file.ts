import { createPrivateKey, generateKeyPairSync } from 'node:crypto';
import { chmodSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { ed25519, type Signer } from '../base/signature.ts';
import { maxKeyFileBytes } from './limits.ts';
import { DaemonRefusal } from './refusal.ts';

/** An Ed25519 key as a process holds it. */
export interface NodeKey {
  /** The secret, 32 bytes (RFC 8032 §5.1.5): what libp2p and the signature scheme start from. */
  readonly seed: Uint8Array;
  readonly signer: Signer;
}

const ownerOnly = 0o600;

/** A new random key in a new file (PKCS #8 PEM, as `openssl genpkey` writes it), mode 0600. */
export function createKeyFile(path: string): NodeKey {
  const { privateKey } = generateKeyPairSync('ed25519');
  const pem = privateKey.export({ format: 'pem', type: 'pkcs8' });
  writeFileSync(path, pem, { mode: ownerOnly, flag: 'wx', flush: true });
  chmodSync(path, ownerOnly); // whatever the umask made of the mode
  return keyOf(path, pem.toString());
}

/** The key in a file; throws {@link DaemonRefusal} for what is none, or open to other users. */
export function readKeyFile(path: string): NodeKey {
  let pem: string;
  try {
    const { mode, size } = statSync(path);
    if (size > maxKeyFileBytes) throw refuse(path, `${size} bytes`, 'an Ed25519 key in PEM');
    if ((mode & 0o077) !== 0) {
      const found = `mode ${(mode & 0o777).toString(8)}`;
      throw refuse(path, found, '600: only its owner may read a key (chmod 600)');
    }
    pem = readFileSync(path, 'utf8');
  } catch (error) {
    if (error instanceof DaemonRefusal) throw error;
    throw refuse(path, 'nothing readable', 'an Ed25519 key in PEM', error);
  }
  return keyOf(path, pem);
}

function keyOf(path: string, pem: string): NodeKey {
  let kind = 'no private key';
  try {
    const key = createPrivateKey(pem);
    kind = `a private key of type ${key.asymmetricKeyType}`;
    const { d } = key.export({ format: 'jwk' });
    if (key.asymmetricKeyType === 'ed25519' && d !== undefined) {
      const seed = new Uint8Array(Buffer.from(d, 'base64url'));
      return { seed, signer: ed25519.signer(seed) };
    }
  } catch (error) {
    if (!(error instanceof Error)) throw error; // OpenSSL's own words help nobody
  }
  throw refuse(path, kind, 'an Ed25519 private key in PEM (PKCS #8)');
}

function refuse(path: string, found: string, allowed: string, cause?: unknown): DaemonRefusal {
  return new DaemonRefusal('badInput', `${path}: found ${found}; allowed: ${allowed}`, cause);
}
