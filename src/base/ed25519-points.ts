/**
 * Which points Ed25519 signatures may be made of here. RFC 8032 leaves open what libraries decide
 * differently (Chalkias, Garillot, Nikolaenko: "Taming the many EdDSAs", 2020): points of small
 * order, and coordinates written above the field's prime. Replicas must never disagree on a
 * signature, whatever library and version each of them has, so both are refused before any library
 * is asked. What is left, all of them judge alike: S below the group's order, and the equation
 * without cofactor.
 */

/** y of the points of order 1, 2, 4 and 8, and what else reduces to them, little-endian. */
const smallOrder = [
  '0000000000000000000000000000000000000000000000000000000000000000',
  '0100000000000000000000000000000000000000000000000000000000000000',
  '26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05',
  'c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a',
  'ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f',
  'edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f',
  'eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f',
].map((hex) => Uint8Array.from(hex.match(/../g) ?? [], (byte) => Number.parseInt(byte, 16)));

const pointBytes = 32;

/** True when the point (32 bytes, the sign of x in the last bit) has order 8 or less. */
export function hasSmallOrder(point: Uint8Array): boolean {
  return smallOrder.some((y) => {
    for (let i = 0; i < pointBytes - 1; i++) if (point[i] !== y[i]) return false;
    return ((point[pointBytes - 1] ?? 0) & 0x7f) === y[pointBytes - 1];
  });
}

/** True when y is below 2^255 - 19: there is one way to write a point, and this is it. */
export function isCanonicalPoint(point: Uint8Array): boolean {
  if (((point[pointBytes - 1] ?? 0) & 0x7f) !== 0x7f) return true;
  for (let i = pointBytes - 2; i > 0; i--) if (point[i] !== 0xff) return true;
  return (point[0] ?? 0) < 0xed;
}

/**
 * Whether these may be a public key and a signature at all. R needs no canonical form: it is
 * compared byte by byte with what the equation gives.
 */
export function mayBeSigned(publicKey: Uint8Array, signature: Uint8Array): boolean {
  return isCanonicalPoint(publicKey) && !hasSmallOrder(publicKey) && !hasSmallOrder(signature);
}
