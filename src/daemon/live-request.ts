import { randomBytes } from 'node:crypto';
import { toHex } from '../base/bytes.ts';
import { makeCsr } from '../trustchain/csr.ts';
import { generateSigningKey } from '../trustchain/keys.ts';

/** A request may have to wait for a view change. */
const patienceMs = 30_000;

/**
 * Asks TrustChain for a certificate over a key that nobody keeps, so that there is something to
 * see. What went wrong, or null.
 */
export async function requestOne(trustchain: string): Promise<string | null> {
  const chance = (sizeBytes: number) => new Uint8Array(randomBytes(sizeBytes));
  const name = `page-${toHex(chance(4))}.mesh`;
  const csr = makeCsr({ key: generateSigningKey(chance), commonName: name, dnsNames: [name] });
  try {
    const response = await fetch(`${trustchain}/certificates`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ csr }),
      signal: AbortSignal.timeout(patienceMs),
    });
    if (response.status === 202) return 'no quorum yet: the request is pending';
    if (response.ok) return null;
    const { detail, title } = (await response.json()) as { detail?: string; title?: string };
    return detail ?? title ?? `TrustChain answers ${response.status}`;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}
