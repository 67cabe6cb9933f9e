import { dirname, resolve } from 'node:path';
import { z } from 'zod';
import { profileNames } from '../scenario/scenario.ts';
import { keyAlgorithms } from '../trustchain/keys.ts';
import { meshPolicy, policyFault } from '../trustchain/policy.ts';
import { readConfigAt } from './config-file.ts';
import { logLevels } from './log-config.ts';
import { DaemonRefusal } from './refusal.ts';
import type { TrustchainConfig } from './trustchain-config.ts';

const path = (allowed: string) => z.string({ error: allowed }).min(1, { error: allowed });
const whole = (least: number, most: number) => {
  const error = `a whole number from ${least} to ${most}`;
  return z.int({ error }).min(least, { error }).max(most, { error });
};
const endpoint = 'an address like http://192.0.2.1:21000';
const names = (allowed: string) =>
  z.array(path(allowed), { error: allowed }).max(256, { error: 'at most 256 of them' });

/** The file's format. Relative paths are relative to the file. */
const schema = z.strictObject({
  genesis: path('the path of a genesis file').default('genesis.json'),
  key: path('the path of an Ed25519 key in PEM').default('node.key'),
  data: path('the path of a directory').default('.'),
  validators: path('the path of a file that is written').default('validators.json'),
  nodes: z
    .array(z.string({ error: endpoint }).regex(/^https?:\/\/[!-~]+$/, { error: endpoint }))
    .min(1, { error: 'at least one address' })
    .max(255, { error: 'at most 255 addresses' }),
  profile: z.enum(profileNames, { error: profileNames.join(', ') }).default('localhost'),
  host: path('an address to listen on').default('127.0.0.1'),
  http_port: whole(0, 65_535).default(0),
  dns_port: whole(0, 65_535).default(0),
  requests_per_minute: whole(1, 1_000_000).optional(),
  key_algorithm: z.enum(keyAlgorithms, { error: keyAlgorithms.join(', ') }).optional(),
  passphrase_file: path('the path of a file').optional(),
  policy: z
    .strictObject({
      allowed_suffixes: names('names like mesh, or *').default([...meshPolicy.allowedSuffixes]),
      denied_names: names('names like ca.mesh').default([...meshPolicy.deniedNames]),
      allowed_networks: names('networks like fd00::/8').default([...meshPolicy.allowedNetworks]),
      allow_wildcards: z.boolean({ error: 'true or false' }).default(meshPolicy.allowWildcards),
      max_names: whole(1, 32).default(meshPolicy.maxNames),
    })
    .prefault({}),
  log: z
    .strictObject({
      level: z.enum(logLevels, { error: logLevels.join(', ') }).default('info'),
      file: path('the path of a file, or null').nullable().default(null),
    })
    .prefault({}),
});

/** The config file of `hypermesh trustchain`; throws {@link DaemonRefusal} naming every problem. */
export function readTrustchainConfig(file: string): TrustchainConfig {
  return resolved(file, readConfigAt(file, schema));
}

function resolved(file: string, written: z.infer<typeof schema>): TrustchainConfig {
  const at = (one: string) => resolve(dirname(resolve(file)), one);
  const { policy, log, requests_per_minute: perMinute, passphrase_file: passphrase } = written;
  const { key_algorithm: algorithm } = written;
  const names = {
    allowedSuffixes: policy.allowed_suffixes,
    deniedNames: policy.denied_names,
    allowedNetworks: policy.allowed_networks,
    allowWildcards: policy.allow_wildcards,
    maxNames: policy.max_names,
  };
  const fault = policyFault(names);
  if (fault !== null) throw new DaemonRefusal('badInput', `${file}: policy: ${fault}`);
  return {
    dataDirectory: at(written.data),
    genesisFile: at(written.genesis),
    validatorsFile: at(written.validators),
    nodeKeyFile: at(written.key),
    nodes: written.nodes,
    host: written.host,
    httpPort: written.http_port,
    dnsPort: written.dns_port,
    profile: written.profile,
    policy: names,
    ...(perMinute !== undefined && { requestsPerMinute: perMinute }),
    ...(algorithm !== undefined && { algorithm }),
    ...(passphrase !== undefined && { passphraseFile: at(passphrase) }),
    log: { level: log.level, file: log.file === null ? null : at(log.file) },
  };
}
