// `expect`: one map for each expectation, whose first key says the kind and of what.
#include <algorithm>

#include "base/text.hpp"
#include "killswitch/scope.hpp"
#include "sre/config/detail/scenario_draft.hpp"
#include "sre/config/detail/scenario_keys.hpp"

namespace fusebox::config::detail {
namespace {

using namespace std::chrono_literals;
using chaos::Expectation;
using What = decltype(Expectation::what);

constexpr std::size_t kItemsMax = 64;
constexpr Range<Duration> kWithin{1s, 24h};

Duration read_within(const MapReader& map) {
  return map.get("within", as_duration, kWithin).value_or(0s);
}

What read_breaker(const MapReader& map, ScenarioDraft& draft) {
  constexpr std::array<std::string_view, 3> kStates{"open", "half_open", "closed"};
  chaos::ExpectBreaker expect;
  if (const auto name = map.field("breaker")) {
    expect.breaker = as_document_name(*name).value_or("");
    if (!expect.breaker.empty()) draft.refer(ReferenceKind::Breaker, *name, expect.breaker);
  }
  if (const auto state = map.get("state", as_index, Names{kStates}, Names{})) {
    expect.state = kStates[*state];
  }
  expect.within = read_within(map);
  expect.closed_within = map.get("closed_within", as_duration, kWithin);
  return expect;
}

// V18: a scope that a stop order can have; its value may be a pattern.
std::optional<std::string> as_scope_pattern(const Field& field) {
  constexpr std::size_t kScopeMax = 600;
  auto text = as_text(field, kScopeMax);
  if (!text || killswitch::parse_scope(*text)) return text;
  field.invalid("a scope of stop orders like global, agent:NAME or agent:*");
  return std::nullopt;
}

// `true`, for what is either said or left out.
void read_flag(const MapReader& map, std::string_view key) {
  const auto value = map.get(key, as_bool);
  if (value == false) map.field(key)->invalid("true, or no such key");
}

What read_kill_switch(const MapReader& map, ScenarioDraft&) {
  chaos::ExpectKillSwitch expect;
  expect.scope = map.get("kill_switch", as_scope_pattern).value_or("");
  map.exactly_one({"within", "must_not"});
  expect.within = map.get("within", as_duration, kWithin);
  read_flag(map, "must_not");
  return expect;
}

What read_budget(const MapReader& map, ScenarioDraft& draft) {
  chaos::ExpectBudget expect;
  expect.slo = read_slo_name(map, "budget", ReferenceKind::Slo, draft);
  map.exactly_one({"max_spend", "not_exhausted"});
  // What is spent is not bounded by what there is: 2 is twice the budget.
  expect.max_spend = map.get("max_spend", as_ratio_within, Range<Ratio>{{0, 1}, {1'000, 1}})
                         .value_or(Ratio{1, 1})
                         .to_double();
  read_flag(map, "not_exhausted");
  return expect;
}

bool read_per_task(const MapReader& map, std::string_view key) {
  constexpr std::array<std::string_view, 2> kPer{"task", "total"};
  return map.get(key, as_index, Names{kPer}, Names{}).value_or(0) == 0;
}

What read_cost(const MapReader& map, ScenarioDraft&) {
  return chaos::ExpectCost{.per_task = read_per_task(map, "cost"),
                           .max = map.get("max", as_usd).value_or(MicroUsd{})};
}

What read_tokens(const MapReader& map, ScenarioDraft&) {
  constexpr Range<std::int64_t> kTokens{1, 1'000'000'000'000};
  return chaos::ExpectTokens{.per_task = read_per_task(map, "tokens"),
                             .max = map.get("max", as_int, kTokens).value_or(1)};
}

What read_amplification(const MapReader& map, ScenarioDraft& draft) {
  chaos::ExpectAmplification expect;
  const auto target = read_target_index(map, "amplification", draft);
  expect.target = target.value_or(0);
  expect.max = map.get("max", as_number_within, Range<double>{1, 1'000}).value_or(1);
  if (!target) return expect;
  const chaos::TargetKind kind = draft.value.targets[*target].kind;
  if (kind != chaos::TargetKind::Llm && kind != chaos::TargetKind::Tool) {
    map.field("amplification")->invalid("a target of kind llm or tool: what is called");
  }
  return expect;
}

What read_recovery(const MapReader& map, ScenarioDraft& draft) {
  chaos::ExpectRecovery expect;
  expect.slo = read_slo_name(map, "recovery", ReferenceKind::Slo, draft);
  expect.within = read_within(map);
  expect.hold = map.get("hold", as_duration, Range<Duration>{0s, 24h}).value_or(0s);
  return expect;
}

What read_alert(const MapReader& map, ScenarioDraft& draft) {
  chaos::ExpectAlert expect;
  expect.slo = read_slo_name(map, "alert", ReferenceKind::Slo, draft);
  expect.within = read_within(map);
  expect.count_max = map.get("count", as_int, Range<std::int64_t>{1, 1'000'000});
  return expect;
}

What read_telemetry(const MapReader& map, ScenarioDraft& draft) {
  constexpr std::array<std::string_view, 1> kStates{"uncertain"};
  chaos::ExpectUncertain expect;
  expect.slo = read_slo_name(map, "telemetry", ReferenceKind::Slo, draft);
  static_cast<void>(map.get("state", as_index, Names{kStates}, Names{}));
  expect.within = read_within(map);
  return expect;
}

// The order of kExpectKinds.
constexpr std::array<What (*)(const MapReader&, ScenarioDraft&), 9> kReaders{
    read_breaker,       read_kill_switch, read_budget, read_cost,     read_tokens,
    read_amplification, read_recovery,    read_alert,  read_telemetry};

// As it is written, in a line: "breaker models open within 20s".
std::string text_of(const Node& node) {
  std::string text;
  for (const Entry& entry : node.entries) {
    if (!text.empty()) text += ' ';
    if (entry.key != "state") text += entry.key;
    if (entry.value.text == "true") continue;
    text += (entry.key == "state" ? "" : " ") + entry.value.text;
  }
  return text;
}

void read_expectation(const Field& item, ScenarioDraft& draft) {
  if (item.node.kind != NodeKind::Map || item.node.entries.empty()) {
    item.wrong_type("a map like {breaker: NAME, state: open, within: 20s}");
    return;
  }
  const Entry& first = item.node.entries.front();
  const auto& kinds = scenario_keys::kExpectKinds;
  const auto& later = scenario_keys::kLaterExpectKinds;
  const auto kind = std::find(kinds.begin(), kinds.end(), first.key);
  if (kind != kinds.end()) {
    const auto index = static_cast<std::size_t>(kind - kinds.begin());
    const MapReader map({first.key, item.node, item.report}, scenario_keys::expect_keys(index));
    draft.value.expect.push_back({text_of(item.node), kReaders[index](map, draft)});
    draft.expect.push_back(&item.node);
  } else if (std::find(later.begin(), later.end(), first.key) != later.end()) {
    draft.report.error(first.key_at, ErrorCode::NotYetSupported, comes_later(first.key));
  } else {
    draft.report.error(first.key_at, ErrorCode::UnknownKey,
                       quoted(first.key) + " is not what an expectation begins with",
                       expecting(join_or(kinds)), did_you_mean(first.key, kinds));
  }
}

}  // namespace

void read_expectations(const MapReader& spec, ScenarioDraft& draft) {
  for (const Field& item : bounded_list(spec, "expect", kItemsMax)) read_expectation(item, draft);
}

}  // namespace fusebox::config::detail
