import { darkPalette, lightPalette, type Palette } from './model/colours.ts';

function variables(palette: Palette): string {
  return Object.entries(palette)
    .map(([name, colour]) => `--${name}:${colour}`)
    .join(';');
}

/** The look of the page; the palette is where screen, paper, light and dark differ. */
export function styleSheet(): string {
  return `:root{${variables(lightPalette)};color-scheme:light dark}
@media screen and (prefers-color-scheme:dark){:root{${variables(darkPalette)}}}
${rules}`;
}

const rules = `*{box-sizing:border-box}
html{scroll-padding-top:3.4rem}
body{margin:0;background:var(--paper);color:var(--ink);
font:15px/1.5 system-ui,-apple-system,"Segoe UI",Roboto,"DejaVu Sans",sans-serif}
main,header>div,footer{max-width:1280px;margin:0 auto;padding:0 24px}
header{border-bottom:1px solid var(--rule);background:var(--panel);padding:22px 0 16px}
h1{font-size:1.75rem;line-height:1.2;margin:0 0 .2rem;overflow-wrap:anywhere}
h2{font-size:1.2rem;margin:2.4rem 0 .7rem}
h3{font-size:1rem;margin:1.4rem 0 .5rem}
p{margin:.4rem 0 .8rem;max-width:80ch}
a{color:var(--accent)}
nav{position:sticky;top:0;z-index:2;background:var(--paper);border-bottom:1px solid var(--rule)}
nav ul{max-width:1280px;margin:0 auto;padding:.5rem 24px;display:flex;flex-wrap:wrap;gap:0 1.3rem;
list-style:none}
nav a{text-decoration:none;font-weight:500}
nav a:hover{text-decoration:underline}
.skip{position:absolute;left:-999rem}
.skip:focus{left:24px;top:4px;background:var(--paper);padding:4px 8px;z-index:3}
.verdict{display:inline-block;padding:.15rem .6rem;border-radius:6px;font-weight:700;
letter-spacing:.04em;color:var(--paper);background:var(--good);margin-right:.5rem}
.verdict.failed,.verdict.diverged{background:var(--bad)}
.verdict.stalled,.verdict.partial{background:var(--warn)}
.facts{color:var(--muted);margin:.5rem 0 0}
.tiles{display:grid;grid-template-columns:repeat(auto-fit,minmax(110px,1fr));gap:10px;
margin:1.3rem 0 0;padding:0}
.tiles div{border:1px solid var(--rule);border-radius:8px;padding:.5rem .8rem;
background:var(--panel)}
.tiles dt{color:var(--muted);font-size:.82rem;white-space:nowrap}
.tiles dd{margin:0;font-size:1.28rem;font-weight:600;font-variant-numeric:tabular-nums}
.tiles small{display:block;font-size:.8rem;font-weight:400;color:var(--muted)}
table{border-collapse:collapse;width:100%;font-variant-numeric:tabular-nums}
th,td{text-align:left;padding:.3rem .6rem;border-bottom:1px solid var(--rule);vertical-align:top;
overflow-wrap:anywhere}
thead th{color:var(--muted);font-weight:600;white-space:nowrap;background:var(--panel)}
tbody th{font-weight:500}
caption{text-align:left;color:var(--muted);padding:.2rem 0 .5rem}
.number{text-align:right}
#request-table tbody th{white-space:nowrap}
#request-table .digest span{display:block;max-width:12ch;overflow:hidden;
text-overflow:ellipsis;white-space:nowrap}
#request-table tr:hover .digest span{max-width:none;white-space:normal}
#request-table .why{min-width:15rem}
th.broken,td button{white-space:nowrap}
.narrow{width:auto;min-width:min(100%,40rem)}
.scroll{overflow-x:auto}
.digest,code,pre{font-family:ui-monospace,"SF Mono",Menlo,Consolas,"DejaVu Sans Mono",monospace;
font-size:.82rem}
.digest{overflow-wrap:anywhere}
.held,.valid,tr.issued .outcome{color:var(--good)}
.broken,.proof .failed,tr.rejected .outcome{color:var(--bad)}
.unknown{color:var(--muted)}
tr.pending .outcome{color:var(--warn)}
.proof small{display:block;color:var(--muted)}
.differs th,.differs td{background:color-mix(in srgb,var(--bad) 12%,transparent)}
.differs th::before{content:"≠ ";color:var(--bad);font-weight:700}
.accusation{border:1px solid var(--rule);border-left:4px solid var(--bad);border-radius:8px;
padding:.2rem 1rem 1rem;margin:0 0 1rem}
.accusation td{width:42%}
.note{border-left:4px solid var(--warn);background:var(--panel);padding:.5rem .9rem;
border-radius:0 6px 6px 0}
pre{background:var(--panel);border:1px solid var(--rule);border-radius:8px;padding:.8rem 1rem;
overflow-x:auto;margin:.4rem 0}
button,input,select{font:inherit;color:inherit;background:var(--paper);
border:1px solid var(--muted);border-radius:6px;padding:.22rem .6rem}
button{cursor:pointer}
button:hover{border-color:var(--accent);color:var(--accent)}
button:disabled{opacity:.5;cursor:default}
:focus-visible{outline:3px solid var(--accent);outline-offset:2px}
.bar{display:flex;flex-wrap:wrap;gap:.4rem .7rem;align-items:center;margin:.5rem 0}
.bar label{display:inline-flex;gap:.35rem;align-items:center}
.bar .grow{flex:1 1 14rem}
.bar input[type=number]{width:7.5rem}
.bar .grow input{flex:1}
fieldset{border:0;margin:.3rem 0;padding:0;display:flex;flex-wrap:wrap;gap:.3rem .4rem;
align-items:center}
legend{float:left;color:var(--muted);padding:0;margin-right:.5rem;min-width:4.8rem}
.chip{display:inline-flex;gap:.35rem;align-items:center;border:1px solid var(--rule);
border-radius:99px;padding:.05rem .6rem .05rem .4rem;cursor:pointer;font-size:.88rem}
.chip i{width:18px;height:3px;border-radius:2px}
.chip input{margin:0;accent-color:var(--accent)}
.chip small{color:var(--muted)}
#stage{position:relative;border:1px solid var(--rule);border-radius:8px;margin:.5rem 0;
touch-action:pan-y}
#stage canvas,#overview canvas{display:block;width:100%}
#stage canvas{cursor:crosshair}
#overview{border:1px solid var(--rule);border-radius:8px;overflow:hidden;touch-action:none}
#overview canvas{cursor:ew-resize}
#tip{position:absolute;pointer-events:none;background:var(--ink);color:var(--paper);
border-radius:6px;padding:.15rem .5rem;font-size:.8rem;white-space:nowrap;z-index:1}
.under{display:grid;grid-template-columns:minmax(0,1fr) minmax(0,1fr);gap:1.4rem;
margin-top:.8rem}
.legend{list-style:none;padding:0;margin:.4rem 0;display:flex;flex-wrap:wrap;gap:.15rem 1.1rem;
font-size:.85rem;color:var(--muted)}
.legend svg{vertical-align:-3px;margin-right:.3rem}
.happened{max-height:22rem;overflow:auto;border:1px solid var(--rule);border-radius:8px}
.happened td:first-child{white-space:nowrap;text-align:right}
.happened button{padding:0 .4rem;border-color:var(--rule);font-size:.85rem}
.charts{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(100%,420px),1fr));gap:1.4rem}
figure{margin:0}
figcaption{font-weight:600;margin-bottom:.3rem}
figure svg{display:block;width:100%;height:auto;overflow:visible}
figure text{fill:var(--muted);font-size:11px}
figure .axis{stroke:var(--rule)}
figure .bar-issued{fill:var(--prePrepare)}
figure .bar-rejected{fill:var(--viewChange)}
figure .mark{stroke:var(--ink);stroke-dasharray:3 3}
figure .mark-text{fill:var(--ink);paint-order:stroke;stroke:var(--paper);stroke-width:3px}
figure .fault{fill:var(--warn);fill-opacity:.16}
figure .change{stroke:var(--viewChange);stroke-width:1.5;stroke-dasharray:4 3}
kbd{border:1px solid var(--rule);border-bottom-width:2px;border-radius:4px;padding:0 .3rem;
font-size:.78rem;background:var(--panel)}
th button{border:0;background:none;padding:0;font-weight:600;color:inherit}
th[aria-sort=ascending] button::after{content:" ▲"}
th[aria-sort=descending] button::after{content:" ▼"}
details{margin:.6rem 0}
summary{cursor:pointer;color:var(--muted)}
footer{color:var(--muted);padding:2rem 24px 3rem}
.sr{position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%)}
#printed,.paper{display:none}
@media(max-width:800px){.under{grid-template-columns:1fr}}
@media print{
@page{margin:14mm 12mm}
body{font-size:10pt}
header{background:none;padding-top:0}
main,header>div,footer{max-width:none;padding:0}
nav,.skip,.bar,fieldset,#overview,#stage,button,.screen,#details{display:none!important}
#printed{display:block}
.paper{display:inline}
#printed svg{width:100%;height:auto}
th button{display:inline!important}
.happened{max-height:none;overflow:visible;border:0}
.under{display:block}
h2,h3{break-after:avoid}
#request-table{font-size:7.5pt}
#request-table th,#request-table td{padding:.2rem .3rem;white-space:normal}
#request-table .digest{font-size:6.5pt}
#request-table .digest span{max-width:none;white-space:normal}
#request-table .why{min-width:0}
#request-table tbody th{white-space:nowrap}
.tiles{grid-template-columns:repeat(5,1fr)}
.accusation,figure,tr{break-inside:avoid}
.scroll{overflow:visible}
pre{white-space:pre-wrap}
.verdict{color:#000;background:none;border:2px solid}
}`;
