#include "base/json_writer.hpp"
#include "base/money.hpp"
#include "chaos/detail/report_parts.hpp"
#include "chaos/report.hpp"

namespace fusebox::chaos {
namespace {

double in_seconds(Duration duration) { return static_cast<double>(duration.count()) / 1e9; }

// A list member, one item after another.
template <class Items, class Write>
void list(JsonWriter& json, std::string_view name, const Items& items, const Write& write) {
  json.key(name);
  json.begin_array();
  for (const auto& item : items) write(item);
  json.end_array();
}

void write_scenario(JsonWriter& json, const Scenario& scenario) {
  json.key("scenario");
  json.begin_object();
  json.field("name", scenario.name);
  json.field("title", scenario.title);
  json.field("owner", scenario.owner);
  if (!scenario.incident.empty()) json.field("incident", scenario.incident);
  json.field("hash", scenario.hash);
  json.end_object();
}

void write_population(JsonWriter& json, const Population& population) {
  json.key("population");
  json.begin_object();
  json.field("unit", kUnitNames[static_cast<std::size_t>(population.unit)]);
  json.field("percent", population.percent.to_double());
  json.field("control_percent", population.control_percent.to_double());
  json.end_object();
}

void write_stages(JsonWriter& json, const std::vector<Stage>& stages) {
  Duration begin{};
  list(json, "stages", stages, [&](const Stage& stage) {
    json.begin_object();
    json.field("name", stage.name);
    json.field("kind", kStageKindNames[static_cast<std::size_t>(stage.kind)]);
    json.field("begin_s", in_seconds(begin));
    json.field("duration_s", in_seconds(stage.duration));
    list(json, "faults", stage.faults, [&](const FaultSpec& fault) { json.string(fault.id); });
    json.end_object();
    begin += stage.duration;
  });
}

void write_arm(JsonWriter& json, Arm arm, const ArmSummary& sums) {
  json.key(name_of(arm));
  json.begin_object();
  json.field("units", sums.units);
  json.field("tasks", sums.tasks);
  json.field("tasks_ok", sums.tasks_ok);
  json.field("calls", sums.calls);
  json.field("upstream", sums.upstream);
  json.field("refused", sums.refused);
  json.field("tokens", sums.tokens);
  json.key("cost_usd");
  json.raw(format_usd(sums.cost));
  json.end_object();
}

void write_arms(JsonWriter& json, const RunResult& result) {
  json.key("arms");
  json.begin_object();
  for (const Arm arm : {Arm::Experiment, Arm::Control, Arm::Outside}) {
    write_arm(json, arm, result.arms[static_cast<std::size_t>(arm)]);
  }
  json.end_object();
}

void write_finding(JsonWriter& json, const Finding& finding) {
  json.begin_object();
  json.field("name", finding.name);
  json.field("state", kFindingStateNames[static_cast<std::size_t>(finding.state)]);
  json.field("text", finding.text);
  if (finding.estimate) {
    json.key("estimate");
    json.begin_object();
    json.field("value", finding.estimate->value);
    json.field("lower", finding.estimate->lower);
    json.field("upper", finding.estimate->upper);
    json.end_object();
  }
  if (finding.margin) json.field("margin", *finding.margin);
  json.end_object();
}

// By kind, in the order in which a run meets them.
void write_findings(JsonWriter& json, const RunResult& result) {
  constexpr std::array<std::string_view, kFindingKindNames.size()> kLists{
      "steady_state", "compare", "guardrails", "expectations", "triggers", "rollback"};
  json.key("findings");
  json.begin_object();
  for (std::size_t kind = 0; kind < kLists.size(); ++kind) {
    list(json, kLists[kind], findings_of(result, static_cast<FindingKind>(kind)),
         [&](const Finding* finding) { write_finding(json, *finding); });
  }
  json.end_object();
}

void write_score(JsonWriter& json, const std::optional<Score>& score) {
  json.key("score");
  if (!score) return json.null();
  json.begin_object();
  json.field("lower", score->lower);
  json.field("value", score->value);
  json.end_object();
}

void write_fault(JsonWriter& json, const FaultSummary& fault) {
  json.begin_object();
  json.field("id", fault.id);
  json.field("type", fault.type);
  json.field("target", fault.target);
  json.field("eligible", fault.eligible);
  json.field("injected", fault.injected);
  if (fault.first) json.field("first_s", in_seconds(*fault.first));
  if (fault.last) json.field("last_s", in_seconds(*fault.last));
  list(json, "series", fault.series, [&](std::int64_t count) { json.integer(count); });
  json.end_object();
}

void write_moment(JsonWriter& json, const Moment& moment) {
  json.begin_object();
  json.field("at_s", in_seconds(moment.at));
  json.field("kind", kMomentKindNames[static_cast<std::size_t>(moment.kind)]);
  json.field("subject", moment.subject);
  if (!moment.key.empty()) {
    json.key("key");
    json.raw(moment.key);
  }
  json.field("state", moment.state);
  json.field("text", moment.text);
  json.end_object();
}

void write_series(JsonWriter& json, const SliSeries& series) {
  json.begin_object();
  json.field("slo", series.slo);
  json.field("arm", name_of(series.arm));
  json.field("target", series.target.to_double());
  json.field("step_s", in_seconds(series.step));
  list(json, "good", series.counts, [&](const slo::Counts& counts) { json.integer(counts.good); });
  list(json, "bad", series.counts, [&](const slo::Counts& counts) { json.integer(counts.bad); });
  json.end_object();
}

void write_head(JsonWriter& json, const RunResult& result, std::string_view version) {
  json.field("schema_version", std::int64_t{kReportSchemaVersion});
  json.field("verdict", name_of(result.verdict));
  json.field("reason", result.reason);
  json.field("exit_code", std::int64_t{exit_code_of(result.verdict)});
  json.key("seed");
  json.raw(std::to_string(result.seed));
  json.field("scenario_hash", result.scenario.hash);
  json.field("run_hash", result.run_hash);
  json.field("configuration", result.configuration);
  json.field("version", version);
  json.field("duration_s", in_seconds(result.length));
}

}  // namespace

std::string report_json(const RunResult& result, std::string_view version) {
  std::string out;
  JsonWriter json(out);
  json.begin_object();
  write_head(json, result, version);
  write_scenario(json, result.scenario);
  write_population(json, result.scenario.population);
  write_stages(json, result.scenario.stages);
  write_arms(json, result);
  write_findings(json, result);
  write_score(json, result.score);
  list(json, "faults", result.faults, [&](const FaultSummary& fault) { write_fault(json, fault); });
  list(json, "timeline", result.timeline,
       [&](const Moment& moment) { write_moment(json, moment); });
  json.field("timeline_left_out", result.moments_left_out);
  list(json, "series", result.series, [&](const SliSeries& series) { write_series(json, series); });
  json.field("events", result.events);
  json.field("decisions", result.decisions);
  json.end_object();
  return out + "\n";
}

}  // namespace fusebox::chaos
