/** What the live page needs beyond the style of all pages. */
export const liveStyle = `
.two{display:grid;grid-template-columns:minmax(0,5fr) minmax(0,6fr);gap:1.6rem}
#ring{display:block;width:100%;max-height:360px}
#ring line{stroke:var(--rule);stroke-width:1.5}
#ring line.cut{stroke:var(--bad);stroke-dasharray:5 4}
#ring text{fill:var(--ink);font-size:12px;text-anchor:middle}
#ring .name{font-weight:700;fill:var(--paper);font-size:14px}
#ring .small{fill:var(--muted);font-size:11px}
.dot{stroke:none;fill:var(--commit)}
.dot.up{fill:var(--commit)}
.dot.primary{fill:var(--prePrepare)}
.dot.troubled{fill:var(--warn)}
.dot.down{fill:var(--bad)}
#ring .pulse{fill:none;stroke:var(--accent);stroke-width:2;opacity:0}
#ring .pulse.moved{animation:pulse .7s ease-out}
@keyframes pulse{from{opacity:.9;r:22px}to{opacity:0;r:36px}}
@media(prefers-reduced-motion:reduce){#ring .pulse.moved{animation:none}}
#charts figure{margin:0 0 1rem}
#charts path.line{fill:none;stroke:var(--prePrepare);stroke-width:2}
#charts path.area{fill:var(--prePrepare);fill-opacity:.14}
#charts circle{fill:var(--prePrepare)}
#charts circle.refused{fill:var(--viewChange)}
#charts .trouble{stroke:var(--viewChange);stroke-width:1.5;stroke-dasharray:4 3}
#happened td{white-space:nowrap}
#happened td:last-child{white-space:normal;width:100%}
.kind{display:inline-block;border-radius:99px;padding:0 .55rem;font-size:.8rem;
border:1px solid currentColor}
.kind.issued,.kind.healed{color:var(--good)}
.kind.refused,.kind.viewChange,.kind.revoked{color:var(--warn)}
.kind.evidence,.kind.isolated,.kind.fault,.kind.process{color:var(--bad)}
.state-up{color:var(--good)}
.state-down,.standing-isolated{color:var(--bad);font-weight:600}
.state-frozen,.state-starting,.standing-suspected,.standing-recovering{color:var(--warn)}
td .bar{margin:0}
td button{font-size:.85rem;padding:.05rem .5rem}
tr.primary th::after{content:" ★";color:var(--prePrepare)}
@media(max-width:800px){.two{grid-template-columns:1fr}}
`;
