/** Bounds on everything a stranger's datagram or connection can make this server read or keep. */
export const limits = {
  /** A query is a header, one name of 255 octets and an OPT record; more is no question. */
  queryBytes: 4096,
  /** RFC 1035 §2.3.4. */
  nameBytes: 255,
  labelBytes: 63,
  /** Records of a query's additional section: OPT, TSIG, and some room. */
  additionals: 8,
  /** RFC 1035 §4.2.1: what every client takes without EDNS(0). */
  plainUdpBytes: 512,
  /** The largest answer over UDP, whatever a client says: it passes every network in one piece. */
  udpBytes: 1232,
  /** RFC 1035 §4.2.2: two octets of length. */
  tcpBytes: 65_535,
  /** Records of one type at one name, newest certificates first: a whole set stays below 64 KiB. */
  recordsPerSet: 128,
  tcpConnections: 256,
  tcpConnectionsPerAddress: 32,
  /** RFC 7766 §6.2.3: some seconds without a query, and the connection ends. */
  tcpIdleMs: 10_000,
  /** A connection serves so many queries, so that none is held for ever. */
  tcpQueries: 1000,
  /** Answers a second over UDP to one network; beyond it the client is sent to TCP. */
  answersPerSecond: 500,
  answerBurst: 1000,
  /** Networks whose answers are counted at one time. */
  countedNetworks: 4096,
} as const;
