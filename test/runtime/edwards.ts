/** The curve of Ed25519 (RFC 8032 §5.1) by hand, to make points no library would make. */
export const prime = 2n ** 255n - 19n;
/** Of the base point. */
export const order = 2n ** 252n + 27742317777372353535851937790883648493n;

type Point = readonly [bigint, bigint];

function reduce(value: bigint): bigint {
  const rest = value % prime;
  return rest < 0n ? rest + prime : rest;
}

function power(value: bigint, exponent: bigint): bigint {
  let result = 1n;
  let square = reduce(value);
  for (let left = exponent; left > 0n; left >>= 1n) {
    if (left & 1n) result = (result * square) % prime;
    square = (square * square) % prime;
  }
  return result;
}

const invert = (value: bigint) => power(value, prime - 2n);
const d = reduce(-121665n * invert(121666n));

/** The even x of a point with this y, or null. */
function evenX(y: bigint): bigint | null {
  const [u, v] = [reduce(y * y - 1n), reduce(d * y * y + 1n)];
  const root = power(u * invert(v), (prime + 3n) / 8n);
  const candidates = [root, reduce(root * power(2n, (prime - 1n) / 4n))];
  const x = candidates.find((each) => reduce(each * each * v - u) === 0n);
  if (x === undefined) return null;
  return x & 1n ? reduce(-x) : x;
}

export function add([x1, y1]: Point, [x2, y2]: Point): Point {
  const k = reduce(d * x1 * x2 * y1 * y2);
  const x = reduce((x1 * y2 + x2 * y1) * invert(1n + k));
  return [x, reduce((y1 * y2 + x1 * x2) * invert(1n - k))];
}

export function multiply(point: Point, times: bigint): Point {
  let sum: Point = [0n, 1n];
  let doubled = point;
  for (let left = times; left > 0n; left >>= 1n) {
    if (left & 1n) sum = add(sum, doubled);
    doubled = add(doubled, doubled);
  }
  return sum;
}

function pointAt(y: bigint): Point {
  const x = evenX(y);
  if (x === null) throw new Error(`no point at ${y}`);
  return [x, y];
}

export const base: Point = pointAt(reduce(4n * invert(5n)));

/** A point of order 8: what is left of a point when the base point's order is multiplied away. */
export const torsion: Point = findTorsion();

function findTorsion(): Point {
  for (let y = 2n; ; y++) {
    if (evenX(y) === null) continue;
    const point = multiply(pointAt(y), order);
    if (multiply(point, 4n)[1] !== 1n) return point;
  }
}

export function toBytes(value: bigint): Uint8Array {
  return Uint8Array.from(Buffer.from(value.toString(16).padStart(64, '0'), 'hex').reverse());
}

export function encode([x, y]: Point): Uint8Array {
  const bytes = toBytes(y);
  if (x & 1n) bytes[31] = (bytes[31] as number) | 0x80;
  return bytes;
}

/** y as it is written, without the sign of x. */
export function decode(point: Uint8Array): bigint {
  const bytes = Uint8Array.from(point).reverse();
  bytes[0] = (bytes[0] as number) & 0x7f;
  return BigInt(`0x${Buffer.from(bytes).toString('hex')}`);
}
