import type { LiveEvent, LivePicture } from '../../../daemon/live.ts';
import { element } from '../../html/page/elements.ts';
import { History, ratesOf } from '../model/history.ts';
import { addChaos, showChaos } from './chaos.ts';
import { showCharts } from './charts.ts';
import { Happenings } from './happenings.ts';
import { ReplicaTable } from './replica-table.ts';
import { RingView } from './ring-view.ts';
import { showHealth, showTiles } from './tiles.ts';

const history = new History();
const ring = new RingView();
const table = new ReplicaTable();
let trustchain = '';
const happenings = new Happenings((serial) => `${trustchain}/certificates/${serial}`);
const feedState = element('feed-state', HTMLSpanElement);

function show(picture: LivePicture): void {
  trustchain = picture.cluster.trustchain ?? trustchain;
  const { answers, trouble } = history.until(picture.atMs);
  showTiles(picture, ratesOf(answers, picture.atMs).at(-1)?.perSecond ?? 0);
  ring.show(picture);
  table.show(picture);
  showChaos(picture);
  showCharts(answers, trouble, picture.atMs);
}

// The browser reconnects by itself and says which event it saw last.
const source = new EventSource('/live/events');
source.addEventListener('open', () => {
  feedState.textContent = 'live';
});
source.addEventListener('error', () => {
  feedState.textContent = 'reconnecting';
  showHealth('connection lost', 'Trying to reach the cluster again.');
});
source.addEventListener('picture', (event) => show(JSON.parse(event.data) as LivePicture));
source.addEventListener('happened', (event) => {
  const happened = JSON.parse(event.data) as LiveEvent;
  history.add(happened);
  happenings.add(happened);
});
addChaos();
