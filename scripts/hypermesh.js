#!/usr/bin/env node
/**
 * Starts the command on a Node that can run it. Plain JavaScript that Node 20 reads: a checkout
 * has a newer Node of its own (the `node` package), and goes on with that where it must.
 */
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

const neededMajor = 22;
const neededMinor = 12;

const launcher = fileURLToPath(import.meta.url);
const inPackage = (path) => fileURLToPath(new URL(`../${path}`, import.meta.url));

function isNewEnough() {
  const [major, minor] = process.versions.node.split('.').map(Number);
  return major > neededMajor || (major === neededMajor && minor >= neededMinor);
}

/** A checkout has the sources; the packed command has only what was built from them. */
function entryPoint() {
  const source = inPackage('src/cli/main.ts');
  if (existsSync(source) && process.features.typescript) return source;
  return inPackage('dist/cli/main.js');
}

/** The Node that `npm ci` put into a checkout; null where the package is installed. */
function findOwnNode() {
  try {
    const manifest = createRequire(import.meta.url).resolve('node/package.json');
    const node = join(dirname(manifest), 'bin', 'node');
    return existsSync(node) ? node : null;
  } catch {
    return null; // installed without its dependencies
  }
}

/** Runs this launcher again on `node`, passing on signals one way and the end the other. */
function runAgainOn(node) {
  // Listening comes first: a signal while the child starts would end this process and leave it.
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
    process.on(signal, () => child.kill(signal));
  }
  const child = spawn(node, [launcher, ...process.argv.slice(2)], { stdio: 'inherit' });
  child.on('error', (error) => fail(`${node} cannot be started: ${error.message}`));
  child.on('exit', (code, signal) => {
    if (signal === null) process.exit(code);
    for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.removeAllListeners(name);
    process.kill(process.pid, signal);
  });
}

function fail(message) {
  process.stderr.write(`hypermesh: ${message}\n`);
  process.exit(4);
}

if (isNewEnough()) {
  const entry = entryPoint();
  if (!existsSync(entry)) fail(`${entry} is missing; \`npm run build\` makes it`);
  await import(pathToFileURL(entry).href);
} else {
  const ownNode = findOwnNode();
  if (ownNode !== null) runAgainOn(ownNode);
  else {
    const needed = `${neededMajor}.${neededMinor}`;
    fail(`Node ${needed} or newer is needed; this is ${process.versions.node}`);
  }
}
