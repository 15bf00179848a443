// SLOs for every agent that is heard, as YAML of the same loader. On without any SLO document, or
// by `presets: true`.
#pragma once

#include <string_view>

namespace fusebox::config::detail {

inline constexpr std::string_view kPresetsName = "presets";

inline constexpr std::string_view kPresets = R"yaml(
apiVersion: openslo/v1
kind: SLO
metadata: {name: task-success, annotations: {fusebox.dev/group-by: agent}}
spec:
  service: agents
  description: Tasks end well.
  indicator:
    spec:
      ratioMetric:
        good: {metricSource: {type: fusebox, spec: {where: 'kind == "task" && outcome == "ok"'}}}
        total:
          metricSource:
            type: fusebox
            spec: {where: 'kind == "task" && outcome in ["ok", "error", "timeout"]'}
  timeWindow: [{duration: 28d, isRolling: true}]
  budgetingMethod: Occurrences
  objectives: [{target: 0.95}]
---
apiVersion: openslo/v1
kind: SLO
metadata: {name: tool-success, annotations: {fusebox.dev/group-by: 'agent, tool'}}
spec:
  service: agents
  description: Tool calls succeed.
  indicator:
    spec:
      ratioMetric:
        good: {metricSource: {type: fusebox, spec: {where: 'kind == "tool" && outcome == "ok"'}}}
        total:
          metricSource:
            type: fusebox
            spec: {where: 'kind == "tool" && outcome in ["ok", "error", "timeout"]'}
  timeWindow: [{duration: 28d, isRolling: true}]
  budgetingMethod: Occurrences
  objectives: [{target: 0.99}]
---
apiVersion: openslo/v1
kind: SLO
metadata: {name: latency, annotations: {fusebox.dev/group-by: model}}
spec:
  service: agents
  description: Model calls end within 30 seconds.
  indicator:
    spec:
      thresholdMetric:
        metricSource: {type: fusebox, spec: {where: kind == "llm", value: duration_ms}}
  timeWindow: [{duration: 28d, isRolling: true}]
  budgetingMethod: Occurrences
  objectives: [{op: lte, value: 30000, target: 0.95}]
---
apiVersion: openslo/v1
kind: SLO
metadata: {name: ttft, annotations: {fusebox.dev/group-by: model}}
spec:
  service: agents
  description: Model calls answer their first token within 5 seconds.
  indicator:
    spec:
      thresholdMetric:
        metricSource: {type: fusebox, spec: {where: kind == "llm", value: ttft_ms}}
  timeWindow: [{duration: 28d, isRolling: true}]
  budgetingMethod: Occurrences
  objectives: [{op: lte, value: 5000, target: 0.95}]
)yaml";

}  // namespace fusebox::config::detail
