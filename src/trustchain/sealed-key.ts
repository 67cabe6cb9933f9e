import { createCipheriv, createPrivateKey, pbkdf2Sync } from 'node:crypto';
import { concatBytes } from '../base/bytes.ts';
import { element, integer, octetString, oid, sequence } from './der-writer.ts';
import { type ByteSource, keyAlgorithmOf, type SigningKey, signingKey } from './keys.ts';
import { toPem } from './pem.ts';

/**
 * How a private key lies on disk: PKCS #8 under PBES2 (RFC 8018 §6.2) with PBKDF2, HMAC-SHA-256 and
 * AES-256 in CBC, which OpenSSL and GnuTLS read. Made here because node's own export iterates 2,048
 * times, which guesses a thousand passphrases a second.
 */
const iterations = 600_000;
const saltBytes = 16;
const ivBytes = 16;
const minPassphraseLength = 8;
const maxPemLength = 16 * 1024;

const pbes2 = '1.2.840.113549.1.5.13';
const pbkdf2 = '1.2.840.113549.1.5.12';
const hmacSha256 = '1.2.840.113549.2.9';
const aes256Cbc = '2.16.840.1.101.3.4.1.42';
const derNull = element(0x05);

/** What is wrong with a passphrase to seal a key with; null: nothing. */
export function passphraseFault(passphrase: string): string | null {
  return passphrase.length < minPassphraseLength
    ? `the passphrase has ${passphrase.length} characters, at least ${minPassphraseLength}`
    : null;
}

/** PEM of a key that only who knows `passphrase` can read; takes some 0.2 s on purpose. */
export function sealKey(key: SigningKey, passphrase: string, chance: ByteSource): string {
  const salt = chance(saltBytes);
  const iv = chance(ivBytes);
  const secret = pbkdf2Sync(passphrase, salt, iterations, 32, 'sha256');
  const cipher = createCipheriv('aes-256-cbc', secret, iv);
  const sealed = concatBytes(cipher.update(key.toPkcs8()), cipher.final());
  const derivation = sequence(
    oid(pbkdf2),
    sequence(octetString(salt), integer(iterations), sequence(oid(hmacSha256), derNull)),
  );
  const encryption = sequence(oid(aes256Cbc), octetString(iv));
  const scheme = sequence(oid(pbes2), sequence(derivation, encryption));
  return toPem('ENCRYPTED PRIVATE KEY', sequence(scheme, octetString(sealed)));
}

/** PEM of a key in the clear, for keys that live as long as a test. */
export function bareKey(key: SigningKey): string {
  return toPem('PRIVATE KEY', key.toPkcs8());
}

export type OpenedKey =
  | { readonly ok: true; readonly key: SigningKey }
  /** Which of passphrase and file is to blame, as far as that can be told. */
  | { readonly ok: false; readonly reason: string };

/**
 * Reads the PEM of a private key. A passphrase for a file that needs none is refused too: whoever
 * gave it believes that the key is sealed.
 */
export function openKey(pem: string, passphrase: string | null): OpenedKey {
  const fault = (reason: string): OpenedKey => ({ ok: false, reason });
  if (pem.length > maxPemLength) return fault(`${pem.length} characters are no private key`);
  const sealed = pem.includes('ENCRYPTED');
  if (!pem.includes('PRIVATE KEY-----')) return fault('no PEM block PRIVATE KEY');
  if (sealed && passphrase === null)
    return fault('the key is encrypted, and there is no passphrase');
  if (!sealed && passphrase !== null) {
    return fault('the key is not encrypted, though there is a passphrase for it');
  }
  try {
    const key = createPrivateKey(
      passphrase === null ? pem : { key: pem, format: 'pem', passphrase },
    );
    const algorithm = keyAlgorithmOf(key);
    if (algorithm !== null) return { ok: true, key: signingKey(key, algorithm) };
    return fault(`a key of type ${key.asymmetricKeyType}: P-256 and Ed25519 are taken`);
  } catch {
    // node reports every unreadable key by throwing, in words of its library
    return fault(sealed ? 'the passphrase is wrong, or the key is damaged' : 'the key is damaged');
  }
}
