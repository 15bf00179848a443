#include "telemetry/facts.hpp"

#include <set>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace fusebox::telemetry {
namespace {

using policy::Schema;
using policy::Symbol;
using policy::Type;
using policy::Value;
using testing::ElementsAreArray;
using testing::IsEmpty;

const Symbol* find(const Schema& schema, std::string_view name) {
  for (const Symbol& symbol : schema.symbols) {
    if (symbol.name == name) return &symbol;
  }
  return nullptr;
}

// The value of a name of `schema`; the name must exist.
Value get(const policy::Facts& facts, const Schema& schema, std::string_view name) {
  const Symbol* symbol = find(schema, name);
  EXPECT_NE(symbol, nullptr) << name;
  return symbol == nullptr ? Value::error("no such name") : facts.get(symbol->slot);
}

std::vector<std::string> names_of(const Schema& schema) {
  std::vector<std::string> names;
  for (const Symbol& symbol : schema.symbols) names.emplace_back(symbol.name);
  return names;
}

const std::vector<std::string> kCommon{"agent",   "tenant", "environment", "version",   "user",
                                       "session", "task",   "parent_task", "root_task", "trace_id",
                                       "kind",    "tool",   "model",       "provider",  "to_agent",
                                       "domain",  "trust",  "depth",       "attributes"};

std::vector<std::string> common_and(std::vector<std::string> more) {
  more.insert(more.begin(), kCommon.begin(), kCommon.end());
  return more;
}

TEST(Schemas, HoldExactlyTheNamesOfTheirPlace) {
  EXPECT_THAT(names_of(common_schema()), ElementsAreArray(kCommon));
  EXPECT_THAT(names_of(indicator_schema()),
              ElementsAreArray(
                  common_and({"outcome", "error", "duration_ms", "ttft_ms", "tokens_in",
                              "tokens_out", "cost_usd", "score", "confidence", "files_changed"})));
  EXPECT_THAT(names_of(request_schema()),
              ElementsAreArray(common_and({"action", "target", "args", "estimate"})));
}

TEST(Schemas, ShareOneSlotSpace) {
  for (const Symbol& symbol : common_schema().symbols) {
    EXPECT_EQ(find(indicator_schema(), symbol.name)->slot, symbol.slot) << symbol.name;
    EXPECT_EQ(find(request_schema(), symbol.name)->slot, symbol.slot) << symbol.name;
  }
  std::set<policy::Slot> slots;
  for (const Symbol& symbol : indicator_schema().symbols) slots.insert(symbol.slot);
  for (const Symbol& symbol : request_schema().symbols) slots.insert(symbol.slot);
  EXPECT_EQ(slots.size(), indicator_schema().symbols.size() + 4);
}

TEST(Schemas, KnowTheValuesOfEnums) {
  EXPECT_THAT(find(common_schema(), "kind")->literals, ElementsAreArray(kEventKindNames));
  EXPECT_THAT(find(indicator_schema(), "kind")->literals, ElementsAreArray(kEventKindNames));
  EXPECT_THAT(find(request_schema(), "kind")->literals, ElementsAreArray(kActionNames));
  EXPECT_THAT(find(request_schema(), "action")->literals, ElementsAreArray(kActionNames));
  EXPECT_THAT(find(indicator_schema(), "outcome")->literals, ElementsAreArray(kOutcomeNames));
  EXPECT_THAT(find(indicator_schema(), "error")->literals, IsEmpty());
}

TEST(Schemas, TypesFollowTheUnit) {
  const std::vector<std::pair<std::string, Type>> rows{
      {"duration_ms", Type::Double}, {"ttft_ms", Type::Double},    {"cost_usd", Type::Double},
      {"score", Type::Double},       {"confidence", Type::Double}, {"tokens_in", Type::Int},
      {"tokens_out", Type::Int},     {"files_changed", Type::Int}, {"trust", Type::Int},
      {"depth", Type::Int},          {"attributes", Type::Map},    {"error", Type::String}};
  for (const auto& [name, type] : rows) {
    EXPECT_EQ(find(indicator_schema(), name)->type, type) << name;
  }
}

TEST(EventFacts, GiveWhatTheEventCarries) {
  Event event;
  event.kind = EventKind::Tool;
  event.dimensions[Dimension::Agent] = "bot";
  event.dimensions[Dimension::Kind] = name_of(event.kind);
  event.outcome = Outcome::Timeout;
  event.error = "deadline";
  event.measured.duration_ms = 12.5;
  event.measured.tokens_in = 7;
  event.measured.cost_usd = MicroUsd{1'500'000};
  event.trust = 900;
  const EventFacts facts(event);
  const Schema& schema = indicator_schema();
  EXPECT_EQ(get(facts, schema, "agent").text, "bot");
  EXPECT_EQ(get(facts, schema, "kind").text, "tool");
  EXPECT_EQ(get(facts, schema, "outcome").text, "timeout");
  EXPECT_EQ(get(facts, schema, "error").text, "deadline");
  EXPECT_EQ(get(facts, schema, "duration_ms").number, 12.5);
  EXPECT_EQ(get(facts, schema, "tokens_in").integer, 7);
  EXPECT_EQ(get(facts, schema, "cost_usd").number, 1.5);
  EXPECT_EQ(get(facts, schema, "trust").integer, 900);
}

TEST(EventFacts, AbsentStringsAreEmptyAndAbsentNumbersErrors) {
  const Event event;
  const EventFacts facts(event);
  for (const Symbol& symbol : indicator_schema().symbols) {
    const Value value = facts.get(symbol.slot);
    if (symbol.type == Type::String) {
      EXPECT_EQ(value.kind, Value::Kind::String) << symbol.name;
      EXPECT_EQ(value.text, "") << symbol.name;
    } else if (symbol.type != Type::Map) {
      EXPECT_EQ(value.kind, Value::Kind::Error) << symbol.name;
    }
  }
}

TEST(EventFacts, NamesOfRequestsAreErrors) {
  const Event event;
  const EventFacts facts(event);
  for (const char* name : {"action", "target", "args", "estimate"}) {
    const Symbol* symbol = find(request_schema(), name);
    EXPECT_EQ(facts.get(symbol->slot).kind, Value::Kind::Error) << name;
    EXPECT_EQ(facts.member(symbol->slot, 0).kind, Value::Kind::Error) << name;
  }
}

TEST(CheckFacts, GiveWhatTheCheckCarries) {
  Check check;
  check.action = Action::Llm;
  check.dimensions[Dimension::Agent] = "bot";
  check.dimensions[Dimension::Kind] = name_of(check.action);
  check.target = "chat";
  check.depth = 3;
  const CheckFacts facts(check);
  const Schema& schema = request_schema();
  EXPECT_EQ(get(facts, schema, "kind").text, "llm");
  EXPECT_EQ(get(facts, schema, "action").text, "llm");
  EXPECT_EQ(get(facts, schema, "target").text, "chat");
  EXPECT_EQ(get(facts, schema, "depth").integer, 3);
  EXPECT_EQ(get(facts, schema, "trust").kind, Value::Kind::Error);
}

TEST(CheckFacts, EstimateIsReadByItsKeys) {
  Check check;
  check.estimate.tokens = 8001;
  check.estimate.cost_usd = MicroUsd{250'000};
  const CheckFacts facts(check);
  const Symbol* estimate = find(request_schema(), "estimate");
  EXPECT_THAT(estimate->literals, testing::ElementsAre("tokens", "cost_usd", "files_changed"));
  EXPECT_EQ(facts.member(estimate->slot, 0).integer, 8001);
  EXPECT_EQ(facts.member(estimate->slot, 1).number, 0.25);
  EXPECT_EQ(facts.member(estimate->slot, 2).kind, Value::Kind::Error);
}

TEST(CheckFacts, NamesOfEventsAreErrors) {
  const Check check;
  const CheckFacts facts(check);
  for (const char* name : {"outcome", "error", "duration_ms", "ttft_ms", "tokens_in", "tokens_out",
                           "cost_usd", "score", "confidence", "files_changed"}) {
    EXPECT_EQ(facts.get(find(indicator_schema(), name)->slot).kind, Value::Kind::Error) << name;
  }
}

TEST(Facts, MapsGiveTheirDocumentAndAbsentOnesAnEmptyMap) {
  policy::DynamicDocument document;
  document.nodes.resize(2);
  document.nodes[0].kind = policy::DynamicKind::Map;
  document.nodes[0].children = document.nodes[0].descendants = 1;
  document.nodes[1].kind = policy::DynamicKind::Int;
  document.nodes[1].key = "n";
  Check check;
  check.args = &document;
  const Value args = get(CheckFacts(check), request_schema(), "args");
  ASSERT_EQ(args.kind, Value::Kind::Dynamic);
  EXPECT_EQ(args.dynamic, document.root());
  const Value attributes = get(CheckFacts(check), request_schema(), "attributes");
  ASSERT_EQ(attributes.kind, Value::Kind::Dynamic);
  EXPECT_EQ(attributes.dynamic->kind, policy::DynamicKind::Map);
  EXPECT_EQ(attributes.dynamic->children, 0U);
}

TEST(NumericFields, NamesLeadToTheirValue) {
  Event event;
  event.measured = {.duration_ms = 1,
                    .ttft_ms = 2,
                    .tokens_in = 3,
                    .tokens_out = 4,
                    .cost_usd = MicroUsd{5'000'000},
                    .files_changed = 10};
  event.score = 0.6;
  event.confidence = 0.7;
  event.trust = 8;
  event.depth = 9;
  const std::vector<double> expected{1, 2, 3, 4, 5, 0.6, 0.7, 8, 9, 10};
  ASSERT_EQ(numeric_field_names().size(), expected.size());
  for (std::size_t i = 0; i < expected.size(); ++i) {
    const auto field = parse_numeric_field(numeric_field_names()[i]);
    ASSERT_TRUE(field.has_value());
    EXPECT_EQ(numeric_value(event, *field), expected[i]) << numeric_field_names()[i];
    EXPECT_EQ(numeric_value(Event{}, *field), std::nullopt);
  }
  EXPECT_EQ(parse_numeric_field("latency"), std::nullopt);
}

}  // namespace
}  // namespace fusebox::telemetry
