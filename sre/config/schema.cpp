#include "sre/config/schema.hpp"

#include "chaos/profile.hpp"
#include "chaos/scenario.hpp"
#include "sre/config/detail/scenario_keys.hpp"
#include "sre/config/detail/schema_parts.hpp"

namespace fusebox::config {
namespace {

namespace keys = detail::scenario_keys;
using namespace detail::schema;

constexpr std::size_t kItemsMax = 64;
constexpr std::int64_t kCountMax = 1'000'000'000;

std::string name() { return matching("^[a-z][a-z0-9_-]{0,62}$"); }
std::string document_name() { return matching("^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$"); }
std::string pattern() { return text(256); }

std::string distribution() {
  const std::string forms =
      object(keys::kDistribution,
             {{"const", duration()},
              {"uniform", list(duration(), 2, 2)},
              {"exp", object(keys::kExponential, {{"mean", duration()}})},
              {"lognormal", object(keys::kLogNormal, {{"p50", duration()}, {"p99", duration()}})},
              {"pareto", object(keys::kPareto, {{"min", duration()}, {"alpha", ratio()}})}});
  return any_of({duration(), with(forms, R"("minProperties":1,"maxProperties":1)")});
}

std::string target() {
  constexpr std::int64_t kCallsMax = 10'000'000;
  const std::string service = object(keys::kService, {{"latency", distribution()},
                                                      {"tokens_per_s", integer(1, 1'000'000)},
                                                      {"errors", ratio()},
                                                      {"capacity", integer(1, kCallsMax)},
                                                      {"queue", integer(0, kCallsMax)},
                                                      {"requests_per_s", integer(1, kCallsMax)}});
  return object(keys::kTarget, {{"name", name()},
                                {"kind", words(chaos::kTargetKindNames)},
                                {"model", pattern()},
                                {"tool", pattern()},
                                {"sim", service}});
}

std::string workload() {
  const std::string arrivals =
      object(keys::kArrivals, {{"process", words(chaos::kArrivalProcessNames)},
                               {"rate", matching("^[1-9][0-9]{0,6}/[smh]$")},
                               {"max_in_flight", integer(1, 10'000'000)}});
  return object(keys::kWorkload,
                {{"profile", words(chaos::profile_names())},
                 {"arrivals", arrivals},
                 {"agents", object(keys::kAgents, {{"count", integer(1, 1'000'000)}})}});
}

std::string population() {
  return object(keys::kPopulation, {{"unit", words(chaos::kUnitNames)},
                                    {"percent", ratio()},
                                    {"control_percent", ratio()},
                                    {"salt", name()}});
}

std::string schedule() {
  const std::string count = integer(1, kCountMax);
  return object(keys::kSchedule,
                {{"percent", ratio()},
                 {"nth", count},
                 {"every", object(keys::kEvery, {{"n", count}, {"length", count}})},
                 {"after_calls", count},
                 {"first_n", count},
                 {"burst", object(keys::kBurst, {{"period", duration()}, {"length", duration()}})},
                 {"from", duration()},
                 {"until", duration()}});
}

std::string with_of(chaos::FaultType type) {
  using chaos::FaultType;
  switch (type) {
    case FaultType::SlowTtft:
      return object(keys::kSlowTtft, {{"delay", distribution()}});
    case FaultType::InStreamError:
      return object(keys::kInStreamError, {{"kind", words(chaos::kProviderErrorNames)},
                                           {"after_events", integer(0, 100'000)}});
    case FaultType::RateLimit:
      return object(keys::kRateLimit, {{"retry_after", duration()}});
    case FaultType::Hang:
      return "false";
    case FaultType::UsageInflation:
      return object(keys::kUsageInflation, {{"factor", ratio()}});
    case FaultType::ToolError:
      return object(keys::kToolError, {{"kind", words(chaos::kToolErrorKindNames)}});
    case FaultType::TelemetryLoss:
      return object(keys::kTelemetryLoss,
                    {{"mode", words(chaos::kLossModeNames)}, {"delay", duration()}});
    case FaultType::ClockStep:
      return with(object(keys::kClockStep, {{"forward", duration()}, {"backward", duration()}}),
                  R"("minProperties":1,"maxProperties":1)");
  }
  return "false";
}

bool may_leave_out(chaos::FaultType type) {
  return type == chaos::FaultType::Hang || type == chaos::FaultType::RateLimit;
}

// What `with` is depends on `type`: a conditional for each.
std::string fault() {
  std::string each;
  for (std::size_t i = 0; i < chaos::kFaultTypeCount; ++i) {
    const auto type = static_cast<chaos::FaultType>(i);
    each += (each.empty() ? "" : ",") + std::string(R"({"if":{"properties":{"type":{"const":")") +
            std::string(chaos::kFaultTypeNames[i]) + R"("}}},"then":{"properties":{"with":)" +
            with_of(type) + "}" + (may_leave_out(type) ? "" : R"(,"required":["with"])") + "}}";
  }
  const std::string match = object(
      keys::kMatch,
      {{"agent", pattern()}, {"tenant", pattern()}, {"tool", pattern()}, {"model", pattern()}});
  const std::string whole = object(keys::kFault, {{"id", name()},
                                                  {"type", words(chaos::kFaultTypeNames)},
                                                  {"target", name()},
                                                  {"schedule", schedule()},
                                                  {"match", match},
                                                  {"with", "true"},
                                                  {"max_count", integer(1, kCountMax)}});
  return with(whole, "\"allOf\":[" + each + "]");
}

std::string stage() {
  constexpr std::array<std::string_view, 1> kFields{"population"};
  const std::string ramp = object(keys::kRamp, {{"field", words(kFields)},
                                                {"from", ratio()},
                                                {"to", ratio()},
                                                {"shape", words(chaos::kRampShapeNames)}});
  return object(keys::kStage, {{"name", name()},
                               {"kind", words(chaos::kStageKindNames)},
                               {"duration", duration()},
                               {"faults", list(fault(), 1, kItemsMax)},
                               {"ramp", ramp}});
}

std::string hypothesis() {
  const std::string steady = object(keys::kSteadyState, {{"slo", document_name()},
                                                         {"window", duration()},
                                                         {"op", words(chaos::kCompareNames)},
                                                         {"value", number(0, 1)}});
  const std::string compare =
      object(keys::kComparison, {{"sli", document_name()},
                                 {"kind", words(chaos::kComparisonKindNames)},
                                 {"margin", ratio()}});
  return object(keys::kHypothesis, {{"steady_state", list(steady, 1, kItemsMax)},
                                    {"compare", list(compare, 0, kItemsMax)},
                                    {"min_samples", integer(0, kCountMax)},
                                    {"confidence", ratio()},
                                    {"power", ratio()}});
}

std::string guardrail() {
  return object(keys::kGuardrail, {{"name", name()},
                                   {"slo", document_name()},
                                   {"window", duration()},
                                   {"arm", words(chaos::kArmNames)},
                                   {"op", words(chaos::kCompareNames)},
                                   {"value", number(0, 1'000'000)},
                                   {"for", duration()},
                                   {"action", words(chaos::kGuardrailActionNames)}});
}

std::string one_of_two(std::string object, std::string_view a, std::string_view b) {
  const auto required = [](std::string_view key) {
    return R"({"required":[")" + std::string(key) + R"("]})";
  };
  return with(std::move(object), "\"oneOf\":[" + required(a) + "," + required(b) + "]");
}

std::string expectation() {
  constexpr std::array<std::string_view, 3> kStates{"open", "half_open", "closed"};
  constexpr std::array<std::string_view, 2> kPer{"task", "total"};
  constexpr std::array<std::string_view, 1> kUncertain{"uncertain"};
  const std::string slo = document_name();
  return any_of(
      {object(keys::kExpectBreaker, {{"breaker", document_name()},
                                     {"state", words(kStates)},
                                     {"within", duration()},
                                     {"closed_within", duration()}}),
       one_of_two(
           object(keys::kExpectKillSwitch,
                  {{"kill_switch", text(600)}, {"within", duration()}, {"must_not", just_true()}}),
           "within", "must_not"),
       one_of_two(object(keys::kExpectBudget,
                         {{"budget", slo}, {"max_spend", ratio()}, {"not_exhausted", just_true()}}),
                  "max_spend", "not_exhausted"),
       object(keys::kExpectCost, {{"cost", words(kPer)}, {"max", money()}}),
       object(keys::kExpectTokens,
              {{"tokens", words(kPer)}, {"max", integer(1, 1'000'000'000'000)}}),
       object(keys::kExpectAmplification, {{"amplification", name()}, {"max", number(1, 1'000)}}),
       object(keys::kExpectRecovery,
              {{"recovery", slo}, {"within", duration()}, {"hold", duration()}}),
       object(keys::kExpectAlert,
              {{"alert", slo}, {"within", duration()}, {"count", integer(1, 1'000'000)}}),
       object(keys::kExpectTelemetry,
              {{"telemetry", slo}, {"state", words(kUncertain)}, {"within", duration()}})});
}

std::string rollback() {
  constexpr std::array<std::string_view, 1> kAlways{"always"};
  return object(keys::kRollback,
                {{"strategy", words(kAlways)}, {"verify", boolean()}, {"timeout", duration()}});
}

std::string spec() {
  const std::string texts = any_of({text(4096), list(text(4096), 0, 10'000)});
  return object(keys::kSpec, {{"title", text(256)},
                              {"description", text(4096)},
                              {"owner", text(256)},
                              {"incident", text(4096)},
                              {"tags", texts},
                              {"seed", R"({"type":"integer","minimum":0})"},
                              {"mode", words(chaos::kModeNames)},
                              {"targets", list(target(), 0, kItemsMax)},
                              {"slos", list(document_name(), 0, kItemsMax)},
                              {"workload", workload()},
                              {"population", population()},
                              {"stages", list(stage(), 3, kItemsMax)},
                              {"hypothesis", hypothesis()},
                              {"guardrails", list(guardrail(), 0, kItemsMax)},
                              {"expect", list(expectation(), 0, kItemsMax)},
                              {"rollback", rollback()}});
}

std::string scenario() {
  constexpr std::array kDocument{detail::required("apiVersion"), detail::required("kind"),
                                 detail::required("metadata"), detail::required("spec")};
  constexpr std::array kMetadata{detail::required("name"), detail::optional("displayName"),
                                 detail::optional("labels"), detail::optional("annotations")};
  constexpr std::array<std::string_view, 1> kVersion{"fusebox/v1"};
  constexpr std::array<std::string_view, 1> kKind{"Scenario"};
  const std::string map = R"({"type":"object"})";
  const std::string metadata = object(kMetadata, {{"name", document_name()},
                                                  {"displayName", text(1050)},
                                                  {"labels", map},
                                                  {"annotations", map}});
  const std::string document = object(kDocument, {{"apiVersion", words(kVersion)},
                                                  {"kind", words(kKind)},
                                                  {"metadata", metadata},
                                                  {"spec", spec()}});
  return with(document, R"("$schema":"https://json-schema.org/draft/2020-12/schema",)"
                        R"("title":"fusebox Scenario")");
}

}  // namespace

std::vector<SchemaFile> json_schemas() { return {{"scenario.schema.json", scenario()}}; }

}  // namespace fusebox::config
