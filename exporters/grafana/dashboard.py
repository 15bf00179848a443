#!/usr/bin/env python3
"""The fleet dashboard as a table: python3 dashboard.py >fleet.json

Grafana's own form repeats the same twenty lines for each panel; here is what differs. The result is
kept beside this file because people import it as it is, and a test compares the two.
"""

import json
import sys
from dataclasses import dataclass

COLUMNS = 24  # of Grafana's grid
DATASOURCE = {"type": "prometheus", "uid": "${datasource}"}
WINDOWS = ["5m", "30m", "1h", "2h", "6h", "1d", "3d"]

# What every query is narrowed to. "All" is the pattern .*, which matches a missing label as well:
# an SLO that is not grouped by agent stays visible until somebody picks an agent.
PLACE = 'job=~"$job",instance=~"$instance"'
SLO = PLACE + ',slo=~"$slo",agent=~"$agent"'
AGENT = PLACE + ',tenant=~"$tenant",agent=~"$agent"'


@dataclass
class Query:
    expr: str
    legend: str = ""
    instant: bool = False


@dataclass
class Panel:
    title: str
    says: str  # the description: what to make of it
    queries: list
    kind: str = "timeseries"
    unit: str = "short"
    width: int = 8
    height: int = 8
    stacked: bool = False
    minimum: float | None = None
    maximum: float | None = None
    # (from, colour), the first from None; the colours of a value
    steps: tuple = ((None, "green"),)


BAD_ABOVE_0 = ((None, "green"), (1, "red"))
REMAINING = ((None, "red"), (0, "orange"), (0.25, "green"))
BURNING = ((None, "green"), (1, "orange"), (6, "red"))
FILLING = ((None, "green"), (0.8, "orange"), (1, "red"))


def rate(metric, labels, by, name="rate", span="$__rate_interval"):
    return f"sum by ({by}) ({name}({metric}{{{labels}}}[{span}]))"


def quantile(q, metric, labels, by=""):
    by = ", ".join(filter(None, ["le", by]))
    return f"histogram_quantile({q}, {rate(metric + '_bucket', labels, by)})"


def stat(title, says, expr, **more):
    return Panel(title, says, [Query(expr, instant=True)], kind="stat", width=4, height=4, **more)


def count(metric, labels):
    """Nothing there is 0, and not the words "No data"."""
    return f"sum({metric}{{{labels}}}) or vector(0)"


OVERVIEW = [
    stat("Budgets exhausted", "Objectives whose error budget is overspent.",
         count("fusebox_slo_status", SLO + ',status="exhausted"'), steps=BAD_ABOVE_0),
    stat("Paging", "Objectives that burn fast enough to wake somebody.",
         count("fusebox_slo_status", SLO + ',status="critical"'), steps=BAD_ABOVE_0),
    stat("Breakers open", "Keys of breakers that refuse calls now.",
         count("fusebox_breaker_state", PLACE + ',state="open"'), steps=BAD_ABOVE_0),
    stat("Stop orders", "Scopes that are stopped now.",
         count("fusebox_kill_active", PLACE), steps=BAD_ABOVE_0),
    stat("Refused", "Share of checks in the shown time that did not get a plain allow.",
         f'sum(increase(fusebox_decisions_total{{{PLACE},effect!="allow"}}[$__range])) '
         f"/ (sum(increase(fusebox_decisions_total{{{PLACE}}}[$__range])) > 0)",
         unit="percentunit", minimum=0, maximum=1),
    stat("Spent", "Cost of model calls and tools in the shown time.",
         f"sum(increase(fusebox_cost_usd_total{{{AGENT}}}[$__range]))", unit="currencyUSD"),
]

BAD_EVENTS = rate("fusebox_slo_events_total", SLO + ',result="bad"', "slo")

