// Small documents that the engine's tests combine.
#pragma once

#include <string>

namespace fusebox::engine {

inline const std::string kToolSlo = R"(---
apiVersion: openslo/v1
kind: SLO
metadata: {name: tools, annotations: {fusebox.dev/group-by: agent}}
spec:
  service: agents
  indicator:
    metadata: {name: tools}
    spec:
      ratioMetric:
        counter: true
        good: {metricSource: {type: fusebox, spec: {where: 'outcome == "ok"'}}}
        total: {metricSource: {type: fusebox, spec: {where: 'kind == "tool"'}}}
  timeWindow: [{duration: 30d, isRolling: true}]
  budgetingMethod: Occurrences
  objectives: [{displayName: standard, target: 0.9}]
)";

inline std::string breaker(const std::string& mode) {
  return R"(---
apiVersion: fusebox/v1
kind: Breaker
metadata: {name: tools}
spec:
  key: [tool]
  where: kind == "tool"
  consecutive_failures: 2
  open: {wait: 10s}
  half_open: {probes: 1, patience: 5s}
  mode: )" +
         mode + "\n";
}

// A limit of two tool calls for each agent.
inline std::string call_limit(const std::string& on_exceed, const std::string& mode = "enforce") {
  return R"(---
apiVersion: fusebox/v1
kind: Limit
metadata: {name: calls}
spec:
  scope: [agent]
  window: lifetime
  budget: {tool_calls: 2}
  on_exceed: )" +
         on_exceed + "\n  mode: " + mode + "\n";
}

inline std::string policy(const std::string& rules, const std::string& head = "mode: strict") {
  return R"(---
apiVersion: fusebox/v1
kind: Policy
metadata: {name: production}
spec:
  default: allow
  )" + head +
         "\n  rules:\n" + rules;
}

inline std::string config(const std::string& telemetry) {
  return R"(---
apiVersion: fusebox/v1
kind: Config
metadata: {name: test}
spec:
  presets: false
  telemetry: )" +
         telemetry + "\n";
}

}  // namespace fusebox::engine
