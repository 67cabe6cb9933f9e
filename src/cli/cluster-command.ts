import { ClusterDirectory, type ClusterWishes } from '../daemon/cluster-directory.ts';
import type { FoundingAccount } from '../daemon/found-cluster.ts';
import type { LogLevel } from '../daemon/log-config.ts';
import { patternShape } from '../ledger/operation.ts';
import { type ExitCode, exitCodes } from '../scenario/exit-code.ts';
import type { ProfileName } from '../scenario/scenario.ts';
import { ClockedLine } from './clocked-line.ts';
import { addressLine, summary } from './cluster-summary.ts';
import { asFailure } from './daemon-failure.ts';
import { wrongUsage } from './failure.ts';
import { type Interruption, interrupted } from './interruption.ts';
import { nodeIdIn, nodeIdOf } from './node-id.ts';
import type { Terminal } from './terminal.ts';

export interface ClusterCommandOptions {
  readonly data: string;
  readonly replicas?: number;
  readonly standby?: number;
  readonly profile?: ProfileName;
  readonly fullProofs?: boolean;
  readonly hosts?: readonly string[];
  readonly account?: readonly string[];
  readonly httpPort?: number;
  readonly logLevel: LogLevel;
  readonly chaos?: boolean;
  readonly chaosMonkey?: boolean;
  readonly json?: boolean;
  readonly initOnly?: boolean;
}

/** Everything outside the command itself, so that a test can stand in for it. */
export interface ClusterWorld {
  readonly terminal: Terminal;
  readonly interruption: Interruption;
  readonly nowMs: () => number;
  readonly version: string;
}

/** Makes the cluster in a directory and runs it until it is interrupted. Returns the exit code. */
export async function clusterCommand(
  options: ClusterCommandOptions,
  world: ClusterWorld,
): Promise<ExitCode> {
  const { terminal, interruption, version } = world;
  try {
    const directory = ClusterDirectory.open(options.data, wishesOf(options), version);
    if (options.initOnly) {
      terminal.out(`${describeDirectory(directory)}\n`);
      return exitCodes.passed;
    }
    // The processes are a heavy import, and many a call ends before it needs them.
    const { startCluster } = await import('../daemon/cluster-host.ts');
    const { livePage } = await import('../report/live/live-page.ts');
    const progress = new ClockedLine(terminal, world.nowMs);
    const cluster = await startCluster({
      directory,
      httpPort: options.httpPort ?? null,
      logLevel: options.logLevel,
      page: livePage(),
      chaos: options.chaos ?? false,
      chaosMonkey: options.chaosMonkey ?? false,
      onNotice: (text) => progress.tell(text),
      onProgress: (text) => progress.say(`starting: ${text}`),
      signal: interruption.signal,
    }).finally(() => progress.clear());
    if (cluster === null) return exitCodes.passed;
    terminal.out(`${options.json ? addressLine(cluster) : summary(cluster)}\n`);
    await interrupted(interruption.signal);
    progress.say('stopping');
    await cluster.stop().finally(() => progress.clear());
    return exitCodes.passed;
  } catch (error) {
    throw asFailure(error);
  }
}

function describeDirectory({ path, file }: ClusterDirectory): string {
  const { replicas, standby, profile } = file;
  const size =
    standby === 0 ? `${replicas} replicas` : `${replicas} replicas and ${standby} standby`;
  const where = file.hosts.length === 0 ? '' : ` on ${file.hosts.join(', ')}`;
  return `${path}: a cluster of ${size}, profile ${profile}${where}`;
}

function wishesOf(options: ClusterCommandOptions): ClusterWishes {
  const { replicas, standby, profile, fullProofs, hosts, account = [] } = options;
  return {
    ...(replicas === undefined ? {} : { replicas }),
    ...(standby === undefined ? {} : { standby }),
    ...(profile === undefined ? {} : { profile }),
    ...(fullProofs === undefined ? {} : { fullProofs }),
    ...(hosts === undefined ? {} : { hosts }),
    accounts: account.map(accountOf),
  };
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
