import { type ExitCode, exitCodes } from '../scenario/exit-code.ts';
import { asFailure } from './daemon-failure.ts';
import { wrongUsage } from './failure.ts';
import { readTextFile } from './read-file.ts';
import type { Terminal } from './terminal.ts';

export interface ReadmitVoteOptions {
  readonly config: string;
  readonly replica: number;
  /** Absent: the node's own, by its config. */
  readonly endpoint?: string;
}

export interface ReadmitSubmitOptions {
  readonly endpoint: string;
}

/** A vote is some 300 bytes; a file may hold those of a whole cluster. */
const maxVoteFileBytes = 1024 * 1024;

/** Prints this node's word for taking an isolated replica back, as a line to hand on. */
export async function readmitVoteCommand(
  { config: file, replica, endpoint }: ReadmitVoteOptions,
  { terminal }: { readonly terminal: Terminal },
): Promise<ExitCode> {
  try {
    const { readWrittenNodeConfig, resolveNodeConfig } = await import('../daemon/node-config.ts');
    const config = resolveNodeConfig(file, readWrittenNodeConfig(file));
    const { host, port, tls } = config.http;
    if (endpoint === undefined && port === 0) {
      throw wrongUsage(
        '--endpoint: found nothing, and no fixed port in the config; allowed: a URL',
      );
    }
    const own = `${tls === null ? 'http' : 'https'}://${host}:${port}`;
    const { voteToReadmit } = await import('../daemon/readmission.ts');
    const line = await voteToReadmit(config, replica, originOf(endpoint ?? own));
    terminal.out(`${line}\n`);
    return exitCodes.passed;
  } catch (error) {
    throw asFailure(error);
  }
}

/** Has the cluster take the replica back that these votes speak of. */
export async function readmitSubmitCommand(
  files: readonly string[],
  { endpoint }: ReadmitSubmitOptions,
  { terminal }: { readonly terminal: Terminal },
): Promise<ExitCode> {
  try {
    const { readVotes, submitReadmission } = await import('../daemon/readmission.ts');
    const texts = files.map((name) => ({ name, text: readTextFile(name, maxVoteFileBytes) }));
    const votes = readVotes(texts);
    const [first] = votes;
    if (first === undefined) throw wrongUsage(`${files.join(' ')}: found no votes`);
    const refusal = await submitReadmission(votes, originOf(endpoint));
    if (refusal === null) {
      terminal.out(`replica ${first.replica} is readmitted, by a committed decision\n`);
      return exitCodes.passed;
    }
    terminal.err(`replica ${first.replica} is not readmitted: ${refusal}\n`);
    return exitCodes.failed;
  } catch (error) {
    throw asFailure(error);
  }
}

function originOf(text: string): string {
  const url = URL.parse(text);
  if (url !== null && /^https?:$/.test(url.protocol) && url.pathname === '/') return url.origin;
  throw wrongUsage(`--endpoint: found ${text}; allowed: an address like http://127.0.0.1:8441`);
}
