/** The one style sheet, served beside the pages: nothing is loaded from anywhere else. */
export const style = `
:root { color-scheme: light dark; --line: #8884; --soft: #8882; --good: #1a7f37; --warn: #9a6700; --bad: #cf222e; --run: #0969da; }
@media (prefers-color-scheme: dark) { :root { --good: #3fb950; --warn: #d29922; --bad: #f85149; --run: #58a6ff; } }
* { box-sizing: border-box; }
body { margin: 0; font: 15px/1.45 system-ui, sans-serif; }
main { max-width: 72rem; margin: 0 auto; padding: 1rem; }
h1 { font-size: 1.3rem; margin: 0 0 .25rem; overflow-wrap: anywhere; }
h2 { font-size: 1.05rem; margin: 1.6rem 0 .4rem; border-bottom: 1px solid var(--line); }
p { margin: .3rem 0; }
a { color: var(--run); }
.soft { opacity: .75; }
.wrong { color: var(--bad); font-weight: 600; }
.cards { display: grid; gap: .6rem; grid-template-columns: repeat(auto-fill, minmax(min(100%, 20rem), 1fr)); }
.card { border: 1px solid var(--line); border-radius: .5rem; padding: .6rem .8rem; min-width: 0; }
.card h3 { font-size: 1rem; margin: 0; overflow-wrap: anywhere; }
.card ul { margin: .3rem 0 0; padding-left: 1.1rem; overflow-wrap: anywhere; }
.badge { display: inline-block; font-size: .8rem; line-height: 1.3; padding: 0 .45rem; border: 1px solid currentColor; border-radius: 1rem; white-space: nowrap; }
.active, .success { color: var(--good); }
.late, .starting, .stopping, .draining, .fenced, .silent, .unclean, .warnings, .skipped { color: var(--warn); }
.dead, .zombie, .failure, .exception, .retry, .cancelled { color: var(--bad); }
.running { color: var(--run); }
table { border-collapse: collapse; width: 100%; }
th, td { text-align: left; padding: .25rem .6rem .25rem 0; border-bottom: 1px solid var(--soft); vertical-align: top; overflow-wrap: anywhere; min-width: 5rem; }
th { font-weight: 600; }
.number { text-align: right; font-variant-numeric: tabular-nums; }
pre { margin: .3rem 0 0; padding: .5rem; background: var(--soft); border-radius: .3rem; overflow-x: auto; font: 12.5px/1.4 ui-monospace, monospace; white-space: pre-wrap; overflow-wrap: anywhere; }
pre .h { color: var(--run); } pre .e { color: var(--bad); }
pre + pre { margin-top: 0; }
td:first-child { font-weight: 500; }
td.number { padding-right: 1.5rem; } th.number { padding-right: 1.5rem; }
td.bar { width: 70%; }
svg { width: 100%; height: 1.1rem; display: block; background: var(--soft); border-radius: .2rem; }
svg .m0 { fill: #0969da; } svg .m1 { fill: #1a7f37; } svg .m2 { fill: #9a6700; } svg .m3 { fill: #8250df; } svg .m4 { fill: #bf3989; } svg .m5 { fill: #6e7781; }
.key { display: inline-block; width: .8rem; height: .8rem; border-radius: .2rem; vertical-align: -.1rem; }
.key.m0 { background: #0969da; } .key.m1 { background: #1a7f37; } .key.m2 { background: #9a6700; } .key.m3 { background: #8250df; } .key.m4 { background: #bf3989; } .key.m5 { background: #6e7781; }
button, .button { font: inherit; padding: .35rem .9rem; border: 1px solid var(--line); border-radius: .4rem; background: var(--soft); color: inherit; text-decoration: none; cursor: pointer; display: inline-block; }
button.danger { border-color: var(--bad); color: var(--bad); }
input { font: inherit; padding: .35rem; width: min(100%, 24rem); }
@media (max-width: 40rem) {
  table.stacked thead { display: none; }
  table.stacked tr { display: block; padding: .4rem 0; border-bottom: 1px solid var(--line); }
  table.stacked td { display: block; width: auto; border: 0; padding: .05rem 0; text-align: left; }
  table.stacked td[data-label]::before { content: attr(data-label) " "; opacity: .7; }
}
`;
