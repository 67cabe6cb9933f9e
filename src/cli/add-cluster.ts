import { isIP } from 'node:net';
import { type Command, InvalidArgumentError, Option } from 'commander';
import { logLevels } from '../daemon/log-config.ts';
import type { ExitCode } from '../scenario/exit-code.ts';
import { maxReplicas } from '../scenario/limits.ts';
import { profileNames } from '../scenario/scenario.ts';
import type { ClusterCommandOptions, ClusterWorld } from './cluster-command.ts';
import type { NodeCommandOptions, NodeWorld } from './node-command.ts';
import { parseReplicas, parseWhole } from './option-values.ts';

type Finish = (code: ExitCode) => void;

export function addCluster(program: Command, world: ClusterWorld, finish: Finish): void {
  program
    .command('cluster')
    .description('run a cluster with TrustChain in front, as a process per node, until stopped')
    .requiredOption('--data <dir>', 'where it keeps everything; made when it is not there')
    .option('--replicas <n>', 'voting replicas of a new cluster (default: 4)', parseReplicas)
    .option('--standby <n>', 'nodes that follow and may be promoted (default: 0)', parseStandby)
    .addOption(
      new Option('--profile <name>', 'what requesters must prove (default: localhost)').choices(
        profileNames,
      ),
    )
    .option('--full-proofs', 'plots and work of the profile in full, not scaled to one machine')
    .option(
      '--account <key[=names]>',
      'who else may ask: a public key (64 hex, or a file), and for which names (default: *)',
      (account: string, before: string[] = []) => [...before, account],
    )
    .option('--http-port <p>', 'TrustChain listens there, nodes from the next on', parsePort)
    .addOption(
      new Option('--log-level <level>', 'what goes to the log files in the directory')
        .choices(logLevels)
        .default('info'),
    )
    .option('--chaos', 'let the live page inject faults, from this machine only')
    .option('--chaos-monkey', 'kill, stop and suspend nodes at random, never more than f at once')
    .option('--json', 'one line with every address, once all is ready')
    .option('--init-only', 'make the directory, run nothing')
    .option(
      '--hosts <ip,…>',
      'with --init-only: for nodes on these machines, by replica; several may share one',
      parseHosts,
    )
    .addHelpText('after', severalMachinesHelp)
    .action(async (options: ClusterCommandOptions) => {
      const { clusterCommand } = await import('./cluster-command.ts');
      finish(await clusterCommand(options, world));
    });
}

export function addNode(program: Command, world: NodeWorld, finish: Finish): void {
  program
    .command('node')
    .description('run one replica, for clusters over several machines, until stopped')
    .option('--config <file>', 'its config file (YAML)')
    .option('--print-config', 'print the config with every default and what it means; run nothing')
    .action(async (options: NodeCommandOptions) => {
      const { nodeCommand } = await import('./node-command.ts');
      finish(await nodeCommand(options, world));
    });
}

const severalMachinesHelp = `
For several machines:
  hypermesh cluster --init-only --data DIR --replicas 4 --hosts 192.0.2.1,192.0.2.2,…
makes every key, the genesis all nodes share and a config for each. Copy DIR/node-0 to the first
machine, DIR/node-1 to the second and so on (each holds one secret key, so nothing but that), and
run \`hypermesh node --config node-0/node.yaml\` there.`;

function parseHosts(text: string): readonly string[] {
  const hosts = text.split(',');
  if (hosts.every((host) => isIP(host) !== 0)) return hosts;
  throw new InvalidArgumentError('Allowed: IP addresses, separated by commas.');
}

function parsePort(text: string): number {
  return parseWhole(text, 1, 65_535);
}

function parseStandby(text: string): number {
  return parseWhole(text, 0, maxReplicas);
}
