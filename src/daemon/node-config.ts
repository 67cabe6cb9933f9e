import { dirname, resolve } from 'node:path';
import { multiaddr } from '@multiformats/multiaddr';
import { z } from 'zod';
import { readConfigAt } from './config-file.ts';
import { type LogConfig, logLevels } from './log-config.ts';
import { DaemonRefusal } from './refusal.ts';

/** What one node is told (`hypermesh node --config`). Paths are absolute. */
export interface NodeConfig {
  /** Its place in genesis: validators first, then standbys. */
  readonly replica: number;
  readonly genesisFile: string;
  readonly keyFile: string;
  /** Journal and lock. */
  readonly dataDirectory: string;
  /** Multiaddr it listens on for other nodes and for clients. */
  readonly listen: string;
  /** Where every node of genesis is reached, by replica; its own entry is not used. */
  readonly peers: readonly string[];
  readonly http: NodeHttpConfig;
  /** Threads that check proofs beside consensus; 0: its own does. */
  readonly checkThreads: number;
  readonly log: LogConfig;
}

export interface NodeHttpConfig {
  readonly host: string;
  readonly port: number;
  /** Requests that one client may make in a minute; null: as the profile has it. */
  readonly perMinute: number | null;
  /** Node keys (hex) that may ask as often as they like. */
  readonly unlimited: readonly string[];
  /** null: no TLS. With `clientCaFile` every client must show a certificate of it. */
  readonly tls: {
    readonly certificateFile: string;
    readonly keyFile: string;
    readonly clientCaFile: string | null;
  } | null;
}

const place = 'a multiaddr like /ip4/192.0.2.1/tcp/21000';
const address = z.string({ error: place }).refine(isMultiaddr, { error: place });
const path = (allowed: string) => z.string({ error: allowed }).min(1, { error: allowed });
const port = 'a port: a whole number from 0 (any free one) to 65535';
const threads = 'a whole number from 0 to 64';

const rate = 'a whole number from 1 to 1000000, or null';
const nodeId = 'a node key: 64 lower-case hex digits';
const pemFile = 'the path of a file in PEM';

const httpSchema = z.strictObject({
  host: path('an address to listen on').default('127.0.0.1').describe('Address to listen on.'),
  port: z
    .int({ error: port })
    .min(0, { error: port })
    .max(65_535, { error: port })
    .default(0)
    .describe('0 takes any free port and says which in the log.'),
  per_minute: z
    .int({ error: rate })
    .min(1, { error: rate })
    .max(1_000_000, { error: rate })
    .nullable()
    .default(null)
    .describe('Requests a client may make in a minute; null: 60 (profile localhost) or 300.'),
  unlimited: z
    .array(z.string().regex(/^[0-9a-f]{64}$/, { error: nodeId }))
    .max(64, { error: 'at most 64 node keys' })
    .default([])
    .describe('Keys of nodes that may ask as often as they like, like the one of TrustChain.'),
  tls: z
    .strictObject({
      certificate: path(pemFile).describe('Certificate chain (PEM).'),
      key: path(pemFile).describe('Its private key (PEM).'),
      client_ca: path(pemFile)
        .nullable()
        .default(null)
        .describe('Who vouches for clients (PEM); with it each must show a certificate.'),
    })
    .nullable()
    .default(null)
    .describe('null: plain HTTP. Else {certificate, key, client_ca}, paths of files in PEM.'),
});

/**
 * The file's format. Descriptions are printed as comments by `--print-config`, so they speak to
 * the operator. Relative paths are relative to the file.
 */
export const nodeConfigSchema = z.strictObject({
  replica: z
    .int({ error: 'a whole number from 0 to 254' })
    .min(0, { error: 'a whole number from 0 to 254' })
    .max(254, { error: 'a whole number from 0 to 254' })
    .describe('Which node of the genesis file this is: validators first, then standbys.'),
  genesis: path('the path of a genesis file')
    .default('genesis.json')
    .describe('The genesis file, the same on all nodes. Relative paths start at this file.'),
  key: path('the path of an Ed25519 key in PEM')
    .default('node.key')
    .describe("The node's Ed25519 key (PEM, PKCS #8), readable by its owner alone."),
  data: path('the path of a directory')
    .default('.')
    .describe('Directory of the journal. One process at a time; on a disk that keeps its word.'),
  listen: address
    .default('/ip4/127.0.0.1/tcp/21000')
    .describe('Where other nodes and clients reach this one over libp2p.'),
  peers: z
    .array(address, { error: 'a list of multiaddrs' })
    .max(255, { error: 'at most 255 multiaddrs' })
    .describe('Where every node is reached, by replica, this one included (it skips itself).'),
  http: httpSchema
    .prefault({})
    .describe('The HTTP API of this node (GET /openapi.json describes it).'),
  check_threads: z
    .int({ error: threads })
    .min(0, { error: threads })
    .max(64, { error: threads })
    .default(1)
    .describe(
      'Threads that check proofs beside consensus: cores of the machine, less one. ' +
        '0: its own thread does, between frames, for a machine that several nodes share.',
    ),
  log: z
    .strictObject({
      level: z
        .enum(logLevels, { error: logLevels.join(', ') })
        .default('info')
        .describe(`One of ${logLevels.join(', ')}.`),
      file: path('the path of a file, or null')
        .nullable()
        .default(null)
        .describe('A file that lines are added to; null writes them to stderr.'),
    })
    .prefault({})
    .describe('The log: a JSON object per line.'),
});
/** As written: what has a default may be left out. */
export type NodeConfigInput = z.input<typeof nodeConfigSchema>;
/** As read: every default filled in. */
export type WrittenNodeConfig = z.infer<typeof nodeConfigSchema>;

function isMultiaddr(text: string): boolean {
  try {
    return multiaddr(text)
      .getComponents()
      .some(({ name }) => name === 'tcp');
  } catch {
    return false; // the library reports every wrong address by throwing
  }
}

/** The config file at `file`; throws {@link DaemonRefusal} that names every problem in it. */
export function readWrittenNodeConfig(file: string): WrittenNodeConfig {
  return readConfigAt(file, nodeConfigSchema);
}

/** What the file at `file` says, defaults filled in and paths resolved from where it lies. */
export function resolveNodeConfig(file: string, written: WrittenNodeConfig): NodeConfig {
  const { replica, genesis, key, data, listen, peers, http, log, check_threads } = written;
  const at = (path: string) => resolve(dirname(resolve(file)), path);
  return {
    replica,
    genesisFile: at(genesis),
    keyFile: at(key),
    dataDirectory: at(data),
    listen,
    peers,
    http: {
      host: http.host,
      port: http.port,
      perMinute: http.per_minute,
      unlimited: http.unlimited,
      tls:
        http.tls === null
          ? null
          : {
              certificateFile: at(http.tls.certificate),
              keyFile: at(http.tls.key),
              clientCaFile: http.tls.client_ca === null ? null : at(http.tls.client_ca),
            },
    },
    checkThreads: check_threads,
    log: { level: log.level, file: log.file === null ? null : at(log.file) },
  };
}
