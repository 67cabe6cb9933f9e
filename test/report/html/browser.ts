import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { type Browser, type BrowserContextOptions, chromium, type Page } from 'playwright-core';

/** Debian's Chromium; the package brings no browser of its own. Null: there is none here. */
export const executablePath =
  ['/usr/bin/chromium', '/usr/bin/chromium-browser'].find((path) => existsSync(path)) ?? null;

/** Why the tests in a browser did not run, for their title. */
export const skipped = executablePath === null ? ' (skipped: no /usr/bin/chromium)' : '';

const quiet = ['--disable-background-networking', '--disable-component-update', '--disable-sync'];

export interface OpenPage {
  readonly page: Page;
  /** Everything the page complained of. */
  readonly complaints: readonly string[];
  /** Every address it asked for, besides its own. */
  readonly asked: readonly string[];
}

/** One Chromium for a file of tests, and the pages it opens from disk. */
export class TestBrowser {
  private readonly browser: Browser;
  private readonly directory = mkdtempSync(join(tmpdir(), 'hypermesh-report-'));
  private pages = 0;

  private constructor(browser: Browser) {
    this.browser = browser;
  }

  static async start(): Promise<TestBrowser> {
    if (executablePath === null) throw new Error('there is no Chromium');
    const args = ['--no-sandbox', '--disable-gpu', ...quiet];
    return new TestBrowser(await chromium.launch({ executablePath, args }));
  }

  open(html: string, options: BrowserContextOptions = {}): Promise<OpenPage> {
    const file = join(this.directory, `${++this.pages}.html`);
    writeFileSync(file, html);
    return this.visit(pathToFileURL(file).href, options);
  }

  async visit(address: string, options: BrowserContextOptions = {}): Promise<OpenPage> {
    const viewport = { width: 1280, height: 900 };
    const context = await this.browser.newContext({ viewport, ...options });
    const page = await context.newPage();
    const complaints: string[] = [];
    const asked: string[] = [];
    page.on('pageerror', (error) => complaints.push(error.message));
    page.on('console', (message) => {
      if (message.type() === 'error' || message.type() === 'warning') {
        complaints.push(message.text());
      }
    });
    page.on('request', (request) => {
      if (request.url() !== address) asked.push(request.url());
    });
    await page.goto(address);
    return { page, complaints, asked };
  }

  async stop(): Promise<void> {
    await this.browser.close();
    rmSync(this.directory, { recursive: true, force: true });
  }
}
