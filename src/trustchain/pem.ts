const columns = 64;

/**
 * RFC 7468: one block of the given label, as OpenSSL writes it (64 columns, final newline).
 * `lineEnd`: for a text inside another one, where ends of lines are spelled.
 */
export function toPem(label: string, der: Uint8Array, lineEnd = '\n'): string {
  const base64 = Buffer.from(der.buffer, der.byteOffset, der.length).toString('base64');
  let text = `-----BEGIN ${label}-----${lineEnd}`;
  // Not by a regular expression: each answer of the authority is one of these, a hundred lines.
  for (let at = 0; at < base64.length; at += columns) {
    text += base64.slice(at, at + columns) + lineEnd;
  }
  return `${text}-----END ${label}-----${lineEnd}`;
}

/** DER of a text that is exactly what {@link toPem} writes; null otherwise. */
export function fromCanonicalPem(label: string, pem: string): Uint8Array | null {
  const der = fromPem(label, pem);
  return der !== null && toPem(label, der) === pem ? der : null;
}

/** DER of each block, of a text that is exactly what {@link toPem} writes for them; else null. */
export function fromCanonicalPems(label: string, pem: string): readonly Uint8Array[] | null {
  const blocks = pem.split(/(?<=^-----END .*\n)/m);
  const ders = blocks.map((block) => fromCanonicalPem(label, block));
  return ders.every((der) => der !== null) ? ders : null;
}

/** DER of the only block of that label in a text others wrote; null when there is none or more. */
export function fromPem(label: string, pem: string): Uint8Array | null {
  const begin = `-----BEGIN ${label}-----`;
  const end = `-----END ${label}-----`;
  const start = pem.indexOf(begin);
  const stop = pem.indexOf(end, start + begin.length);
  if (start < 0 || stop < 0 || pem.indexOf(begin, start + 1) >= 0) return null;
  const body = pem.slice(start + begin.length, stop).replace(/[\r\n\t ]/g, '');
  if (!/^[A-Za-z0-9+/]+={0,2}$/.test(body) || body.length % 4 !== 0) return null;
  return new Uint8Array(Buffer.from(body, 'base64'));
}
