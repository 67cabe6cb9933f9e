import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { arrowLine } from '../../../src/report/html/model/arrows.ts';
import { layOut } from '../../../src/report/html/model/layout.ts';
import { unpackMessages } from '../../../src/report/html/model/messages.ts';
import type { PackedRun } from '../../../src/report/html/model/packed.ts';
import type { RunResult } from '../../../src/scenario/result.ts';
import type { RunEvent } from '../../../src/scenario/trace.ts';
import { record, sample } from '../sample.ts';
import { executablePath, skipped, TestBrowser } from './browser.ts';
import { messagesPerSequence, normalCase, page as pageOf, scenarioOf } from './fixture.ts';

const sequences = 5;
const each = messagesPerSequence(4);

function* eventful(): Generator<RunEvent> {
  yield* normalCase(4, sequences);
  yield { type: 'fault', atMs: 5, what: 'partition', replicas: [0, 1], detail: '0 1' };
  yield { type: 'fault', atMs: 9, what: 'heal', replicas: [], detail: 'the partition is over' };
  yield { type: 'fault', atMs: 20, what: 'crash', replicas: [2], detail: 'replica 2 crashes' };
  yield { type: 'view', atMs: 31, replica: 1, view: 1, active: true };
  yield { type: 'accused', atMs: 30, replica: 1, accusation: sample.accusations[0]! };
}

const requests = Array.from({ length: 230 }, (_, i) =>
  record({ name: `host-${i}`, latencyMs: (i * 37) % 230, sequence: i }),
);
const html = (change: Partial<RunResult> = {}): string =>
  pageOf(eventful(), { requests: [...requests, sample.requests[1]!], ...change });

// Scripts for the page: this side of it knows no DOM.
const bluePixels = `(() => {
  const canvas = document.querySelector('#stage canvas');
  const { data } = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height);
  let count = 0;
  for (let i = 0; i < data.length; i += 4) if (data[i + 2] > data[i] + 60) count++;
  return count;
})()`;
const happen = (event: string) => `dispatchEvent(new Event('${event}'))`;

const inView = (page: Page) => page.getAttribute('#stage', 'data-messages').then(Number);
/** The diagram is drawn with the next frame. */
/** A busy machine draws late; what is waited for comes or does not. */
const patience = { timeout: 20_000 };

const showing = (page: Page, messages: number) =>
  page.waitForSelector(`#stage[data-messages="${messages}"]`, patience);

