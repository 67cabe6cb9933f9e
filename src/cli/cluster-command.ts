import { ClusterDirectory, type ClusterWishes } from '../daemon/cluster-directory.ts';
import type { FoundingAccount } from '../daemon/found-cluster.ts';
import { DaemonRefusal } from '../daemon/refusal.ts';
import { patternShape } from '../ledger/operation.ts';
import { type ExitCode, exitCodes } from '../scenario/exit-code.ts';
import type { ProfileName } from '../scenario/scenario.ts';
import { CommandFailure, wrongUsage } from './failure.ts';
import { nodeIdIn, nodeIdOf } from './node-id.ts';
import type { Terminal } from './terminal.ts';

export interface ClusterCommandOptions {
  readonly data: string;
  readonly replicas?: number;
  readonly standby?: number;
  readonly profile?: ProfileName;
  readonly fullProofs?: boolean;
  readonly account?: readonly string[];
  readonly initOnly?: boolean;
}

/** Everything outside the command itself, so that a test can stand in for it. */
export interface ClusterWorld {
  readonly terminal: Terminal;
  readonly version: string;
}

/** Makes or runs the cluster in a directory. Returns the exit code. */
export async function clusterCommand(
  options: ClusterCommandOptions,
  { terminal, version }: ClusterWorld,
): Promise<ExitCode> {
  const directory = refusing(() => {
    return ClusterDirectory.open(options.data, wishesOf(options), version);
  });
  terminal.out(`${directory.path}: a cluster of ${directory.nodes} nodes\n`);
  return exitCodes.passed;
}

function wishesOf({ account = [], ...options }: ClusterCommandOptions): ClusterWishes {
  return { ...options, accounts: account.map(accountOf) };
}

/** `KEY=PATTERN,…`: a public key (64 hex) or a file with one, and what it may ask for. */
export function accountOf(written: string): FoundingAccount {
  const split = written.lastIndexOf('=');
  const key = split < 0 ? written : written.slice(0, split);
  const namePatterns = split < 0 ? ['*'] : written.slice(split + 1).split(',');
  const odd = namePatterns.find((pattern) => !patternShape.test(pattern));
  if (odd !== undefined) {
    const allowed = 'names, *.suffix or *, separated by commas';
    throw wrongUsage(`--account ${written}: found the pattern "${odd}"; allowed: ${allowed}`);
  }
  return { nodeId: nodeIdOf(key) ?? nodeIdIn(key), namePatterns };
}

const codes: Readonly<Record<DaemonRefusal['code'], ExitCode>> = {
  badInput: exitCodes.badInput,
  mismatch: exitCodes.usage,
  locked: exitCodes.usage,
  unavailable: exitCodes.crashed,
};

/** Says a refusal of the daemon as the command line does. */
export function refusing<T>(action: () => T): T {
  try {
    return action();
  } catch (error) {
    throw asFailure(error);
  }
}

export function asFailure(error: unknown): unknown {
  if (!(error instanceof DaemonRefusal)) return error;
  return new CommandFailure(codes[error.code], error.message);
}
