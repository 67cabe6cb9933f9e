/**
 * Takes the pictures of the README from real runs, in the colours of day and night: the report of a
 * scenario, and the live page of a cluster that issues certificates while its primary is killed.
 *
 *   node scripts/screenshots.ts [scenario.yaml]
 *
 * The pictures land in scenarios/pictures/. Needs Debian's `chromium`. The scenario runs in virtual
 * time, so its pictures change only when it, the protocol or the report does; the cluster is real.
 */
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { type Browser, chromium, type Page } from 'playwright-core';

const root = resolve(import.meta.dirname, '..');
const hypermesh = join(root, 'scripts', 'hypermesh.js');
const pictures = join(root, 'scenarios', 'pictures');
/** A README loads them all. */
const maxBytes = 300 * 1024;

async function photograph(page: Page, name: string): Promise<void> {
  const path = join(pictures, name);
  await page.screenshot({ path });
  const { size } = statSync(path);
  process.stderr.write(`${basename(path)}: ${Math.ceil(size / 1024)} KiB\n`);
  if (size > maxBytes) throw new Error(`${name} is larger than ${maxBytes} bytes`);
}

async function report(browser: Browser, scenario: string, directory: string): Promise<void> {
  const file = join(directory, 'report.html');
  const run = [hypermesh, 'run', scenario, '--report', file, '--transport', 'simulated'];
  execFileSync(process.execPath, run, { stdio: ['ignore', 'ignore', 'inherit'] });
  for (const colorScheme of ['light', 'dark'] as const) {
    const page = await browser.newPage({ viewport: { width: 1280, height: 800 }, colorScheme });
    await page.goto(pathToFileURL(file).href);
    await page.waitForSelector('#stage[data-drawn]');
    await photograph(page, `report-verdict-${colorScheme}.png`);
    await page.evaluate("document.getElementById('diagram').scrollIntoView()");
    await photograph(page, `report-diagram-${colorScheme}.png`);
    await page.close();
  }
}

async function live(browser: Browser, directory: string): Promise<void> {
  const command = [hypermesh, 'cluster', '--data', join(directory, 'cluster'), '--chaos', '--json'];
  const cluster = spawn(process.execPath, command, { stdio: ['ignore', 'pipe', 'inherit'] });
  const gone = once(cluster, 'exit');
  try {
    const [line] = (await once(cluster.stdout, 'data')) as [Buffer];
    const address = (JSON.parse(line.toString()) as { page: string }).page;
    const viewport = { width: 1280, height: 1180 };
    const pages = await Promise.all(
      (['light', 'dark'] as const).map(async (colorScheme) => {
        const page = await browser.newPage({ viewport, colorScheme });
        await page.goto(address);
        await page.waitForSelector('#health:text("healthy")', { timeout: 60_000 });
        return { page, colorScheme };
      }),
    );
    await makeTrouble(pages[0]!.page);
    for (const { page, colorScheme } of pages) await photograph(page, `live-${colorScheme}.png`);
  } finally {
    cluster.kill('SIGINT');
    await gone;
  }
}

/** Certificates, the death of the primary, and certificates all the same. */
async function makeTrouble(page: Page): Promise<void> {
  const ask = async (times: number) => {
    for (let i = 0; i < times; i++) {
      await page.click('#request-one');
      await page.waitForSelector('#chaos-answer:text("done")', { timeout: 60_000 });
    }
  };
  await ask(25);
  const primary = await page.locator('#replicas tr.primary').first().locator('button').first();
  await primary.click();
  await ask(6);
}

async function main(scenario: string): Promise<void> {
  const executablePath = '/usr/bin/chromium';
  if (!existsSync(executablePath)) throw new Error(`${executablePath} is missing; install it`);
  mkdirSync(pictures, { recursive: true });
  const directory = mkdtempSync(join(tmpdir(), 'hypermesh-pictures-'));
  const quiet = ['--disable-background-networking', '--disable-component-update', '--disable-sync'];
  const args = ['--no-sandbox', '--disable-gpu', ...quiet];
  const browser = await chromium.launch({ executablePath, args });
  try {
    await report(browser, scenario, directory);
    await live(browser, directory);
  } finally {
    await browser.close();
    rmSync(directory, { recursive: true, force: true });
  }
}

await main(process.argv[2] ?? join(root, 'scenarios', 'issuance.yaml'));