describe.skipIf(executablePath === null)(`a report in Chromium${skipped}`, () => {
  let browser: TestBrowser;
  beforeAll(async () => {
    browser = await TestBrowser.start();
  });
  afterAll(() => browser.stop());

  it('draws every lane and arrow, complains of nothing and asks for nothing', async () => {
    const { page, complaints, asked } = await browser.open(html());
    await showing(page, sequences * each);
    expect(await page.getAttribute('#stage', 'data-lanes')).toBe('5');
    expect(await page.getAttribute('#stage', 'data-drawn')).toBe('arrows');
    expect(await page.textContent('#in-view')).toBe('160 of 160 messages in view.');
    // What is on the canvas, not what is said of it: many pixels of the prepares' blue.
    const blue = await page.evaluate(bluePixels);
    expect(blue).toBeGreaterThan(1000);
    expect(complaints).toEqual([]);
    expect(asked).toEqual([]);
  });

  it('filters by kind, lane and field, and counts what is left', async () => {
    const { page, complaints } = await browser.open(html());
    await showing(page, sequences * each);
    await page.click('label.chip:has-text("commit")');
    await showing(page, sequences * (each - 12));
    await page.fill('#field-text', 'sequence=3');
    await showing(page, each - 12);
    await page.click('label.chip:has-text("replica 3")');
    await showing(page, 18 - 6);
    expect(await page.getAttribute('#stage', 'data-lanes')).toBe('4');
    await page.click('#no-kinds');
    await showing(page, 0);
    expect(complaints).toEqual([]);
  });

  it('shows the fields of the message that is clicked', async () => {
    const { page } = await browser.open(html());
    await showing(page, sequences * each);
    const data = JSON.parse((await page.textContent('#run'))!) as PackedRun;
    const messages = unpackMessages(data);
    const width = Number(await page.evaluate(`document.querySelector('#stage').clientWidth`));
    const window = { fromUs: 0, toUs: data.endUs * 1.01 };
    const layout = layOut(
      data,
      data.lanes.map(() => true),
      width,
      window,
    );
    // The request of sequence 4: nothing else is near it.
    const line = arrowLine(messages, 3 * each, layout);
    const position = { x: (line.x1 + line.x2) / 2, y: (line.y1 + line.y2) / 2 };
    await page.locator('#stage canvas').click({ position });
    await page.waitForSelector('#details h3:has-text("request")');
    const rows = await page.locator('#details tr').allTextContents();
    expect(rows).toEqual([
      'fromclient 0',
      'toreplica 0',
      'sent40.000 ms',
      'delivered41.000 ms, after 1.000 ms',
      'size100 bytes',
      'view0',
      'sequence4',
      'headerDigest00000004',
    ]);
  });

  it('is moved, zoomed and read with keys alone', async () => {
    const { page } = await browser.open(html());
    await showing(page, sequences * each);
    await page.focus('#stage');
    await page.keyboard.press('n');
    await page.waitForSelector('#details h3:has-text("request")');
    await page.keyboard.press('n');
    await page.waitForSelector('#details h3:has-text("prePrepare")');
    await page.keyboard.press('Escape');
    await page.waitForSelector('#details h3:has-text("Message")');
    for (let i = 0; i < 4; i++) await page.keyboard.press('+');
    await expect.poll(() => inView(page), patience).toBeLessThan(80);
    await page.keyboard.press('0');
    await showing(page, sequences * each);
  });

  it('jumps from the list of events, and from evidence, to the diagram', async () => {
    const { page } = await browser.open(html());
    await page.fill('#from-ms', '0');
    await page.fill('#to-ms', '5');
    await page.keyboard.press('Tab');
    await showing(page, 0);
    await page.click('.accusation button:has-text("Show in the diagram")');
    // The accusation of the sample came after 412 ms, and this run ends before.
    const from = async () => Number(await page.inputValue('#from-ms'));
    await expect.poll(from, patience).toBeGreaterThan(40);
  });

  it('sorts, finds and turns pages in the table of requests', async () => {
    const { page } = await browser.open(html());
    const first = () => page.locator('#request-table tbody th').first().textContent();
    const count = () => page.textContent('#request-count');
    expect(await count()).toBe('1 to 100 of 231');
    await page.click('[data-sort=latency]');
    expect(await first()).toBe('host-0');
    await page.click('[data-sort=latency]');
    expect(await first()).toBe('host-87');
    expect(await page.getAttribute('th:has([data-sort=latency])', 'aria-sort')).toBe('descending');
    await page.click('#request-on');
    await page.click('#request-on');
    expect(await count()).toBe('201 to 231 of 231');
    await page.selectOption('#request-outcome', 'rejected');
    expect(await count()).toBe('1 to 1 of 1');
    expect(await first()).toBe('host-2.client-1.mesh');
    await page.fill('#request-text', 'nobody');
    expect(await count()).toBe('none of 0');
  });

  it('prints the diagram as lines in the colours of paper, also from a dark screen', async () => {
    const { page } = await browser.open(html(), { colorScheme: 'dark' });
    await showing(page, sequences * each);
    await page.evaluate(happen('beforeprint'));
    await page.emulateMedia({ media: 'print' });
    expect(await page.locator('#printed svg').isVisible()).toBe(true);
    expect(await page.locator('#stage').isVisible()).toBe(false);
    const background = await page.evaluate('getComputedStyle(document.body).backgroundColor');
    expect(background).toBe('rgb(255, 255, 255)');
    await page.evaluate(happen('afterprint'));
    expect(await page.locator('#printed svg').count()).toBe(0);
  });

  it.each([
    ['light', 'passed'],
    ['dark', 'passed'],
    ['light', 'failed'],
    ['dark', 'failed'],
    ['light', 'stalled'],
    ['dark', 'diverged'],
  ] as const)('is accessible by the rules of axe, %s and %s', async (scheme, outcome) => {
    const { page } = await browser.open(html({ outcome }), { colorScheme: scheme });
    await showing(page, sequences * each);
    const axe = createRequire(import.meta.url).resolve('axe-core/axe.min.js');
    await page.evaluate(readFileSync(axe, 'utf8'));
    const violations = await page.evaluate(async () => {
      const { axe } = globalThis as unknown as {
        axe: { run(): Promise<{ violations: { id: string; nodes: { html: string }[] }[] }> };
      };
      const result = await axe.run();
      return result.violations.map(({ id, nodes }) => `${id}: ${nodes[0]?.html}`);
    });
    expect(violations).toEqual([]);
    const names = await page.getByRole('application').getAttribute('aria-label');
    expect(names).toBe('Space-time diagram: 4 replicas, 1 client, 160 messages in 55 ms');
  });

  it('opens and answers with 100,000 messages', async () => {
    const n = 16;
    const many = Math.ceil(100_000 / messagesPerSequence(n));
    const scenario = scenarioOf(`name: big\nreplicas: ${n}\nworkload: {clients: 1}`);
    const total = many * messagesPerSequence(n);
    expect(total).toBeGreaterThan(100_000);
    const big = pageOf(normalCase(n, many), { requests }, scenario);
    const { page, complaints } = await browser.open(big);
    await page.waitForSelector('#stage[data-drawn]');
    await page.click('#whole');
    await showing(page, total);
    expect(await page.getAttribute('#stage', 'data-drawn')).toBe('density');
    await page.fill('#field-text', 'sequence=90');
    await showing(page, messagesPerSequence(n));
    expect(await page.getAttribute('#stage', 'data-drawn')).toBe('arrows');
    expect(await inView(page)).toBe(messagesPerSequence(n));
    expect(complaints).toEqual([]);
  });
});
