/** Where relying parties find this authority; leaves carry these addresses. */
export interface ServiceUrls {
  /** Without a slash at the end, as in `http://ca.example`. RFC 5280 asks for plain HTTP. */
  readonly base: string;
  /** How many lists the serials are spread over: 1 to 256, the same for ever. */
  readonly crlShards: number;
}

/** Which list answers for a serial: its last octet decides, and that one is chance. */
export function shardOf(serial: Uint8Array, shards: number): number {
  return (serial.at(-1) ?? 0) % shards;
}

/** The distribution point of one list: the same text in leaf and list, byte by byte. */
export function crlUrl({ base }: ServiceUrls, shard: number): string {
  return `${base}/crl/${shard}.der`;
}

export function ocspUrl({ base }: ServiceUrls): string {
  return `${base}/ocsp`;
}

/** The intermediate alone, in DER (RFC 5280 §4.2.2.1): PEM is not what verifiers expect there. */
export function issuerUrl({ base }: ServiceUrls): string {
  return `${base}/issuer.der`;
}

/** The root alone, in DER: who issued the intermediate. */
export function rootUrl({ base }: Pick<ServiceUrls, 'base'>): string {
  return `${base}/root.der`;
}

/** The root's own list: of intermediates. */
export function rootCrlUrl({ base }: Pick<ServiceUrls, 'base'>): string {
  return `${base}/crl/root.der`;
}

/** What is wrong with configured addresses, in words that name the field; null: nothing. */
export function serviceUrlsFault({ base, crlShards }: ServiceUrls): string | null {
  if (!URL.canParse(base) || !/^https?:\/\/[!-~]{1,200}$/.test(base) || base.endsWith('/')) {
    return `base: ${JSON.stringify(base)} is no http:// address without a slash at its end`;
  }
  if (!Number.isInteger(crlShards) || crlShards < 1 || crlShards > 256) {
    return `crlShards: ${crlShards} is not a whole number from 1 to 256`;
  }
  return null;
}
