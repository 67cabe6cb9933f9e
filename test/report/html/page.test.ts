import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { indexPage } from '../../../src/report/html/index-page.ts';
import { asScript, pageScript } from '../../../src/report/html/page-script.ts';
import { scriptJson } from '../../../src/report/html/report-page.ts';
import { maxMessages } from '../../../src/report/html/run-log.ts';
import { writeScenario } from '../../../src/scenario/write.ts';
import { record, sample } from '../sample.ts';
import { fourReplicas, message, normalCase, page, scenarioOf } from './fixture.ts';

const evil = `</script><script>alert("x")</script><img src=x onerror='alert(1)'>&`;

describe('the page of a report', () => {
  it('never lets text of the run become markup', () => {
    const accusation = sample.accusations[0]!;
    const html = page(
      [
        message({ kind: evil, from: evil, fields: { [evil]: evil } }),
        { type: 'fault', atMs: 1, what: 'clock', replicas: [1], detail: evil },
      ],
      {
        requests: [
          record({
            name: evil,
            outcome: 'rejected',
            serial: evil,
            failures: [
              { proof: 'work', reason: evil, measured: evil, required: evil },
              { proof: 'replay', reason: evil, measured: '', required: '' },
            ],
          }),
        ],
        accusations: [
          {
            ...accusation,
            evidence: evil,
            messages: [{ type: evil, fields: { [evil]: evil }, payload: evil, signature: evil }],
          },
        ],
        expectations: [{ name: evil, expected: evil, actual: evil, held: false }],
        violations: [
          { checker: evil, sequence: 1, replicas: [1], atMs: 1, detail: evil, trace: [evil] },
        ],
      },
      { ...fourReplicas, name: evil, description: evil },
    );
    const markup = html.replace(/<script[^>]*>.*?<\/script>/gs, '');
    expect(markup.match(/<img|onerror='|onerror="/g)).toBeNull();
    // The data, and the program.
    expect(html.match(/<script/g)).toHaveLength(2);
    expect(html.match(/<\/script>/g)).toHaveLength(2);
    const data = /<script type="application\/json" id="run">(.*?)<\/script>/s.exec(html)![1]!;
    expect(JSON.parse(data).requests[0].name).toBe(evil);
  });

  it('keeps JSON from ending its script', () => {
    const text = scriptJson({ a: '</script><!--\u2028' });
    expect(text).not.toMatch(/[<\u2028]/);
    expect(JSON.parse(text)).toEqual({ a: '</script><!--\u2028' });
  });

  it('allows its own program and nothing from elsewhere', () => {
    const html = page(normalCase(4, 2));
    const program = /<script>(.*)<\/script>/s.exec(html)![1]!;
    const hash = createHash('sha256').update(program).digest('base64');
    expect(html).toContain(`script-src 'sha256-${hash}'`);
    expect(html).toContain("default-src 'none'");
    const addresses = html.match(/https?:\/\/[^\s"'`<]*/g) ?? [];
    expect(new Set(addresses)).toEqual(new Set(['http://www.w3.org/2000/svg']));
    expect(html.match(/<link|@import|url\((?!#)/g)).toBeNull();
  });

  it('gives the same bytes for the same run', () => {
    expect(page(normalCase(4, 2))).toBe(page(normalCase(4, 2)));
  });

  it('tells verdict, expectations and the contradicting messages side by side', () => {
    const html = page(normalCase(4, 2));
    expect(html).toContain('<span class="verdict passed">PASSED</span>');
    expect(html.match(/✓ held/g)).toHaveLength(2);
    expect(html).toContain(
      '<tr class="differs"><th scope="row">batchDigest</th><td class="digest">aa</td>' +
        '<td class="digest">bb</td></tr>',
    );
    expect(html).toContain('<tr><th scope="row">sequence</th><td class="digest">4</td>');
  });

  it('marks a broken promise, and shows what came before it', () => {
    const violation = { checker: 'agreement', sequence: 3, replicas: [1, 2], atMs: 9 };
    const html = page([], {
      outcome: 'diverged',
      violations: [{ ...violation, detail: 'two decisions', trace: ['0->1 commit'] }],
      expectations: [{ name: 'outcome', expected: 'passed', actual: 'diverged', held: false }],
    });
    expect(html).toContain('<span class="verdict diverged">DIVERGED</span>');
    expect(html).toContain('✗ broken');
    expect(html).toContain('<pre>0-&gt;1 commit</pre>');
  });

  it('gives hostile clients a lane and a row', () => {
    const scenario = scenarioOf(
      'name: bad\nhostileClients: [{behaviour: conflict, requests: 24}]\nworkload: {clients: 1}',
    );
    const client = { behaviour: 'conflict', misdeeds: 24, asked: 48, answered: 47, honoured: 23 };
    const hostileClients = [{ ...client, throttledBy: [] }];
    const html = page([message({ from: 'hostile-0' })], { hostileClients }, scenario);
    expect(html).toContain('<th scope="row">hostile 0</th><td>conflict</td>');
    // Above the replicas, beside the honest clients.
    expect(html).toContain('data-lane="1" checked>hostile 0</label>');
  });

  it('says what it had no room for', () => {
    function* many() {
      for (let i = 0; i < maxMessages + 3; i++) yield message({ atMs: i / 100 });
    }
    const notes = (html: string) => html.match(/<p class="note">[^<]*/g);
    expect(notes(page(many(), { transport: 'simulated' }))).toEqual([
      '<p class="note">3 messages and 0 other events after 1.5 s are left out; ',
    ]);
    expect(notes(page(normalCase(4, 2), { transport: 'simulated' }))).toBeNull();
  });

  it('says how exact the times of real processes are', () => {
    const transport = 'libp2p' as const;
    expect(page(normalCase(4, 1), { transport })).toContain('about a millisecond');
    expect(page([], { transport })).not.toContain('about a millisecond');
    expect(page(normalCase(4, 1), { transport: 'simulated' })).not.toContain('about a millisecond');
  });

  it('measures nothing where nothing was answered', () => {
    const none = { issued: 0, rejected: { ...sample.rejected, total: 0 }, requests: [] };
    const html = page([], none);
    expect(html).toContain('<dt>latency p50</dt><dd>– <small>p99 –</small></dd>');
    expect(html).toContain('No request was answered.');
  });

  it('has everything needed to repeat the run', () => {
    const scenario = scenarioOf('name: two faced\nseed: 9\ntimeline: [{at: 1s, crash: 2}]');
    const html = page([], { seed: 9, transport: 'simulated' }, scenario);
    expect(html).toContain('npx hypermesh run two-faced.yaml --seed 9 --transport simulated');
    const written = /<pre id="scenario-text"[^>]*>(.*?)<\/pre>/s.exec(html)![1]!;
    const text = written.replaceAll('&gt;', '>').replaceAll('&quot;', '"').replaceAll('&#39;', "'");
    expect(text).toBe(writeScenario(scenario));
    expect(scenarioOf(text)).toEqual(scenario);
  });
});

describe('the program of the page', () => {
  it('is one script in which no import or export is left', () => {
    const script = pageScript();
    expect(() => new Function(script)).not.toThrow();
    expect(script).not.toMatch(/^\s*(import|export) /m);
  });

  it('knows every module a module asks for, before it asks', () => {
    const script = pageScript();
    const known = new Set<string>();
    let asked = 0;
    for (const [, wanted, made] of script.matchAll(
      /= modules\['([^']+)'\]|^modules\['([^']+)'\]/gm,
    )) {
      if (made !== undefined) known.add(made);
      if (wanted === undefined) continue;
      asked++;
      expect(known, wanted).toContain(wanted);
    }
    expect(asked).toBeGreaterThan(30);
  });

  it.each([
    {
      why: 'an import is a constant',
      text: "import { a, b as c } from './other.ts';\nexport const d = a + c;",
      expected: "const { a, b: c } = modules['other'];\nconst d = a + c;\nreturn { d };",
    },
    {
      why: 'what was built says .js',
      text: "import {\n  a,\n} from '../model/other.js';\nexport function d() {}",
      expected: "const {\n  a,\n} = modules['other'];\nfunction d() {}\nreturn { d };",
    },
    {
      why: 'a module of types only is nothing',
      text: 'export {};',
      expected: '\nreturn {  };',
    },
  ])('$why', ({ text, expected }) => {
    expect(asScript('./model/own.ts', text)).toBe(`modules['own'] = (() => {\n${expected}\n})();`);
  });
});

describe('the page of several reports', () => {
  it('lists every run with its verdict and a link', () => {
    const failed = { name: 'issued', expected: '9', actual: '1', held: false };
    const html = indexPage(
      [
        { href: 'a.html', result: sample },
        { href: 'b"c.html', result: { ...sample, outcome: 'failed', expectations: [failed] } },
      ],
      '1.2.3',
    );
    expect(html).toContain('<a href="a.html">two-faced</a>');
    expect(html).toContain('<a href="b%22c.html">');
    expect(html).toContain('<td class="held">✓ passed</td>');
    expect(html).toContain('<td class="broken">✗ failed</td>');
    expect(html).toContain('1 of 2 as expected');
  });
});