BUDGETS = [
    Panel("Error budget remaining, worst first",
          "What is left of each budget in its SLO window. Below 0 it is overspent.",
          [Query(f"bottomk(15, fusebox_slo_error_budget_remaining_ratio{{{SLO}}})",
                 "{{slo}} {{agent}} {{tool}} {{model}} {{objective}}", instant=True)],
          kind="bargauge", unit="percentunit", maximum=1, steps=REMAINING),
    Panel("Burn rate over $window, highest",
          "1 spends the budget exactly by the end of the SLO window; 14.4 in two days of thirty.",
          [Query(f'topk(10, fusebox_slo_burn_rate_ratio{{{SLO},window=~"$window"}})',
                 "{{slo}} {{agent}} {{tool}} {{model}} {{objective}}")],
          minimum=0, steps=BURNING),
    Panel("Objectives by status", "How many objectives have which status.",
          [Query(f"sum by (status) (fusebox_slo_status{{{SLO}}})", "{{status}}")],
          stacked=True, minimum=0),
    Panel("Remaining over time", "The budget of the worst key of each SLO.",
          [Query(f"min by (slo) (fusebox_slo_error_budget_remaining_ratio{{{SLO}}})", "{{slo}}")],
          unit="percentunit", maximum=1, steps=REMAINING),
    Panel("Bad events", "Events a second that spend error budget.",
          [Query(BAD_EVENTS, "{{slo}}")],
          unit="eps", minimum=0),
    Panel("Bad share against the budget",
          "Share of bad events now, and the share that each objective allows.",
          [Query(BAD_EVENTS + " / " + rate("fusebox_slo_events_total", SLO, "slo"), "{{slo}}"),
           Query(f"1 - max by (slo) (fusebox_slo_objective_ratio{{{SLO}}})", "{{slo}} allowed")],
          unit="percentunit", minimum=0),
]

BREAKERS = [
    Panel("Breakers by state", "Keys of each breaker that are closed, half-open or open.",
          [Query(f"sum by (breaker, state) (fusebox_breaker_state{{{PLACE}}})",
                 "{{breaker}} {{state}}")], stacked=True, minimum=0),
    Panel("Breaker moves", "Transitions, and the detector that caused them.",
          [Query(rate("fusebox_breaker_transitions_total", PLACE, "breaker, from, to, detector",
                      "increase"), "{{breaker}} {{from}} to {{to}} {{detector}}")], minimum=0),
    Panel("Limits, fullest", "Share of each limit that is used. At 100 % it refuses.",
          [Query(f"topk(10, fusebox_limit_used_ratio{{{PLACE}}})",
                 "{{limit}} {{dimension}} {{agent}} {{session}}")],
          unit="percentunit", minimum=0, steps=FILLING),
    Panel("Limits, used and reserved",
          "The fullest key of each limit, calls under way included, against its maximum.",
          [Query(f"max by (limit, dimension) ((fusebox_limit_used{{{PLACE}}} "
                 f"+ fusebox_limit_reserved{{{PLACE}}}) / fusebox_limit_max{{{PLACE}}})",
                 "{{limit}} {{dimension}}")],
          unit="percentunit", minimum=0, width=24, height=6, steps=FILLING),
]

DECISIONS = [
    Panel("Decisions", "Checks answered, by effect.",
          [Query(rate("fusebox_decisions_total", PLACE, "effect"), "{{effect}}")],
          unit="ops", stacked=True, minimum=0),
    Panel("What stands against it", "Checks without a plain allow, by gate and reason.",
          [Query(rate("fusebox_decisions_total", PLACE + ',effect!="allow"', "gate, reason"),
                 "{{gate}} {{reason}}")], unit="ops", stacked=True, minimum=0),
    Panel("Time for a decision", "Inside the engine, without the way to and from it.",
          [Query(quantile(q, "fusebox_decision_duration_seconds", PLACE), f"p{int(q * 100)}")
           for q in (0.5, 0.99)], unit="s", minimum=0),
    Panel("Stop orders by scope", "1 while the scope is stopped, 0 after it was re-armed.",
          [Query(f"max by (scope) (fusebox_kill_active{{{PLACE}}})", "{{scope}}")],
          minimum=0, maximum=1, width=12),
    Panel("Stop orders until they hold", "From the arrival of an order to the fence.",
          [Query(quantile(0.99, "fusebox_kill_latency_seconds", PLACE), "p99")],
          unit="s", minimum=0, width=12),
]

