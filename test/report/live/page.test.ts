import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { ChaosOrder } from '../../../src/daemon/live.ts';
import { LiveFeed } from '../../../src/daemon/live-feed.ts';
import { type LiveServer, startLiveServer } from '../../../src/daemon/live-server.ts';
import { livePage } from '../../../src/report/live/live-page.ts';
import { picture } from '../../daemon/live-sample.ts';
import { executablePath, skipped, TestBrowser } from '../html/browser.ts';

const patience = { timeout: 20_000 };

describe.skipIf(executablePath === null)(`the live page in Chromium${skipped}`, () => {
  let browser: TestBrowser;
  let feed: LiveFeed;
  let server: LiveServer;
  let orders: ChaosOrder[];

  const serve = (port: number) => {
    const chaos = async (order: ChaosOrder) => {
      orders.push(order);
      return order.action === 'kill' ? 'replica 1 is down already' : null;
    };
    return startLiveServer({ feed, page: livePage(), host: '127.0.0.1', port, chaos });
  };

  beforeAll(async () => {
    browser = await TestBrowser.start();
  });
  afterAll(() => browser.stop());
  beforeEach(async () => {
    feed = new LiveFeed();
    orders = [];
    server = await serve(0);
  });
  afterEach(() => server.stop());

  it('shows replicas, numbers and events as they come, and complains of nothing', async () => {
    feed.show(picture());
    const { page, complaints } = await browser.visit(server.url);
    await page.waitForSelector('#health:text("healthy")', patience);
    expect(await page.locator('#ring .dot').count()).toBe(4);
    expect(await page.locator('#ring line').count()).toBe(6);
    expect(await page.locator('#replicas tbody tr').count()).toBe(4);
    feed.tell({
      atMs: picture().atMs,
      kind: 'issued',
      text: 'host-1.mesh',
      serial: '0a'.repeat(16),
      latencyMs: 21,
    });
    const link = page.locator('#happened a');
    await link.waitFor(patience);
    expect(await link.getAttribute('href')).toBe(
      `http://127.0.0.1:3999/certificates/${'0a'.repeat(16)}`,
    );
    feed.show(picture([{}, { state: 'down' }, { state: 'down' }]));
    await page.waitForSelector('#health:text("no quorum")', patience);
    expect(complaints).toEqual([]);
  });

  it('hides what is usual when only trouble is asked for', async () => {
    feed.show(picture());
    feed.tell({ atMs: 1, kind: 'issued', text: 'usual' });
    feed.tell({ atMs: 2, kind: 'fault', text: 'unusual' });
    const { page } = await browser.visit(server.url);
    await page.waitForSelector('#happened td:text("unusual")', patience);
    await page.check('#only-trouble');
    expect(await page.isVisible('#happened td:text-is("usual")')).toBe(false);
    expect(await page.isVisible('#happened td:text("unusual")')).toBe(true);
  });

  it('sends faults by their buttons, and says what became of them', async () => {
    feed.show(picture());
    const { page } = await browser.visit(server.url);
    await page.getByRole('button', { name: 'freeze replica 2' }).click(patience);
    await page.waitForSelector('#chaos-answer:text("done")', patience);
    await page.getByRole('button', { name: 'kill replica 1' }).click();
    await page.waitForSelector('#chaos-answer:text("down already")', patience);
    expect(orders).toEqual([
      { action: 'freeze', replica: 2 },
      { action: 'kill', replica: 1 },
    ]);
  });

  it('has no fault buttons without chaos', async () => {
    feed.show(picture([], false));
    const { page } = await browser.visit(server.url);
    await page.waitForSelector('#health:text("healthy")', patience);
    expect(await page.getByRole('button', { name: /kill|freeze|cut/ }).count()).toBe(0);
    expect(await page.isVisible('#chaos')).toBe(false);
  });

  it('reconnects by itself and misses nothing', async () => {
    feed.show(picture());
    feed.tell({ atMs: 1, kind: 'process', text: 'before' });
    const { page } = await browser.visit(server.url);
    await page.waitForSelector('#happened td:text("before")', patience);
    const port = Number(new URL(server.url).port);
    await server.stop();
    await page.waitForSelector('#health:text("connection lost")', patience);
    feed.tell({ atMs: 2, kind: 'process', text: 'meanwhile' });
    server = await serve(port);
    await page.waitForSelector('#happened td:text("meanwhile")', patience);
    expect(await page.locator('#happened td:text("before")').count()).toBe(1);
  });

  it.each([
    ['light', 1],
    ['dark', 1],
    ['light', 2],
    ['dark', 2],
  ] as const)('has no fault that axe finds, in %s with %i down', async (colorScheme, down) => {
    const gone = Array.from({ length: down }, () => ({ state: 'down', cutOff: [0] }) as const);
    feed.show(picture([{}, ...gone]));
    feed.tell({ atMs: 1, kind: 'evidence', text: 'replica 1: conflictingPrePrepare', replica: 1 });
    const { page } = await browser.visit(server.url, { colorScheme });
    await page.waitForSelector('#happened td:text("conflicting")', patience);
    const axe = createRequire(import.meta.url).resolve('axe-core/axe.min.js');
    await page.evaluate(readFileSync(axe, 'utf8'));
    const found = await page.evaluate(async () => {
      const { axe } = globalThis as unknown as {
        axe: { run(): Promise<{ violations: { id: string; nodes: { html: string }[] }[] }> };
      };
      const result = await axe.run();
      return result.violations.map(({ id, nodes }) => `${id}: ${nodes[0]?.html}`);
    });
    expect(found).toEqual([]);
  });
});
