import { execFile } from 'node:child_process';
import { cp, mkdir, mkdtemp, readdir, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const run = promisify(execFile);
const root = fileURLToPath(new URL('../..', import.meta.url));
/** What a build reads; `dist` of the checkout may be older than its sources. */
const sources = [
  'README.md',
  'package.json',
  'tsconfig.json',
  'tsconfig.build.json',
  'src',
  'scripts',
  'scenarios',
  'examples',
];

/** A directory in which the packed package is installed, and nothing of the checkout is near. */
export interface Installed {
  readonly directory: string;
  /** Files of the tarball. */
  readonly files: readonly string[];
  /** Runs this Node there and gives what it printed; rejects when it fails. */
  node(...args: readonly string[]): Promise<{ readonly stdout: string; readonly stderr: string }>;
  remove(): Promise<void>;
}

/**
 * Builds and packs a copy of the sources, and unpacks the tarball where `npm install` would put it.
 * The dependencies are linked instead of fetched: tests need no network.
 */
export async function installPackage(): Promise<Installed> {
  const directory = await mkdtemp(join(tmpdir(), 'hypermesh-package-'));
  const checkout = join(directory, 'checkout');
  const modules = join(directory, 'app', 'node_modules');
  const app = join(directory, 'app');
  await mkdir(checkout);
  await mkdir(modules, { recursive: true });
  for (const source of sources) {
    await cp(join(root, source), join(checkout, source), { recursive: true });
  }
  await symlink(join(root, 'node_modules'), join(checkout, 'node_modules'));
  await run('npm', ['run', '--silent', 'build'], { cwd: checkout });
  const packing = ['pack', '--json', '--ignore-scripts', '--pack-destination', directory];
  const { stdout } = await run('npm', packing, { cwd: checkout });
  const [{ filename, files }] = JSON.parse(stdout) as [
    { filename: string; files: { path: string }[] },
  ];
  await run('tar', ['-xzf', join(directory, filename), '-C', directory]);
  await rename(join(directory, 'package'), join(modules, 'hypermesh'));
  for (const name of await readdir(join(root, 'node_modules'))) {
    if (name.startsWith('.') || name === 'hypermesh') continue;
    await symlink(join(root, 'node_modules', name), join(modules, name));
  }
  await writeFile(join(app, 'package.json'), '{"type": "module", "private": true}\n');
  // Where a reader would try them: Node runs no TypeScript inside node_modules.
  await cp(join(modules, 'hypermesh', 'examples'), app, { recursive: true });
  await rm(checkout, { recursive: true });
  return {
    directory: app,
    files: files.map(({ path }) => path),
    node: (...args) => run(process.execPath, args, { cwd: app }),
    remove: () => rm(directory, { recursive: true }),
  };
}
