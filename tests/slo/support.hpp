// What the tests of SLOs share: specs and events in a line each.
#pragma once

#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include <gtest/gtest.h>

#include "base/json_writer.hpp"
#include "slo/slo.hpp"
#include "telemetry/record.hpp"

namespace fusebox::slo {

// Aligned to every bucket of the windows.
inline constexpr Instant kStart{std::chrono::seconds{1'767'225'600}};  // 2026-01-01

inline policy::Condition condition(std::string_view text) {
  std::vector<policy::ConditionError> errors;
  auto compiled = policy::Condition::compile(text, telemetry::indicator_schema(), errors);
  EXPECT_TRUE(compiled.has_value()) << text;
  return std::move(compiled).value();
}

struct SpecOptions {
  Ratio target{99, 100};
  Duration window = std::chrono::days{30};
  std::vector<Dimension> group_by = {};
};

// Tool calls of which those with outcome ok are good, with the standard alerts that can fire.
inline SloSpec ratio_spec(const SpecOptions& options = {}) {
  Objective objective{.name = "standard", .target = options.target, .alerts = {}};
  for (const AlertPair& pair : standard_pairs(options.window)) {
    if (reachable(pair.factor, options.target)) objective.alerts.push_back(pair);
  }
  return {.name = "tool-success",
          .service = "agents",
          .description = "",
          .indicator = RatioIndicator{.total = condition(R"(kind == "tool")"),
                                      .part = condition(R"(outcome == "ok")")},
          .group_by = KeySpec(options.group_by),
          .window = options.window,
          .objectives = {objective},
          .low_traffic = {}};
}

inline SloSpec by_agent() { return ratio_spec({.group_by = {Dimension::Agent}}); }

// Model calls that are good up to two seconds.
inline SloSpec latency_spec() {
  SloSpec spec = ratio_spec({.target = {95, 100}, .window = std::chrono::days{7}});
  spec.name = "llm-latency";
  spec.indicator = ThresholdIndicator{.where = condition(R"(kind == "llm")"),
                                      .value = telemetry::NumericField::DurationMs};
  spec.objectives.front().op = Comparison::Lte;
  spec.objectives.front().bound = 2000;
  return spec;
}

inline telemetry::Event tool_event(bool good, std::string_view agent = "bot") {
  telemetry::Event event;
  event.kind = telemetry::EventKind::Tool;
  event.outcome = good ? telemetry::Outcome::Ok : telemetry::Outcome::Error;
  event.dimensions[Dimension::Agent] = agent;
  event.dimensions[Dimension::Kind] = "tool";
  return event;
}

inline telemetry::Event llm_event(double duration_ms, std::string_view agent = "bot") {
  telemetry::Event event;
  event.kind = telemetry::EventKind::Llm;
  event.measured.duration_ms = duration_ms;
  event.dimensions[Dimension::Agent] = agent;
  event.dimensions[Dimension::Kind] = "llm";
  return event;
}

// "page firing 1h/5m", "ticket resolved 3d/6h", "healthy -> critical", with "?" if uncertain.
inline std::string in_short(const telemetry::RecordBody& record) {
  if (const auto* alert = std::get_if<telemetry::AlertRecord>(&record)) {
    return std::string(alert->page ? "page " : "ticket ") +
           (alert->firing ? "firing " : "resolved ") + alert->window_long + "/" +
           alert->window_short;
  }
  if (const auto* status = std::get_if<telemetry::SloStatusRecord>(&record)) {
    return status->from + " -> " + status->to + (status->uncertain ? "?" : "");
  }
  return "no record of an SLO";
}

inline std::vector<std::string> in_short(const std::vector<telemetry::RecordBody>& records) {
  std::vector<std::string> texts;
  for (const auto& record : records) texts.push_back(in_short(record));
  return texts;
}

inline std::string summary_of(Slo& slo, Instant now) {
  std::string text;
  JsonWriter json(text);
  json.begin_array();
  slo.write_summary(json, now);
  json.end_array();
  return text;
}

// Feeds one SLO, evaluates after each event, keeps the records.
class Feed {
 public:
  explicit Feed(SloSpec spec) : slo(std::move(spec)) {}

  // `count` events of the same kind at `at`, in one.
  void add(Instant at, bool good, std::int64_t count = 1, std::string_view agent = "bot") {
    telemetry::Event event = tool_event(good, agent);
    event.weight = count;
    add(event, at);
  }
  void add(const telemetry::Event& event, Instant at) {
    if (const auto key = slo.record(event, at, at)) slo.evaluate(*key, at, records);
  }
  // What a tick does.
  void tick(Instant now) {
    std::vector<KeyIndex> keys;
    slo.due(now, keys);
    for (const KeyIndex key : keys) slo.evaluate(key, now, records);
  }
  // The records since the last call, in short.
  std::vector<std::string> news() {
    auto texts = in_short(records);
    records.clear();
    return texts;
  }

  Slo slo;
  std::vector<telemetry::RecordBody> records;
};

}  // namespace fusebox::slo
