import type { LivePicture } from '../../../daemon/live.ts';
import { escapeHtml } from '../../html/model/escape.ts';
import { element } from '../../html/page/elements.ts';
import { healthOf, showCount, showMs } from '../model/words.ts';

/** The head of the page: how it stands, in one word, one sentence and six numbers. */
export function showTiles(picture: LivePicture, perSecond: number): void {
  const { cluster, certificates, replicas } = picture;
  const { word, sentence } = healthOf(picture);
  showHealth(word, sentence);
  const views = replicas.flatMap(({ said }) => (said === null ? [] : [said.view]));
  const executed = replicas.flatMap(({ said }) => (said === null ? [] : [said.sequence]));
  const latency = certificates.latencyMs;
  const tiles: readonly (readonly [string, string, string])[] = [
    ['certificates', showCount(certificates.issued), 'issued'],
    ['refused', showCount(certificates.refused), 'by the quorum'],
    ['pending', showCount(certificates.pending), 'no quorum yet'],
    ['answers', perSecond.toFixed(1), 'a second'],
    ['latency', latency === null ? '–' : showMs(latency.p50), latencyWords(latency)],
    ['view', views.length === 0 ? '–' : showCount(Math.max(...views)), 'highest'],
    ['executed', executed.length === 0 ? '–' : showCount(Math.max(...executed)), 'batches'],
  ];
  element('tiles', HTMLDListElement).innerHTML = tiles
    .map(([name, value, under]) => {
      return `<div><dt>${name}</dt><dd>${value}<small>${escapeHtml(under)}</small></dd></div>`;
    })
    .join('');
  document.title = `${word}: HyperMesh, ${cluster.n} replicas`;
  element('facts', HTMLParagraphElement).textContent =
    `${sentence} Cluster ${cluster.id.slice(0, 8)}, f = ${cluster.f}, profile ${cluster.profile}.`;
}

/** Also called when the page has lost the cluster. */
export function showHealth(word: string, sentence: string): void {
  const badge = element('health', HTMLSpanElement);
  // A status that is written anew is read aloud anew: only when it changed.
  if (badge.textContent !== word) badge.textContent = word;
  const look = word === 'healthy' ? '' : word === 'no quorum' ? ' failed' : ' partial';
  badge.className = `verdict${look}`;
  badge.title = sentence;
}

function latencyWords(latency: { readonly p90: number } | null): string {
  return latency === null ? 'no answer yet' : `median; p90 ${showMs(latency.p90)}`;
}
