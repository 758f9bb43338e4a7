#pragma once

#include <string_view>

namespace headgate::gateway {

// The style sheet of the page: system fonts, two colour schemes, paper. The colours of the three
// options differ in lightness too, and their curves in dashes, for people who see colours
// otherwise.
inline constexpr std::string_view kPageStyle = R"css(
:root{color-scheme:light dark;--back:#fff;--card:#f5f7fa;--text:#1a2230;--quiet:#525d6e;--rule:#d5dbe4;
--api:#a8480a;--self:#1d4ed8;--hybrid:#04705a;--chosen:#e7f0ff}
@media screen and (prefers-color-scheme:dark){:root{--back:#12161d;--card:#1b212b;--text:#e8ecf2;
--quiet:#a9b3c2;--rule:#333c4a;--api:#fbad5c;--self:#86b5ff;--hybrid:#4ad0a4;--chosen:#1d2c47}}
*{box-sizing:border-box}
body{margin:0 auto;max-width:60rem;padding:2rem 1.25rem 3rem;background:var(--back);color:var(--text);
font:16px/1.5 system-ui,"Segoe UI","DejaVu Sans",sans-serif}
h1{font-size:1.1rem;margin:0;color:var(--quiet);font-weight:600}
h2{font-size:1.2rem;margin:2.2rem 0 .6rem}
p{margin:.5rem 0}
.headline{font-size:1.6rem;line-height:1.3;font-weight:650;margin:.4rem 0 .8rem}
.quiet,figcaption,footer{color:var(--quiet)}
.caution{border-left:4px solid var(--api);padding:.3rem .8rem;background:var(--card)}
.tiles{display:grid;grid-template-columns:repeat(auto-fit,minmax(12.5rem,1fr));gap:.8rem;margin:1.2rem 0;
padding:0;list-style:none}
.tiles li{background:var(--card);border:1px solid var(--rule);border-radius:.5rem;padding:.8rem 1rem}
.tiles li.chosen{background:var(--chosen);border:2px solid var(--self)}
.tiles b{display:block;font-size:1.5rem;font-variant-numeric:tabular-nums}
.tiles small{display:block;color:var(--quiet);font-size:.85rem}
figure{margin:.5rem 0;overflow-x:auto}
figure svg{display:block;width:100%;min-width:34rem;height:auto}
figure svg svg{min-width:0}
svg text{fill:var(--text);font-size:13px}
.grid{stroke:var(--rule);stroke-width:1}.tick{stroke:var(--quiet)}
.curve{fill:none;stroke-width:2.5;stroke-linejoin:round}
.curve.api{stroke:var(--api)}.curve.self{stroke:var(--self);stroke-dasharray:9 4}
.curve.hybrid{stroke:var(--hybrid);stroke-width:3.5;stroke-dasharray:2 4}
.mark{stroke:var(--text);stroke-width:1.5}.mark.even{stroke-dasharray:3 3}
.mark.capacity{stroke-dasharray:8 4}
.bar.self{fill:var(--self)}.bar.api{fill:var(--api)}
.legend{display:flex;flex-wrap:wrap;gap:.3rem 1.4rem;margin:.4rem 0;padding:0;list-style:none;font-size:.9rem}
.legend li{display:flex;align-items:center;gap:.5rem}
.legend svg{width:36px;height:12px}
.wide{overflow-x:auto}
table{border-collapse:collapse;width:100%;font-size:.9rem;font-variant-numeric:tabular-nums}
th,td{text-align:left;padding:.35rem .8rem .35rem 0;border-bottom:1px solid var(--rule);vertical-align:top}
th{color:var(--quiet);font-weight:600}
.n{text-align:right;white-space:nowrap;padding-right:1.4rem}
tr.chosen td{font-weight:650}
footer{margin-top:2.5rem;font-size:.85rem}
@media print{body{max-width:none;padding:0;font-size:12px}h2{break-after:avoid}
figure,table,.tiles{break-inside:avoid}figure svg{min-width:0}.tiles{grid-template-columns:repeat(4,1fr)}
*{print-color-adjust:exact;-webkit-print-color-adjust:exact}@page{margin:16mm}}
)css";

}  // namespace headgate::gateway
