/**
 * DNS for the names this authority certified (RFC 1034, 1035): A and AAAA from the certificate's
 * addresses, TLSA 3 1 1 from its key, CAA, SOA and NS. Names appear with issuance and go with
 * revocation or expiry.
 *
 * Invariants:
 * - {@link answerQuery} is a function of zone, query and time; the server adds sockets and bounds.
 * - Junk never throws, is never answered with more octets than it has, and changes nothing.
 * - Below a wildcard certificate one label is answered for, as its holder may use it in TLS.
 * - TLSA stands under every port and protocol of a name (`_443._tcp.host`), because a certificate
 *   is for a name and not for a port, and at the name itself.
 *
 * Not here: DNSSEC (the keys in TLSA are only as good as the path to this server), transfers,
 * recursion.
 */
export { answerQuery, typeName } from './answer.ts';
export { certifiedHost } from './certified-host.ts';
export { keepZone } from './keep-zone.ts';
export { readQuery } from './query.ts';
export { writeReply } from './reply.ts';
export { type DnsAnswered, DnsServer, type DnsServerOptions } from './server.ts';
export { Zone, type ZoneOptions, zoneDefaults } from './zone.ts';
