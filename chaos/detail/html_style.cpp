#include "chaos/detail/html_style.hpp"

namespace fusebox::chaos {

// Blue and orange are told apart by people who see no red or green, and control is dashed besides.
const std::string_view kReportStyle = R"css(
:root {
  color-scheme: light dark;
  --page: #f6f7f9; --card: #fff; --text: #14181f; --dim: #5a6472; --rule: #e2e6ec;
  --experiment: #c2410c; --control: #1d4ed8; --fault: #7c3aed; --injecting: #7c3aed14;
  --good: #15803d; --open: #a16207; --bad: #b91c1c;
  --good-bg: #dcfce7; --open-bg: #fef3c7; --bad-bg: #fee2e2;
}
@media (prefers-color-scheme: dark) {
  :root {
    --page: #0d1117; --card: #161b22; --text: #e6eaf0; --dim: #98a3b3; --rule: #2b323c;
    --experiment: #fb923c; --control: #6ea8fe; --fault: #b794f6; --injecting: #b794f61f;
    --good: #4ade80; --open: #facc15; --bad: #f87171;
    --good-bg: #12301f; --open-bg: #332b10; --bad-bg: #3a1a1c;
  }
}
* { box-sizing: border-box; }
body {
  margin: 0; background: var(--page); color: var(--text);
  font: 15px/1.5 system-ui, -apple-system, "Segoe UI", Roboto, "DejaVu Sans", sans-serif;
}
main { max-width: 1080px; margin: 0 auto; padding: 24px 20px 48px; }
section, header {
  background: var(--card); border: 1px solid var(--rule); border-radius: 10px;
  padding: 20px 24px; margin-bottom: 16px;
}
h1 { font-size: 26px; line-height: 1.25; margin: 10px 0 6px; }
h2 { font-size: 17px; margin: 0 0 12px; }
p { margin: 0 0 8px; overflow-wrap: anywhere; }
small, .dim, dt { color: var(--dim); }
small { font-size: 12.5px; }
code { font: 12.5px ui-monospace, "DejaVu Sans Mono", monospace; overflow-wrap: anywhere; }
.good { --tone: var(--good); --tone-bg: var(--good-bg); }
.open-tone { --tone: var(--open); --tone-bg: var(--open-bg); }
.bad { --tone: var(--bad); --tone-bg: var(--bad-bg); }
header { border-top: 6px solid var(--tone); display: grid; grid-template-columns: 1fr auto;
  gap: 4px 28px; align-items: start; }
header .reason { font-size: 17px; }
.badge { display: inline-block; padding: 3px 12px; border-radius: 99px; font-weight: 700;
  letter-spacing: .04em; background: var(--tone-bg); color: var(--tone); white-space: nowrap; }
.score { text-align: right; color: var(--dim); font-size: 13px; max-width: 190px; }
.score b { display: block; font-size: 40px; line-height: 1.1; color: var(--text);
  font-variant-numeric: tabular-nums; }
dl { display: flex; flex-wrap: wrap; gap: 6px 26px; margin: 10px 0 0; grid-column: 1 / -1; }
dl div { min-width: 0; }
dt { font-size: 12px; }
dd { margin: 0; overflow-wrap: anywhere; }
table { border-collapse: collapse; width: 100%; font-variant-numeric: tabular-nums; }
th, td { text-align: left; padding: 6px 12px 6px 0; border-top: 1px solid var(--rule);
  vertical-align: top; overflow-wrap: anywhere; }
thead th { border-top: 0; font-weight: 600; color: var(--dim); font-size: 13px; }
td.number, th.number { text-align: right; white-space: nowrap; }
th.key::before { content: ""; display: inline-block; width: 22px; margin-right: 6px;
  vertical-align: middle; border-top: 3px solid transparent; }
th.experiment::before, i.experiment { border-top: 3px solid var(--experiment) !important; }
th.control::before, i.control { border-top: 3px dashed var(--control) !important; }
ul.claims { list-style: none; margin: 0; padding: 0; }
ul.claims li { display: grid; grid-template-columns: 82px 1fr auto; gap: 2px 14px;
  padding: 9px 0; border-top: 1px solid var(--rule); align-items: start; }
ul.claims li:first-child { border-top: 0; }
ul.claims .badge { font-size: 12px; padding: 1px 10px; justify-self: start; }
ul.claims small { margin-left: 6px; }
ul.claims p { margin: 2px 0 0; }
.forest { width: 300px; max-width: 100%; height: 50px; }
.forest text { font-size: 10.5px; fill: var(--dim); }
.forest .beyond { fill: var(--bad); opacity: .13; }
.forest .limit { stroke: var(--bad); stroke-width: 1.5; stroke-dasharray: 3 2; }
.forest .same { stroke: var(--dim); stroke-width: 1; }
.forest .interval { stroke: var(--experiment); stroke-width: 2.5; }
.forest .value { fill: var(--experiment); }
.legend { display: flex; flex-wrap: wrap; gap: 4px 20px; margin: 0 0 12px; color: var(--dim);
  font-size: 13px; }
.legend i { display: inline-block; width: 26px; margin-right: 7px; vertical-align: middle; }
.legend i.injecting { height: 13px; background: var(--injecting);
  border: 1px solid var(--fault); }
.legend i.target { border-top: 2px dotted var(--dim); }
.lane { display: grid; grid-template-columns: 176px 46px 1fr; gap: 8px; align-items: center;
  margin-bottom: 7px; }
.lane .name { text-align: right; line-height: 1.3; overflow-wrap: anywhere; }
.lane .name b { font-size: 13.5px; display: block; }
.plot { position: relative; border: 1px solid var(--rule); border-radius: 4px; min-width: 0; }
.plot svg { display: block; width: 100%; height: 100%; }
.tall { height: 104px; } .middle { height: 64px; } .low { height: 30px; }
.plot path, .plot line { vector-effect: non-scaling-stroke; fill: none; stroke-linejoin: round; }
.plot path.experiment { stroke: var(--experiment); stroke-width: 2; }
.plot path.control { stroke: var(--control); stroke-width: 2; stroke-dasharray: 5 3; }
.plot path.fault { fill: var(--fault); opacity: .8; }
.plot line.target { stroke: var(--dim); stroke-width: 1.5; stroke-dasharray: 1.5 3; }
.plot line.zero { stroke: var(--bad); stroke-width: 1; opacity: .7; }
rect.injecting { fill: var(--injecting); }
rect.open { fill: var(--bad); opacity: .85; } rect.half { fill: var(--open); opacity: .45; }
.scale { align-self: stretch; display: flex; flex-direction: column; text-align: right;
  justify-content: space-between; font-size: 11px; line-height: 1; color: var(--dim);
  padding: 2px 0; white-space: nowrap; font-variant-numeric: tabular-nums; }
.stages { display: flex; height: 42px; overflow: hidden; }
.stage { padding: 3px 7px; line-height: 1.3; font-size: 12.5px; overflow: hidden;
  white-space: nowrap; text-overflow: ellipsis; border-right: 1px solid var(--rule); }
.stage:last-child { border-right: 0; }
.stage b, .stage span { display: block; overflow: hidden; text-overflow: ellipsis; }
.stage span { color: var(--dim); font-size: 11.5px; }
.stage.inject { background: var(--injecting); }
.clock { border: 0; height: 18px; color: var(--dim); font-size: 12px;
  font-variant-numeric: tabular-nums; }
.clock span, .mark { position: absolute; transform: translateX(-50%); }
.mark { top: 50%; transform: translate(-50%, -50%); font-size: 14px; line-height: 1;
  cursor: help; }
.mark.alert { color: var(--open); } .mark.kill, .mark.guardrail, .mark.abort { color: var(--bad); }
summary { cursor: pointer; font-weight: 600; }
details table { margin-top: 10px; }
footer { color: var(--dim); font-size: 13px; padding: 0 4px; }
@media (max-width: 700px) {
  main { padding: 10px 8px 32px; }
  section, header { padding: 14px; border-radius: 8px; }
  header { grid-template-columns: 1fr; }
  header .reason { font-size: 15.5px; }
  h1 { font-size: 21px; }
  .score { text-align: left; max-width: none; }
  .score b { display: inline; font-size: 26px; margin-right: 6px; }
  .lane { grid-template-columns: 44px 1fr; gap: 2px 5px; margin-bottom: 11px; }
  .lane .name { text-align: left; grid-column: 1 / -1; }
  .lane .name b { display: inline; margin-right: 7px; }
  .clock .minor, table .wide { display: none; }
  ul.claims li { grid-template-columns: 70px 1fr; }
  .forest { grid-column: 1 / -1; }
  th, td { padding-right: 7px; font-size: 13.5px; }
}
@media print { body { background: none; } section, header { break-inside: avoid; } }
)css";

}  // namespace fusebox::chaos
