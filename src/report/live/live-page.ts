import { scriptOf } from '../html/page-script.ts';
import { pageAround } from '../html/report-page.ts';
import { liveStyle } from './style.ts';

/** The page's program, in the order its modules need each other. */
const modules = [
  '../html/model/escape.ts',
  '../html/page/elements.ts',
  './model/ring.ts',
  './model/history.ts',
  './model/words.ts',
  './page/chaos.ts',
  './page/ring-view.ts',
  './page/replica-table.ts',
  './page/tiles.ts',
  './page/charts.ts',
  './page/happenings.ts',
  './page/main.ts',
] as const;

/** The page that `hypermesh cluster` serves: one file, its own style and program, no build step. */
export function livePage(): string {
  return pageAround('HyperMesh, live', body, scriptOf(modules, import.meta.url), {
    connect: "'self'",
    style: liveStyle,
  });
}

const looks = [
  ['up', 'up'],
  ['primary', 'primary'],
  ['troubled', 'recovering, suspected or frozen'],
  ['down', 'down or isolated'],
] as const;

function legend(): string {
  return looks
    .map(([look, words]) => {
      const dot = `<circle cx="7" cy="7" r="6" class="dot ${look}"/>`;
      return `<li><svg width="14" height="14" aria-hidden="true">${dot}</svg>${words}</li>`;
    })
    .join('');
}

const body = `<a class="skip" href="#replicas">Skip to the replicas</a>
<header><div>
<h1>HyperMesh <span class="verdict partial" id="health" role="status">connecting</span></h1>
<p class="facts" id="facts">Waiting for the cluster's first word.</p>
<dl class="tiles" id="tiles"></dl>
</div></header>
<main>
<div class="two">
<section aria-labelledby="ring-title"><h2 id="ring-title">The cluster now</h2>
<svg id="ring" viewBox="0 0 400 340" role="img" aria-label="The cluster now"></svg>
<ul class="legend" aria-label="Legend">
${legend()}
</ul></section>
<section aria-labelledby="charts-title"><h2 id="charts-title">The last two minutes</h2>
<div id="charts"></div></section>
</div>
<section id="chaos" aria-labelledby="chaos-title" hidden><h2 id="chaos-title">Break something</h2>
<p>Up to f replicas may be down, cut off or lying, and certificates are issued all the same.
Take one more, and nothing is issued until it is back: the cluster stops rather than guesses.</p>
<div class="bar">
<button type="button" id="request-one">Ask for a certificate</button>
<button type="button" id="heal-all">Heal all links</button>
<span id="chaos-answer" role="status"></span>
</div></section>
<section aria-labelledby="replicas-title"><h2 id="replicas-title">Replicas</h2>
<div class="scroll"><table id="replicas"><thead><tr>
<th scope="col">replica</th><th scope="col">process</th><th scope="col">standing</th>
<th scope="col" class="number">view</th><th scope="col" class="number">executed</th>
<th scope="col" class="number">checkpoint</th><th scope="col" class="number">links</th>
<th scope="col">problems</th><th scope="col" class="faults" hidden>faults</th>
</tr></thead><tbody></tbody></table></div></section>
<section aria-labelledby="happened-title"><h2 id="happened-title">What happened</h2>
<div class="bar"><label><input type="checkbox" id="only-trouble"> only trouble</label>
<span class="unknown" id="feed-state"></span></div>
<div class="scroll happened" tabindex="0" role="region" aria-label="Events, latest first">
<table id="happened"><thead class="sr"><tr><th scope="col">time</th><th scope="col">what</th>
<th scope="col">in words</th></tr></thead><tbody></tbody></table></div></section>
</main>
<footer>Each replica says this of itself; only a certificate proves anything.</footer>`;
