import type { Command } from 'commander';
import type { ExitCode } from '../scenario/exit-code.ts';
import { maxReplicas } from '../scenario/limits.ts';
import { parseWhole } from './option-values.ts';
import type { ReadmitSubmitOptions, ReadmitVoteOptions } from './readmit-command.ts';
import type { Terminal } from './terminal.ts';

/** `hypermesh readmit vote`, on every node, and `hypermesh readmit submit`, on any. */
export function addReadmit(
  program: Command,
  terminal: Terminal,
  finish: (code: ExitCode) => void,
): void {
  const readmit = program
    .command('readmit')
    .description('take an isolated replica back: a quorum of the others signs, then one submits')
    .addHelpText('after', example);
  readmit
    .command('vote')
    .description("print this node's signed word that an isolated replica may come back")
    .requiredOption('--config <file>', "this node's config file (YAML)")
    .requiredOption('--replica <n>', 'who may come back, by its place in genesis', (text: string) =>
      parseWhole(text, 0, maxReplicas - 1),
    )
    .option('--endpoint <url>', 'a node to ask (default: this one, by its config)')
    .action(async (options: ReadmitVoteOptions) => {
      const { readmitVoteCommand } = await import('./readmit-command.ts');
      finish(await readmitVoteCommand(options, { terminal }));
    });
  readmit
    .command('submit')
    .description('have the cluster take the replica back that these votes speak of')
    .argument('<file...>', 'what the nodes of a quorum printed')
    .requiredOption('--endpoint <url>', 'a node to ask')
    .action(async (files: string[], options: ReadmitSubmitOptions) => {
      const { readmitSubmitCommand } = await import('./readmit-command.ts');
      finish(await readmitSubmitCommand(files, options, { terminal }));
    });
}

const example = `
Example, with four nodes of which replica 2 was isolated and is started anew:
  hypermesh readmit vote --config node-0.yaml --replica 2 > vote-0    (on node 0; so on 1 and 3)
  hypermesh readmit submit --endpoint http://127.0.0.1:8441 vote-0 vote-1 vote-3`;
