"use strict";(self.rspackChunkftwidgets_labextension=self.rspackChunkftwidgets_labextension||[]).push([[1],{26(t,e,a){var r=a(24),o=a.n(r),i=a(25),n=(a.n(i))()(o());n.push([t.id,`/* Colours, text sizes and the 8-pixel grid. In JupyterLab they follow its theme, elsewhere the second value counts.
   Text on its background has a contrast of 4.5 or more, lines and marks 3 or more (tests/design). */
.ftw-panel, .ftw-live, .ftw-static, .ftw-page {
  --ftw-space-half: 4px; --ftw-space: 8px; --ftw-space-2: 16px; --ftw-space-3: 24px; --ftw-radius: 6px;
  --ftw-columns: 2; /* of answers side by side */
  --ftw-room: 480px; /* of the window, for a part that scrolls by itself; live.js measures it */
  --ftw-small: 12px; --ftw-text: 13px; --ftw-large: 16px;
  --ftw-font: var(--jp-ui-font-family, system-ui, -apple-system, "Segoe UI", sans-serif);
  --ftw-mono: var(--jp-code-font-family, ui-monospace, "SF Mono", Consolas, "DejaVu Sans Mono", monospace);
  --ftw-paper: var(--jp-layout-color1, #ffffff);
  --ftw-shade: var(--jp-layout-color2, #f3f5f7);
  --ftw-ink: var(--jp-ui-font-color1, #1f2328);
  --ftw-soft: #57606a;
  --ftw-line: var(--jp-border-color2, #d0d7de);
  --ftw-edge: #8a929b; /* around an input or a choice */
  --ftw-link: #0a58a8;
  --ftw-ok: #1a6b32; --ftw-ok-tint: #e2f3e6;
  --ftw-wrong: #b3261e; --ftw-wrong-tint: #fbe7e5;
  --ftw-warning: #7a4a00; --ftw-warning-tint: #fff0cf;
  --ftw-busy: #0b5cad; --ftw-busy-tint: #e0edfa;
  --ftw-user-tint: #e8eef6; --ftw-assistant-tint: #e9f4ea;
  --ftw-line-1: #1e78d0; --ftw-line-2: #d35400; --ftw-line-3: #2e8b3d; --ftw-line-4: #8660cc; --ftw-line-5: #d0346d;
  --ftw-line-6: #8d6e63;
}
[data-jp-theme-light="false"] :is(.ftw-panel, .ftw-live, .ftw-static) { color-scheme: dark; }
.ftw-page { color-scheme: light dark; }
@media (prefers-color-scheme: dark) {
  .ftw-page { --ftw-paper: #14171a; --ftw-shade: #1d2126; --ftw-ink: #e6e8ea; --ftw-line: #3a424b; }
}
/* The dark values, once. design/__init__.py puts them where they hold: under JupyterLab's dark theme, which sets paper, shade,
   ink and line itself, and in a page of ours for a reader whose system is dark. */
[data-jp-theme-light="false"] :is(.ftw-panel, .ftw-live, .ftw-static) {
  --ftw-soft: #b3bac2; --ftw-edge: #868e97; --ftw-link: #84bdf5;
  --ftw-ok: #7fd498; --ftw-ok-tint: #16301d;
  --ftw-wrong: #ff9a91; --ftw-wrong-tint: #3d1a17;
  --ftw-warning: #f0c25c; --ftw-warning-tint: #372a0c;
  --ftw-busy: #8dbdf0; --ftw-busy-tint: #14283d;
  --ftw-user-tint: #1f2b3a; --ftw-assistant-tint: #1b2f20;
  --ftw-line-1: #4a9ae6; --ftw-line-2: #ef7d2f; --ftw-line-3: #4cae5c; --ftw-line-4: #a585e0; --ftw-line-5: #e5629a;
  --ftw-line-6: #ad9086;
}
/* The parts. Each is made by a function of the same name in ftwidgets/widgets/base/markup.py, and shown in docs/design.md. */
.ftw-live, .ftw-static {
  color: var(--ftw-ink); font-family: var(--ftw-font); font-size: var(--jp-ui-font-size1, var(--ftw-text)); line-height: 1.45;
}
.ftw-live { margin: 2px; min-width: 0; }
.ftw-live h3 { margin: 0; font-size: var(--ftw-large); line-height: 1.3; font-weight: 600; }
.ftw-live h4 { margin: var(--ftw-space) 0 var(--ftw-space-half); font-size: 1em; font-weight: 600; }
.ftw-live p { margin: var(--ftw-space-half) 0; overflow-wrap: anywhere; }
.ftw-live ul { margin: var(--ftw-space-half) 0; padding-left: 20px; }
.ftw-help, .ftw-soft { color: var(--ftw-soft); font-size: var(--ftw-small); }

/* Status line: done, failed, to be looked at, at work */
.ftw-ok, .ftw-wrong, .ftw-warning, .ftw-busy { border-left: 4px solid; padding: 2px 0 2px var(--ftw-space); }
.ftw-ok { border-left-color: var(--ftw-ok); }
.ftw-wrong { border-left-color: var(--ftw-wrong); }
.ftw-warning { border-left-color: var(--ftw-warning); }
.ftw-busy { border-left-color: var(--ftw-busy); }

/* Card and verdict: the first thing to read */
.ftw-card { background: var(--ftw-shade); border: 1px solid var(--ftw-line); border-radius: var(--ftw-radius);
  padding: var(--ftw-space) var(--ftw-space-2); margin: var(--ftw-space) 0; }
.ftw-verdict { font-size: var(--ftw-large); font-weight: 600; line-height: 1.35; }
.ftw-figures { display: flex !important; flex-wrap: wrap; gap: var(--ftw-space); margin: var(--ftw-space) 0; }
.ftw-figures > div { background: var(--ftw-shade); border: 1px solid var(--ftw-line); border-radius: var(--ftw-radius);
  padding: var(--ftw-space-half) var(--ftw-space-2); min-width: 96px; }
.ftw-figures dt, .ftw-figures dd { float: none; width: auto; height: auto; padding: 0; } /* JupyterLab floats them */
.ftw-figures dt { color: var(--ftw-soft); font-size: var(--ftw-small); font-weight: 400; }
.ftw-figures dd { margin: 0; font-size: var(--ftw-large); font-weight: 600; font-variant-numeric: tabular-nums; }

.ftw-card-ok { border-left: 4px solid var(--ftw-ok); }
.ftw-card-wrong { border-left: 4px solid var(--ftw-wrong); }
.ftw-card-warning { border-left: 4px solid var(--ftw-warning); }

/* A line of a chip, a name that is cut where there is no room, a button; and a bar with its figures */
.ftw-line, .ftw-progress { display: flex; align-items: center; gap: var(--ftw-space); min-width: 0; }
.ftw-line > button { flex: none; white-space: nowrap; }
.ftw-cut { overflow: hidden; text-overflow: ellipsis; white-space: nowrap; min-width: 0; }
@container (max-width: 420px) { .ftw-cut { white-space: normal; overflow-wrap: anywhere; } }
.ftw-progress progress { flex: 0 1 240px; min-width: 60px; height: 12px; }
.ftw-progress > span { font-variant-numeric: tabular-nums; white-space: nowrap; }

/* The legend of a chart */
.ftw-live .ftw-legend { list-style: none; padding: 0; min-height: 2.9em; }

/* Chip: a state in a word */
.ftw-chip { display: inline-block; border-radius: 10px; padding: 0 var(--ftw-space); font-size: var(--ftw-small); line-height: 20px;
  font-weight: 600; white-space: nowrap; background: var(--ftw-shade); color: var(--ftw-ink); border: 1px solid var(--ftw-line); }
.ftw-chip-ok { background: var(--ftw-ok-tint); color: var(--ftw-ok); border-color: currentColor; }
.ftw-chip-wrong { background: var(--ftw-wrong-tint); color: var(--ftw-wrong); border-color: currentColor; }
.ftw-chip-warning { background: var(--ftw-warning-tint); color: var(--ftw-warning); border-color: currentColor; }
.ftw-chip-busy { background: var(--ftw-busy-tint); color: var(--ftw-busy); border-color: currentColor; }

/* Bubbles: a conversation */
.ftw-chat { display: flex; flex-direction: column; gap: var(--ftw-space); margin: var(--ftw-space) 0; }
.ftw-bubble { border-radius: 10px; padding: var(--ftw-space-half) 12px; max-width: 85%; width: fit-content; overflow-wrap: anywhere;
  background: var(--ftw-shade); border: 1px solid transparent; box-sizing: border-box; }
.ftw-bubble > p { margin: 0; white-space: pre-wrap; }
.ftw-bubble > .ftw-who { color: var(--ftw-soft); font-size: var(--ftw-small); white-space: normal; }
.ftw-bubble-user { background: var(--ftw-user-tint); align-self: flex-end; border-bottom-right-radius: 2px; }
.ftw-bubble-assistant { background: var(--ftw-assistant-tint); border-bottom-left-radius: 2px; }
.ftw-bubble-system { max-width: 100%; border: 1px dashed var(--ftw-line); background: none; }
.ftw-bubble-trained { border-color: var(--ftw-ok); }
.ftw-live mark { background: var(--ftw-warning-tint); color: inherit; border-bottom: 2px solid var(--ftw-warning); padding: 0; }

/* Answers side by side: a prompt over the whole width, then a column for each model */
.ftw-compare { display: grid; gap: var(--ftw-space) var(--ftw-space-2); grid-template-columns: repeat(auto-fit,
  minmax(min(100%, max(200px, (100% - (var(--ftw-columns) - 1) * var(--ftw-space-2)) / var(--ftw-columns))), 1fr)); }
.ftw-compare-3 { --ftw-columns: 3; }
.ftw-compare-4 { --ftw-columns: 4; }
.ftw-compare > .ftw-bubble-user, .ftw-compare > .ftw-stale-note { grid-column: 1 / -1; justify-self: end; }
.ftw-compare > .ftw-stale-note { justify-self: start; margin: 0; max-width: none; }
.ftw-compare > .ftw-bubble-assistant { max-width: 100%; width: auto; }

/* Blind vote: the buttons keep their places above the pair; the result's interval */
.ftw-vote progress { display: block; appearance: none; width: 100%; height: 6px; border: 0; border-radius: 3px; background: var(--ftw-line); }
.ftw-vote progress::-webkit-progress-bar { background: var(--ftw-line); border-radius: 3px; }
.ftw-vote progress::-webkit-progress-value { background: var(--ftw-busy); border-radius: 3px; }
.ftw-vote progress::-moz-progress-bar { background: var(--ftw-busy); border-radius: 3px; }
.ftw-vote-buttons { display: flex; flex-wrap: wrap; gap: var(--ftw-space); margin: var(--ftw-space) 0; }
.ftw-vote-buttons > span { flex: 1; }
.ftw-live .ftw-vote-buttons > button { border-color: var(--ftw-edge); line-height: 30px; }
.ftw-live .ftw-vote kbd { font-family: inherit; font-size: var(--ftw-small); color: var(--ftw-soft); margin-left: 4px; }
.ftw-live .ftw-vote:focus-visible, .ftw-live .ftw-verdict:focus-visible { outline: none; }
.ftw-vote-interval { max-width: 480px; }
.ftw-vote-interval > svg { display: block; width: 100%; }
.ftw-live .ftw-vote-ends { display: flex; justify-content: space-between; margin: 0; color: var(--ftw-soft); font-size: var(--ftw-small); }

/* Folded section */
.ftw-live summary { cursor: pointer; width: fit-content; font-weight: 600; padding: 2px 0; }
.ftw-live summary { list-style-type: "\\25b8  "; }
.ftw-live details[open] > summary { list-style-type: "\\25be  "; }
.ftw-live details > :not(summary) { margin-left: 2px; }

/* Nothing there yet; at work; shown for other input than the fields hold now */
.ftw-empty { border: 1px dashed var(--ftw-edge); border-radius: var(--ftw-radius); padding: var(--ftw-space-2); color: var(--ftw-soft);
  margin: var(--ftw-space) 0; }
.ftw-loading::after { content: ""; display: inline-block; width: 24px; text-align: left; animation: ftw-dots 1.2s steps(4) infinite; }
@keyframes ftw-dots { 0% { content: ""; } 25% { content: "."; } 50% { content: ".."; } 75% { content: "..."; } }
.ftw-stale > :not(.ftw-stale-note) { opacity: 0.75; }
.ftw-stale-note { color: var(--ftw-warning); font-size: var(--ftw-small); font-weight: 600; }

/* Tables */
.ftw-wide { overflow-x: auto; max-width: 100%; }
.ftw-live table { border-collapse: collapse; margin: var(--ftw-space) 0; font-size: inherit; }
.ftw-live caption { text-align: left; font-weight: 600; padding: 2px 0; }
.ftw-live th, .ftw-live td { border-bottom: 1px solid var(--ftw-line); padding: var(--ftw-space-half) 12px var(--ftw-space-half) 0;
  text-align: left; vertical-align: top; white-space: normal; }
.ftw-live thead th { color: var(--ftw-soft); font-size: var(--ftw-small); font-weight: 600; }
.ftw-live th:last-child, .ftw-live td:last-child { padding-right: 0; }
.ftw-live tr.ftw-joined > td { border-bottom: 0; padding-bottom: 0; }
.ftw-live .ftw-answers td { overflow-wrap: anywhere; }
@container (max-width: 560px) {
  .ftw-live .ftw-answers th, .ftw-live .ftw-answers td { padding-right: 6px; }
  .ftw-live .ftw-answers :is(th, td):is(:first-child, :last-child) { overflow-wrap: normal; white-space: nowrap; }
}
.ftw-live td.ftw-number, .ftw-live th.ftw-number { text-align: right; font-variant-numeric: tabular-nums; }

/* Dots with intervals on one axis, drawn in the cells of a table */
.ftw-live .ftw-dotplot { width: 100%; max-width: 720px; }
.ftw-live .ftw-dotplot th, .ftw-live .ftw-dotplot td { border-bottom: 0; vertical-align: middle; padding: 2px 16px 2px 0; }
.ftw-live .ftw-dotplot td:last-child, .ftw-live .ftw-dotplot th:last-child { padding-right: 0; white-space: nowrap; }
.ftw-live .ftw-dotplot tbody th { font-weight: 400; overflow-wrap: break-word; min-width: 64px; max-width: 160px; }
.ftw-live .ftw-dotplot td:nth-child(2) { width: 60%; min-width: 90px; padding-top: 0; padding-bottom: 0; }
.ftw-axis, .ftw-track { position: relative; height: 1.5em; margin: 0 6px; }
.ftw-track { height: 2em; }
.ftw-axis > span { position: absolute; transform: translateX(-50%); font-weight: 400; }
.ftw-track > i { position: absolute; top: 0; bottom: 0; }
@container (max-width: 480px) {
  .ftw-axis > span:not(:first-child, :last-child) { display: none; }
  .ftw-live .ftw-dotplot th, .ftw-live .ftw-dotplot td { padding-right: 6px; }
  .ftw-live .ftw-dotplot td:last-child, .ftw-live .ftw-dotplot th:last-child { white-space: normal; }
  .ftw-live .ftw-dotplot td:nth-child(2) { min-width: 50px; }
}
.ftw-tick { border-left: 1px solid var(--ftw-line); }
.ftw-track > .ftw-bar { top: 50%; height: 3px; bottom: auto; margin-top: -1px; background: var(--ftw-line-1); }
.ftw-track > .ftw-dot { top: 50%; bottom: auto; width: 12px; height: 12px; margin: -6px 0 0 -6px; border-radius: 50%; background: var(--ftw-line-1); }

/* Code, with its button in the corner */
.ftw-live pre { background: var(--jp-cell-editor-background, var(--ftw-shade)); color: var(--jp-content-font-color1, var(--ftw-ink));
  border: 1px solid var(--ftw-line); border-radius: 4px; padding: var(--ftw-space); margin: var(--ftw-space-half) 0; white-space: pre;
  overflow-x: auto; font-family: var(--ftw-mono); font-size: var(--jp-code-font-size, var(--ftw-text)); }
.ftw-code { position: relative; }
.ftw-code > button { position: absolute; top: 4px; right: 4px; }
.ftw-code > pre { padding-top: 34px; }

/* Buttons in our own HTML look like ipywidgets' buttons */
.ftw-live button { font: inherit; color: inherit; background: var(--ftw-shade); cursor: pointer;
  border: 1px solid transparent; border-radius: 4px; padding: 0 10px; line-height: 26px; }
.ftw-live button:hover { border-color: var(--ftw-edge); }
.ftw-live button[aria-pressed="true"] { border-color: var(--ftw-link); font-weight: 600; }
.ftw-live button[aria-disabled="true"] { color: var(--ftw-soft); background: none; border: 1px dashed var(--ftw-line); cursor: default; }
.ftw-live button.ftw-copy { padding: 0 6px; line-height: 18px; font-size: var(--ftw-small); margin: 0 4px; }
.ftw-live .ftw-line > button.ftw-copy { margin: 0; }
.ftw-live button:focus-visible, .ftw-wide:focus-visible, .ftw-live summary:focus-visible, .ftw-live pre:focus-visible {
  outline: 2px solid var(--ftw-link); outline-offset: 1px; }

/* For a reader who asked for less motion nothing moves: no dots, no fading, no bar that runs to and fro */
@media (prefers-reduced-motion: reduce) {
  :is(.ftw-panel, .ftw-live), :is(.ftw-panel, .ftw-live) *, :is(.ftw-panel, .ftw-live) ::before, :is(.ftw-panel, .ftw-live) ::after {
    animation: none !important; transition: none !important; scroll-behavior: auto !important; }
  .ftw-loading::after { content: "..."; }
  .ftw-live progress:indeterminate { appearance: none; border: 1px solid var(--ftw-edge); border-radius: 3px;
    background: repeating-linear-gradient(135deg, var(--ftw-busy) 0 4px, var(--ftw-busy-tint) 4px 12px); }
  .ftw-live progress:indeterminate::-webkit-progress-bar { background: none; }
}
`,""]),a.d(e,{},{A:n})},23(t,e,a){var r=a(24),o=a.n(r),i=a(25),n=a.n(i),f=a(26),s=n()(o());s.i(f.A),s.push([t.id,`/* The panel and the item in the status bar. Colours, sizes and parts are those of ftwidgets/design (design.css is made from it). */

.ftw-lab-panel { display: flex; flex-direction: column; margin: 0; min-width: 200px; background: var(--ftw-paper); }
.ftw-lab-panel [hidden] { display: none !important; }
.ftw-lab-panel > header { flex: none; justify-content: space-between; padding: var(--ftw-space) var(--ftw-space-2) var(--ftw-space) 12px;
  border-bottom: 1px solid var(--ftw-line); }
.ftw-lab-panel h2 { margin: 0; font-size: var(--ftw-large); line-height: 1.5; font-weight: 600; }
.ftw-section { margin-top: var(--ftw-space-2); }
.ftw-count { color: var(--ftw-soft); font-size: var(--ftw-small); font-weight: 400; font-variant-numeric: tabular-nums; }
.ftw-lab-panel summary:hover { color: var(--ftw-link); }
.ftw-lab-panel summary > h3 { display: inline; }
.ftw-lab-panel h3 { margin: 0; font-size: var(--ftw-small); line-height: 1.5;
  text-transform: uppercase; letter-spacing: 0.04em; color: var(--ftw-soft); }
.ftw-lab-panel .ftw-card > h3 { margin: 0 0 var(--ftw-space-half); font-size: var(--ftw-text); color: var(--ftw-ink);
  text-transform: none; letter-spacing: 0; }
.ftw-lab-panel .ftw-card { padding: var(--ftw-space) 12px; }
.ftw-lab-panel pre { white-space: pre-wrap; overflow-wrap: anywhere; }
.ftw-lab-panel h4 { margin: 0; font-size: var(--ftw-text); font-weight: 600; line-height: 1.5; }
.ftw-lab-body { flex: 1 1 auto; min-height: 0; overflow-y: auto; padding: 0 12px var(--ftw-space-2); overflow-wrap: anywhere; }
.ftw-lab-notice { flex: none; margin: 0; padding: var(--ftw-space) 12px; border-top: 1px solid var(--ftw-line); font-size: var(--ftw-small); }
.ftw-lab-earlier { filter: grayscale(1); }

/* Rows. Those far from what is seen are neither laid out nor painted. */
.ftw-lab-panel .ftw-rows { list-style: none; margin: 0; padding: 0; }
.ftw-row { display: flex; flex-direction: column; gap: var(--ftw-space-half); padding: 10px 0; border-bottom: 1px solid var(--ftw-line);
  content-visibility: auto; contain-intrinsic-size: auto 136px; }
.ftw-row:last-child { border-bottom: 0; }
.ftw-row:focus-visible { outline: 2px solid var(--ftw-link); outline-offset: -2px; }
.ftw-row-head { justify-content: space-between; }
.ftw-row-head { align-items: flex-start; }
.ftw-row-head > h4 { flex: 1 1 auto; min-width: 0; line-height: 22px; }
.ftw-row h4 { display: -webkit-box; -webkit-box-orient: vertical; -webkit-line-clamp: 2; overflow: hidden; }
.ftw-row-head > .ftw-chip { flex: none; }
.ftw-row .ftw-progress > progress { flex: 1 1 60px; min-width: 40px; height: 6px; appearance: none; border: 0; border-radius: 3px;
  overflow: hidden; background: var(--ftw-line); }
.ftw-row progress::-webkit-progress-bar { background: var(--ftw-line); }
.ftw-row progress::-webkit-progress-value { background: var(--ftw-busy); border-radius: 3px; }
.ftw-row progress::-moz-progress-bar { background: var(--ftw-busy); border-radius: 3px; }
.ftw-row .ftw-progress { font-size: var(--ftw-small); }
.ftw-row .ftw-error { margin: 0; font-size: var(--ftw-small); white-space: pre-line; max-height: 9em; overflow-y: auto; }

/* The chart and its legend */
.ftw-spark { display: block; width: 100%; height: 40px; border-bottom: 1px solid var(--ftw-line); }
.ftw-spark polyline { fill: none; stroke-width: 2; stroke-linecap: round; stroke-linejoin: round; vector-effect: non-scaling-stroke; }
.ftw-spark-train { stroke: var(--ftw-line-1); }
.ftw-spark-valid { stroke: var(--ftw-line-2); stroke-dasharray: 4 4; }
.ftw-losses { display: flex; flex-wrap: wrap; gap: 0 var(--ftw-space-2); font-size: var(--ftw-small); font-variant-numeric: tabular-nums; }
.ftw-key::before { content: ""; display: inline-block; width: 14px; margin-right: 6px; vertical-align: middle;
  border-top: 2px solid var(--ftw-line-1); }
.ftw-key-valid::before { border-top: 2px dashed var(--ftw-line-2); }

.ftw-buttons { display: flex; flex-wrap: wrap; gap: var(--ftw-space); }
.ftw-lab-panel .ftw-buttons > button, .ftw-lab-panel > header > button { border-color: var(--ftw-edge); line-height: 24px; white-space: nowrap; }
.ftw-lab-panel .ftw-empty { margin: var(--ftw-space-half) 0; padding: 12px; }
.ftw-lab-panel .ftw-empty > p:first-child { margin-top: 0; }
.ftw-lab-panel .ftw-empty > p:last-child { margin-bottom: 0; }

.ftw-lab-status { appearance: none; border: 0; margin: 0; padding: 0 8px; height: 100%; background: none; cursor: pointer; white-space: nowrap;
  font: inherit; color: inherit; font-variant-numeric: tabular-nums; }
.ftw-lab-status:hover { background: var(--jp-layout-color3); }
.ftw-lab-status:focus-visible { outline: 2px solid currentColor; outline-offset: -2px; }
`,""]),a.d(e,{},{A:s})},25(t){t.exports=function(t){var e=[];return e.toString=function(){return this.map(function(e){var a="",r=void 0!==e[5];return e[4]&&(a+="@supports (".concat(e[4],") {")),e[2]&&(a+="@media ".concat(e[2]," {")),r&&(a+="@layer".concat(e[5].length>0?" ".concat(e[5]):""," {")),a+=t(e),r&&(a+="}"),e[2]&&(a+="}"),e[4]&&(a+="}"),a}).join("")},e.i=function(t,a,r,o,i){"string"==typeof t&&(t=[[null,t,void 0]]);var n={};if(r)for(var f=0;f<this.length;f++){var s=this[f][0];null!=s&&(n[s]=!0)}for(var w=0;w<t.length;w++){var l=[].concat(t[w]);r&&n[l[0]]||(void 0!==i&&(void 0===l[5]||(l[1]="@layer".concat(l[5].length>0?" ".concat(l[5]):""," {").concat(l[1],"}")),l[5]=i),a&&(l[2]&&(l[1]="@media ".concat(l[2]," {").concat(l[1],"}")),l[2]=a),o&&(l[4]?(l[1]="@supports (".concat(l[4],") {").concat(l[1],"}"),l[4]=o):l[4]="".concat(o)),e.push(l))}},e}},24(t){t.exports=function(t){return t[1]}},17(t){var e=[];function a(t){for(var a=-1,r=0;r<e.length;r++)if(e[r].identifier===t){a=r;break}return a}function r(t,r){for(var o={},i=[],n=0;n<t.length;n++){var f=t[n],s=r.base?f[0]+r.base:f[0],w=o[s]||0,l="".concat(s," ").concat(w);o[s]=w+1;var d=a(l),p={css:f[1],media:f[2],sourceMap:f[3],supports:f[4],layer:f[5]};if(-1!==d)e[d].references++,e[d].updater(p);else{var c=function(t,e){var a=e.domAPI(e);return a.update(t),function(e){e?(e.css!==t.css||e.media!==t.media||e.sourceMap!==t.sourceMap||e.supports!==t.supports||e.layer!==t.layer)&&a.update(t=e):a.remove()}}(p,r);r.byIndex=n,e.splice(n,0,{identifier:l,updater:c,references:1})}i.push(l)}return i}t.exports=function(t,o){var i=r(t=t||[],o=o||{});return function(t){t=t||[];for(var n=0;n<i.length;n++){var f=a(i[n]);e[f].references--}for(var s=r(t,o),w=0;w<i.length;w++){var l=a(i[w]);0===e[l].references&&(e[l].updater(),e.splice(l,1))}i=s}}},19(t){var e={};t.exports=function(t,a){var r=function(t){if(void 0===e[t]){var a=document.querySelector(t);if(window.HTMLIFrameElement&&a instanceof window.HTMLIFrameElement)try{a=a.contentDocument.head}catch(t){a=null}e[t]=a}return e[t]}(t);if(!r)throw Error("Couldn't find a style target. This probably means that the value for the 'insert' parameter is invalid.");r.appendChild(a)}},21(t){t.exports=function(t){var e=document.createElement("style");return t.setAttributes(e,t.attributes),t.insert(e,t.options),e}},20(t,e,a){t.exports=function(t){var e=a.nc;e&&t.setAttribute("nonce",e)}},18(t){t.exports=function(t){if("u"<typeof document)return{update:function(){},remove:function(){}};var e=t.insertStyleElement(t);return{update:function(a){var r,o,i;r="",a.supports&&(r+="@supports (".concat(a.supports,") {")),a.media&&(r+="@media ".concat(a.media," {")),(o=void 0!==a.layer)&&(r+="@layer".concat(a.layer.length>0?" ".concat(a.layer):""," {")),r+=a.css,o&&(r+="}"),a.media&&(r+="}"),a.supports&&(r+="}"),(i=a.sourceMap)&&"u">typeof btoa&&(r+="\n/*# sourceMappingURL=data:application/json;base64,".concat(btoa(unescape(encodeURIComponent(JSON.stringify(i))))," */")),t.styleTagTransform(r,e,t.options)},remove:function(){var t;null===(t=e).parentNode||t.parentNode.removeChild(t)}}}},22(t){t.exports=function(t,e){if(e.styleSheet)e.styleSheet.cssText=t;else{for(;e.firstChild;)e.removeChild(e.firstChild);e.appendChild(document.createTextNode(t))}}},16(t,e,a){var r=a(17),o=a.n(r),i=a(18),n=a.n(i),f=a(19),s=a.n(f),w=a(20),l=a.n(w),d=a(21),p=a.n(d),c=a(22),v=a.n(c),h=a(23),u={};u.styleTagTransform=v(),u.setAttributes=l(),u.insert=s().bind(null,"head"),u.domAPI=n(),u.insertStyleElement=p(),o()(h.A,u),h.A&&h.A.locals&&h.A.locals}}]);