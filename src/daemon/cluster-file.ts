import { closeSync, fsyncSync, openSync, renameSync, writeSync } from 'node:fs';
import { z } from 'zod';
import { profileNames } from '../scenario/scenario.ts';
import { readConfigAt } from './config-file.ts';
import { DaemonRefusal } from './refusal.ts';

/**
 * Format of data directories that this version writes, and the only one it reads. In format 1 a
 * checkpoint was written as a whole, in format 2 entry by entry.
 */
export const dataFormat = 2;

const count = z.int().min(0).max(255);
const port = z.int().min(1).max(65_535);
const schema = z.strictObject({
  format: z.literal(dataFormat),
  /** Of the program that made the directory; for people. */
  made_by: z.string(),
  replicas: count,
  standby: count,
  profile: z.enum(profileNames),
  full_proofs: z.boolean(),
  /** Machines of the nodes by replica; empty: this one. */
  hosts: z.array(z.string()),
  /** Where the processes listened last; tried first the next time. */
  ports: z.strictObject({
    mesh: z.array(port),
    http: z.array(port),
    trustchain: port.nullable(),
    dns: port.nullable(),
    page: port.nullable().default(null),
  }),
});

/** `cluster.json`: what a cluster's directory holds, and what was asked for when it was made. */
export type ClusterFile = z.infer<typeof schema>;

/** Reads `cluster.json`; throws {@link DaemonRefusal} for another format or a file of others. */
export function readClusterFile(path: string): ClusterFile {
  refuseOtherFormats(path);
  return readConfigAt(path, schema);
}

/** Said before everything else: of another format nothing else can be expected to fit. */
function refuseOtherFormats(path: string): void {
  const { format } = readConfigAt(path, z.looseObject({ format: z.int() }));
  if (format === dataFormat) return;
  const found = `${path}: found format ${format}, ${madeBy(format)}`;
  throw new DaemonRefusal('mismatch', `${found}; allowed: format ${dataFormat}`);
}

function madeBy(format: number): string {
  if (format < 1) return 'which no version wrote';
  return format > dataFormat
    ? 'of a newer hypermesh; use that one'
    : 'of an older hypermesh; use that one, or begin with an empty directory';
}

export function writeClusterFile(path: string, file: ClusterFile): void {
  replaceFile(path, `${JSON.stringify(file, null, 2)}\n`);
}

/** Whoever reads `path` finds the old text or the new one, whenever the machine stops. */
export function replaceFile(path: string, text: string, mode = 0o666): void {
  const unfinished = `${path}.new`;
  const file = openSync(unfinished, 'w', mode);
  try {
    writeSync(file, text);
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
  renameSync(unfinished, path);
}