WORK = [
    Panel("Tokens by agent", "Read and written.",
          [Query(f"topk(10, {rate('fusebox_tokens_total', AGENT, 'agent, direction')})",
                 "{{agent}} {{direction}}")], minimum=0),
    Panel("Tokens by model", "Read and written.",
          [Query(rate("fusebox_tokens_total", AGENT, "model, direction"),
                 "{{model}} {{direction}}")], minimum=0),
    Panel("Cost an hour, by agent", "At the speed of now.",
          [Query(f"topk(10, 3600 * {rate('fusebox_cost_usd_total', AGENT, 'agent')})",
                 "{{agent}}")], unit="currencyUSD", minimum=0),
    Panel("Cost in the shown time, by model", "Who spends it is above, on what is here.",
          [Query(rate("fusebox_cost_usd_total", AGENT, "model", "increase", "$__range"),
                 "{{model}}", instant=True)], kind="bargauge", unit="currencyUSD", minimum=0),
    Panel("How long actions take", "95th percentile by kind of action, from telemetry.",
          [Query(quantile(0.95, "fusebox_duration_seconds", AGENT, "kind"), "{{kind}}")],
          unit="s", minimum=0),
    Panel("Latency of SLOs", "The slowest key of each SLO on durations, since its first event.",
          [Query(f'max by (slo, quantile) (fusebox_latency_seconds{{{SLO},'
                 f'quantile=~"0.5|0.95|0.99"}})', "{{slo}} {{quantile}}")], unit="s", minimum=0),
]

TELEMETRY = [
    Panel("Events", "What agents told, by kind.",
          [Query(rate("fusebox_events_total", PLACE, "kind"), "{{kind}}")],
          unit="eps", stacked=True, minimum=0),
    Panel("Events that count less or not at all",
          "Shed and rejected ones are lost, late ones are only counted.",
          [Query(f"sum(rate(fusebox_telemetry_{name}_total{{{PLACE}}}[$__rate_interval]))", name)
           for name in ("shed", "rejected", "late", "future", "duplicate", "sampled")],
          unit="eps", minimum=0),
    Panel("The daemon", "Memory, cores in use, and events that wait for the engine.",
          [Query(f"process_resident_memory_bytes{{{PLACE}}} / 1048576", "{{instance}} MiB"),
           Query(f"rate(process_cpu_seconds_total{{{PLACE}}}[$__rate_interval])",
                 "{{instance}} cores"),
           Query(f"fusebox_telemetry_waiting_events{{{PLACE}}}", "{{instance}} waiting")],
          minimum=0),
    Panel("The disk", "1 while nothing can be written: telemetry is shed, stop orders still hold.",
          [Query(f"fusebox_storage_fault{{{PLACE}}}", "{{instance}}")],
          minimum=0, maximum=1, width=12, height=5, steps=BAD_ABOVE_0),
    Panel("Keys that the page leaves out", "Above a cap, gauges of these are missing here.",
          [Query(f"sum by (table) (fusebox_exporter_keys_dropped{{{PLACE}}})", "{{table}}")],
          minimum=0, width=12, height=5, steps=BAD_ABOVE_0),
]

ROWS = [
    ("Now", OVERVIEW),
    ("Error budgets", BUDGETS),
    ("Breakers and limits", BREAKERS),
    ("Decisions and stops", DECISIONS),
    ("Tokens, cost, latency", WORK),
    ("Telemetry and the daemon", TELEMETRY),
]


def target(ref, query):
    return {
        "refId": ref,
        "datasource": DATASOURCE,
        "expr": query.expr,
        "legendFormat": query.legend or "__auto",
        "instant": query.instant,
        "range": not query.instant,
        "editorMode": "code",
    }


def field_config(panel):
    defaults = {
        "unit": panel.unit,
        "color": {"mode": "palette-classic" if panel.kind == "timeseries" else "thresholds"},
        "thresholds": {
            "mode": "absolute",
            "steps": [{"value": value, "color": color} for value, color in panel.steps],
        },
    }
    if panel.minimum is not None:
        defaults["min"] = panel.minimum
    if panel.maximum is not None:
        defaults["max"] = panel.maximum
    if panel.kind == "timeseries":
        defaults["custom"] = {
            "lineWidth": 1,
            "fillOpacity": 40 if panel.stacked else 0,
            "showPoints": "never",
            "stacking": {"mode": "normal" if panel.stacked else "none", "group": "A"},
            "thresholdsStyle": {"mode": "off" if len(panel.steps) == 1 else "dashed"},
        }
    return {"defaults": defaults, "overrides": []}


