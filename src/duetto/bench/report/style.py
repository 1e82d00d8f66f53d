"""How the report looks, light and dark, and its few lines of script: filtering, and seeking in a sound."""

from __future__ import annotations

from typing import Final

CSS: Final = """
:root { color-scheme: light dark; --page:#f5f3ec; --card:#fffefb; --edge:#ddd8ca; --grid:#e9e5d9; --ink:#22262e;
  --muted:#5c616b; --user:#2f6ca8; --other:#75559f; --agent:#cf5f38; --duck:#8a6a14; --good:#276a4b; --bad:#b23a48;
  --goodsoft:#3f7f6322; --badsoft:#b23a4826; }
@media (prefers-color-scheme: dark) { :root { --page:#15171b; --card:#1d2026; --edge:#353a43; --grid:#2b2f37;
  --ink:#e8e6df; --muted:#a5a9b2; --user:#6aa7e3; --other:#b294e0; --agent:#ee8660; --duck:#d9b24c; --good:#62bd92;
  --bad:#f0808c; --goodsoft:#62bd9226; --badsoft:#f0808c2e; } }
* { box-sizing:border-box; }
body { margin:0; background:var(--page); color:var(--ink);
  font:16px/1.5 Inter,"Helvetica Neue",Helvetica,Arial,"Liberation Sans","DejaVu Sans",sans-serif; }
header, main { max-width:1120px; margin:0 auto; padding:0 20px; }
header { padding-top:28px; } main { padding-bottom:60px; }
h1 { font-size:1.6rem; margin:0 0 4px; } h2 { font-size:1.2rem; margin:36px 0 12px; }
h3 { font-size:1rem; margin:0 0 4px; overflow-wrap:anywhere; }
header p { margin:2px 0; color:var(--muted); } code { font-size:.9em; overflow-wrap:anywhere; }
.none { color:var(--muted); } small { color:var(--muted); font-size:.8em; }
.cards { display:grid; gap:14px; grid-template-columns:repeat(auto-fill,minmax(min(340px,100%),1fr)); }
.card, figure, article { background:var(--card); border:1px solid var(--edge); border-radius:10px; padding:14px 16px;
  margin:0; min-width:0; }
.card.dev { border-style:dashed; }
.card h3 { color:var(--muted); font-weight:600; font-size:.9rem; }
.pair { display:grid; grid-template-columns:1fr 1fr; gap:16px; padding:8px 0; }
.pair + .pair { border-top:1px solid var(--grid); }
.side + .side { border-left:1px solid var(--grid); padding-left:16px; }
.side { min-width:0; } .side span { display:block; overflow-wrap:anywhere; }
.side .name, .side .of { font-size:.85rem; color:var(--muted); } .side .name { line-height:1.3; }
.side .value { font-size:1.5rem; font-weight:600; font-variant-numeric:tabular-nums; line-height:1.3; }
.scroll { overflow-x:auto; } table { border-collapse:collapse; width:100%; font-size:.93rem; }
th, td { text-align:left; padding:6px 12px 6px 0; border-bottom:1px solid var(--grid); font-weight:400;
  white-space:nowrap; }
thead th { color:var(--muted); font-size:.85rem; } tbody th, .total td { font-weight:600; }
tr.dev td { color:var(--muted); } .num { font-variant-numeric:tabular-nums; }
.share { width:84px; height:9px; margin-right:8px; vertical-align:middle; border-radius:3px; }
.share .ground { fill:var(--grid); } .share .full { fill:var(--good); } tr.dev .full { opacity:.55; }
details { margin-top:14px; } summary { cursor:pointer; }
.plots { display:grid; gap:14px; grid-template-columns:repeat(auto-fit,minmax(min(300px,100%),1fr)); }
.plot { width:100%; height:auto; display:block; } figcaption { font-size:.85rem; color:var(--muted); }
.key { white-space:nowrap; display:inline-block; }
.key::before { content:""; display:inline-block; width:9px; height:9px; border-radius:50%; margin:0 5px 0 10px;
  background:var(--agent); } .key.dev::before { background:var(--muted); }
svg text { fill:var(--ink); font-size:12px; } .grid { stroke:var(--grid); }
svg .tick { fill:var(--muted); font-size:11px; text-anchor:middle; } svg .tick.end { text-anchor:end; }
svg .tick.start { text-anchor:start; }
.curve { fill:none; stroke:var(--agent); stroke-width:1.5; opacity:.6; } .dot { fill:var(--agent); }
.curve.dev { stroke:var(--muted); } .dot.dev { fill:var(--muted); }
.filter { display:flex; flex-wrap:wrap; gap:12px; margin-bottom:14px; align-items:center; }
.filter select, .filter input { font:inherit; color:inherit; background:var(--card); border:1px solid var(--muted);
  border-radius:6px; padding:5px 8px; max-width:100%; }
article { margin-bottom:16px; } article[hidden] { display:none; }
article .about { margin:0 0 8px; color:var(--muted); }
.half { font-size:.8rem; font-weight:400; color:var(--muted); margin-left:8px; }
.timeline { width:100%; min-width:720px; height:auto; display:block; cursor:pointer; }
.timeline .lane { fill:var(--muted); } .timeline .word { font-size:12.5px; }
.bar.user { fill:var(--user); } .bar.other { fill:var(--other); } .bar.agent { fill:var(--agent); }
.duck { fill:var(--duck); stroke:var(--card); }
.window rect { fill:var(--goodsoft); stroke:var(--good); stroke-dasharray:3 3; stroke-opacity:.7; }
.window text { fill:var(--good); font-weight:600; }
.window.bad rect { fill:var(--badsoft); stroke:var(--bad); } .window.bad text { fill:var(--bad); }
.mark circle { fill:var(--card); stroke:var(--bad); stroke-width:2; } .mark path { stroke:var(--bad); stroke-width:2; }
.cursor { stroke:var(--ink); stroke-width:1.5; pointer-events:none; }
.verdicts { list-style:none; padding:0; margin:10px 0; } .verdicts li { margin:8px 0; padding-left:26px;
  position:relative; overflow-wrap:anywhere; }
.verdicts li::before { content:"✓"; position:absolute; left:4px; color:var(--good); font-weight:700; }
.verdicts li.bad::before { content:"✗"; color:var(--bad); } .verdicts .why { display:block; }
.verdicts li.bad .why, .error { color:var(--bad); font-weight:600; } .verdicts .wish { color:var(--muted); }
audio { width:100%; max-width:560px; display:block; } a { color:var(--user); }
:focus-visible { outline:3px solid var(--user); outline-offset:2px; }
@media (max-width:500px) { header, main { padding-left:12px; padding-right:12px; } .card, figure, article {
  padding:12px; } table { font-size:.85rem; } th, td { padding-right:8px; white-space:normal; }
  .share { display:block; width:52px; } }
"""

