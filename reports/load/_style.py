"""The page's one style sheet: light and dark, screen and paper. Text contrast is 4.5:1 at least, lines' 3:1."""

from __future__ import annotations

STYLE = """
:root{--bg:#fff;--panel:#f7f8fa;--ink:#1b2430;--soft:#5a6675;--edge:#dfe3e8;--good:#17713f;--warn:#8a5a00;
--bad:#b3261e;--none:#6b4fa0;--k0:#1f65c2;--k1:#b8500a;--k2:#0a7c5a;--k3:#8a3fb0;--k4:#5a6675}
@media(prefers-color-scheme:dark){:root{--bg:#12161c;--panel:#1a2029;--ink:#e4e9ef;--soft:#9aa7b6;--edge:#2c3542;
--good:#5bc98a;--warn:#e2b04a;--bad:#ff8a80;--none:#c0a6f0;--k0:#6ea8f7;--k1:#f0995a;--k2:#4fc6a0;--k3:#cf97ee;
--k4:#9aa7b6}}
*{box-sizing:border-box}
body{margin:0;background:var(--bg);color:var(--ink);font:15px/1.5 system-ui,-apple-system,"Segoe UI",Roboto,
"Liberation Sans",sans-serif;-webkit-text-size-adjust:100%}
main{max-width:1120px;margin:0 auto;padding:36px 28px 28px}
h1{font-size:25px;line-height:1.25;margin:10px 0 6px;font-weight:650;letter-spacing:-.01em;text-wrap:balance}
h2{font-size:17px;margin:34px 0 10px;font-weight:650}
h3{font-size:14px;margin:0;font-weight:600}
p{margin:0 0 8px}
code,pre{font:.92em/1.5 ui-monospace,SFMono-Regular,Menlo,Consolas,"Liberation Mono",monospace;overflow-wrap:anywhere}
.verdict{display:inline-block;margin:0;padding:2px 12px;border-radius:99px;font-weight:650;font-size:13px;
letter-spacing:.04em;text-transform:uppercase;border:1.5px solid currentColor}
.healthy{color:var(--good)}.degraded{color:var(--warn)}.broken{color:var(--bad)}.unknown{color:var(--none)}
.run{font-size:16px}.target{color:var(--soft);font-size:13.5px}
.tiles{display:grid;grid-template-columns:repeat(auto-fit,minmax(165px,1fr));gap:12px;margin:24px 0 0}
.tiles div{background:var(--panel);border:1px solid var(--edge);border-radius:10px;padding:12px 16px}
.tiles dt{color:var(--soft);font-size:13px}
.tiles dd{margin:0;font-size:23px;font-weight:620;font-variant-numeric:tabular-nums;letter-spacing:-.01em}
.tiles dd.remark{font-size:13px;font-weight:400;color:var(--soft);letter-spacing:0;min-height:1.5em}
.charts{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(460px,100%),1fr));gap:14px}
.chart{margin:0;background:var(--panel);border:1px solid var(--edge);border-radius:10px;padding:13px 16px 8px;
break-inside:avoid}
.chart figcaption{display:flex;flex-wrap:wrap;gap:2px 16px;justify-content:space-between;align-items:baseline;
margin-bottom:8px}
.legend{display:flex;flex-wrap:wrap;gap:0 14px;margin:0;color:var(--soft);font-size:12.5px}
.legend span{display:inline-flex;gap:6px;align-items:center}
svg{display:block;max-width:100%;overflow:visible}
.chart>svg{width:100%;height:auto}
svg text{fill:var(--soft);font-size:11px;font-variant-numeric:tabular-nums}
.grid,.base{stroke:var(--edge);fill:none}.base{stroke:var(--soft);stroke-opacity:.55}
.line{fill:none;stroke-width:1.9;stroke-linejoin:round;stroke-linecap:round}
.line.k0{stroke:var(--k0)}.line.k1{stroke:var(--k1);stroke-dasharray:6 3.5}.line.k2{stroke:var(--k2);
stroke-dasharray:1.5 3.5}.line.k3{stroke:var(--k3);stroke-dasharray:9 3 2 3}.line.k4{stroke:var(--k4)}
.dot.k0,.bar.k0{fill:var(--k0)}.dot.k1,.bar.k1{fill:var(--k1)}.dot.k2,.bar.k2{fill:var(--k2)}.dot.k3,.bar.k3{
fill:var(--k3)}.dot.k4,.bar.k4{fill:var(--k4)}
.hint{fill:transparent}.hint:hover{fill:var(--soft);fill-opacity:.12}
.wide{overflow-x:auto}
table{border-collapse:collapse;width:100%;font-variant-numeric:tabular-nums;font-size:14px}
th,td{text-align:right;padding:7px 12px;border-bottom:1px solid var(--edge);vertical-align:top}
th:first-child,td.text{text-align:left}
thead th{color:var(--soft);font-weight:500;font-size:13px}
tbody th{font-weight:500}
table.words td{text-align:left}table.words th:not(:first-child){text-align:left}
.ok{color:var(--good)}.failed{color:var(--bad);font-weight:600}
.pair{display:grid;grid-template-columns:minmax(140px,1fr) 76px;gap:3px 10px;align-items:center;min-width:260px;
text-align:left}
.pair i{display:block;height:9px;border-radius:2px}
table.pairs th:first-child{width:26%}table.pairs td:last-child{width:26%}
.pair i.k0{background:var(--k0)}.pair i.k1{background:var(--k1)}
.range{color:var(--soft);font-size:12.5px;white-space:nowrap}
.claim{font-size:16px;background:var(--panel);border-left:4px solid var(--k0);border-radius:0 10px 10px 0;
padding:12px 18px}
details{border:1px solid var(--edge);border-radius:10px;padding:10px 16px;margin-bottom:10px;background:var(--panel)}
summary{cursor:pointer}details[open] summary{margin-bottom:8px}
b.error{color:var(--bad)}b.warning{color:var(--warn)}b.info{color:var(--soft)}
.facts{display:grid;grid-template-columns:max-content 1fr;gap:2px 16px;margin:0 0 8px}.facts dt{color:var(--soft)}
.facts dd{margin:0}
.snippet{margin:8px 0}.snippet figcaption{color:var(--soft);font-size:13px}
pre{margin:4px 0;padding:10px 14px;background:var(--bg);border:1px solid var(--edge);border-radius:8px;overflow-x:auto;
white-space:pre-wrap}
ul{margin:0;padding-left:20px}
footer{margin-top:36px;padding-top:12px;border-top:1px solid var(--edge);color:var(--soft);font-size:12.5px}
@media(max-width:560px){main{padding:20px 14px}h1{font-size:21px}}
@media print{:root{--bg:#fff;--panel:#fff;--ink:#000;--soft:#444;--edge:#bbb}body{font-size:11pt}main{max-width:none;
padding:0}.charts{grid-template-columns:1fr 1fr}section,.tiles,tr{break-inside:avoid}h2{break-after:avoid}}
"""
