import { randomBytes } from 'node:crypto';
import { makeCsr } from '../../src/trustchain/csr.ts';
import { generateSigningKey } from '../../src/trustchain/keys.ts';

/** What TrustChain answers to a request for a certificate. */
export interface Issued {
  readonly serial: string;
  /** The leaf and who signed it, PEM. */
  readonly certificate: string;
}

/** Asks TrustChain at `url` for a certificate, with a key that nobody keeps. */
export async function issue(url: string, name: string): Promise<Issued> {
  const key = generateSigningKey((sizeBytes) => new Uint8Array(randomBytes(sizeBytes)));
  const csr = makeCsr({ key, commonName: name, dnsNames: [name] });
  const answer = await fetch(`${url}/certificates`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ csr }),
  });
  const text = await answer.text();
  if (answer.status !== 201) throw new Error(`${answer.status}: ${text}`);
  return JSON.parse(text) as Issued;
}