SCRIPT: Final = """
"use strict";
const suite = document.getElementById("suite"), half = document.getElementById("half");
const words = document.getElementById("words"), shown = document.getElementById("shown");
const cases = [...document.querySelectorAll("article[data-suite]")];
function filter() {
  const text = words.value.toLowerCase(); let count = 0;
  for (const one of cases) {
    one.hidden = (suite.value && one.dataset.suite !== suite.value) || (half.value && one.dataset.half !== half.value)
      || !one.dataset.text.toLowerCase().includes(text);
    if (!one.hidden) count += 1;
  }
  shown.textContent = count + " shown";
}
if (suite) for (const field of [suite, half, words]) field.addEventListener("input", filter);
for (const one of cases) {
  const picture = one.querySelector(".timeline"), sound = one.querySelector("audio");
  if (!sound || !picture) continue;
  const left = +picture.dataset.left, right = +picture.dataset.right, length = +picture.dataset.length;
  const box = picture.viewBox.baseVal;
  const cursor = document.createElementNS(picture.namespaceURI, "line");
  cursor.setAttribute("class", "cursor"); cursor.setAttribute("y1", 20); cursor.setAttribute("y2", box.height - 22);
  const follow = () => {
    const x = box.width * (left + (right - left) * Math.min(sound.currentTime / length, 1));
    cursor.setAttribute("x1", x); cursor.setAttribute("x2", x); picture.append(cursor);
    if (!sound.paused) requestAnimationFrame(follow);
  };
  sound.addEventListener("play", follow); sound.addEventListener("seeked", follow);
  picture.addEventListener("click", event => {
    const all = picture.getBoundingClientRect(), share = (event.clientX - all.left) / all.width;
    sound.currentTime = Math.max(0, (share - left) / (right - left) * length); follow(); sound.play();
  });
}
"""