def options(panel):
    reduce = {"calcs": ["lastNotNull"], "fields": "", "values": False}
    if panel.kind == "stat":
        return {"reduceOptions": reduce, "colorMode": "value", "graphMode": "none"}
    if panel.kind == "bargauge":
        return {"reduceOptions": reduce, "orientation": "horizontal", "displayMode": "gradient"}
    return {
        "legend": {"displayMode": "list", "placement": "bottom", "showLegend": True},
        "tooltip": {"mode": "multi", "sort": "desc"},
    }


def panel_json(number, panel, left, top):
    return {
        "id": number,
        "type": panel.kind,
        "title": panel.title,
        "description": panel.says,
        "datasource": DATASOURCE,
        "gridPos": {"x": left, "y": top, "w": panel.width, "h": panel.height},
        "targets": [target(chr(ord("A") + i), query) for i, query in enumerate(panel.queries)],
        "fieldConfig": field_config(panel),
        "options": options(panel),
    }


def panels():
    out = []
    top = 0
    for title, row in ROWS:
        grid = {"x": 0, "y": top, "w": COLUMNS, "h": 1}
        out.append({"id": len(out) + 1, "type": "row", "title": title, "collapsed": False,
                    "gridPos": grid, "panels": []})
        top += 1
        left = height = 0
        for panel in row:
            if left + panel.width > COLUMNS:
                left, top, height = 0, top + height, 0
            out.append(panel_json(len(out) + 1, panel, left, top))
            left += panel.width
            height = max(height, panel.height)
        top += height
    return out


def any_of(*metrics):
    """No family has every agent: who spends no tokens may be in an SLO."""
    return f'{{__name__=~"{"|".join(metrics)}",{PLACE}}}'


def query_variable(name, series):
    query = f"label_values({series}, {name})"
    return {
        "name": name,
        "label": name,
        "type": "query",
        "datasource": DATASOURCE,
        "definition": query,
        "query": {"query": query, "refId": name},
        "refresh": 2,  # when the shown time changes: agents come and go
        "sort": 1,
        "multi": True,
        "includeAll": True,
        "allValue": ".*",
        "current": {"text": "All", "value": "$__all"},
    }


def variables():
    choices = [{"text": each, "value": each, "selected": each == "1h"} for each in WINDOWS]
    return [
        {"name": "datasource", "label": "data source", "type": "datasource",
         "query": "prometheus", "refresh": 1},
        query_variable("job", "fusebox_build_info"),
        query_variable("instance", 'fusebox_build_info{job=~"$job"}'),
        query_variable("tenant", any_of("fusebox_tokens_total", "fusebox_duration_seconds_count")),
        query_variable("agent", any_of("fusebox_tokens_total", "fusebox_duration_seconds_count",
                                       "fusebox_slo_objective_ratio")),
        query_variable("slo", f"fusebox_slo_objective_ratio{{{PLACE}}}"),
        {"name": "window", "label": "burn window", "type": "custom", "query": ",".join(WINDOWS),
         "options": choices, "current": {"text": "1h", "value": "1h"}},
    ]


def dashboard():
    return {
        "uid": "fusebox-fleet",
        "title": "fusebox fleet",
        "description": "Error budgets, breakers, limits, decisions, stops and cost of all agents.",
        "tags": ["fusebox"],
        "schemaVersion": 39,
        "editable": True,
        "graphTooltip": 1,
        "refresh": "10s",
        "time": {"from": "now-1h", "to": "now"},
        "timezone": "browser",
        "templating": {"list": variables()},
        "annotations": {"list": []},
        "panels": panels(),
    }


if __name__ == "__main__":
    json.dump(dashboard(), sys.stdout, indent=2, ensure_ascii=False)
    print()
