/**
 * Takes the pictures of the README from a real run: runs a scenario, opens its report in Chromium
 * and photographs the diagram, in the colours of day and night.
 *
 *   node scripts/screenshots.ts [scenario.yaml]
 *
 * The pictures land in scenarios/pictures/. Needs Debian's `chromium`; the run itself is virtual,
 * so the pictures change only when the scenario, the protocol or the report does.
 */
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { chromium, type Page } from 'playwright-core';

const root = resolve(import.meta.dirname, '..');
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

async function main(scenario: string): Promise<void> {
  const executablePath = '/usr/bin/chromium';
  if (!existsSync(executablePath)) throw new Error(`${executablePath} is missing; install it`);
  mkdirSync(pictures, { recursive: true });
  const directory = mkdtempSync(join(tmpdir(), 'hypermesh-pictures-'));
  const report = join(directory, 'report.html');
  const quiet = ['--disable-background-networking', '--disable-component-update', '--disable-sync'];
  const args = ['--no-sandbox', '--disable-gpu', ...quiet];
  const browser = await chromium.launch({ executablePath, args });
  try {
    const command = [join(root, 'scripts', 'hypermesh.js'), 'run', scenario, '--report', report];
    const run = [...command, '--transport', 'simulated'];
    execFileSync(process.execPath, run, { stdio: ['ignore', 'ignore', 'inherit'] });
    for (const colorScheme of ['light', 'dark'] as const) {
      const viewport = { width: 1280, height: 800 };
      const page = await browser.newPage({ viewport, colorScheme });
      await page.goto(pathToFileURL(report).href);
      await page.waitForSelector('#stage[data-drawn]');
      await photograph(page, `report-verdict-${colorScheme}.png`);
      await page.evaluate("document.getElementById('diagram').scrollIntoView()");
      await photograph(page, `report-diagram-${colorScheme}.png`);
      await page.close();
    }
  } finally {
    await browser.close();
    rmSync(directory, { recursive: true, force: true });
  }
}

await main(process.argv[2] ?? join(root, 'scenarios', 'issuance.yaml'));
