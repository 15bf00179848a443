// Events on journal lines: every member, every wrong value, and what becomes of unknown members.
#include <gtest/gtest.h>

#include "telemetry/journal.hpp"
#include "tests/telemetry/decode_rows.hpp"

namespace fusebox::telemetry {
namespace {

constexpr std::string_view kMinimal = R"({"kind":"tool","agent":"bot"})";

std::string event_with(std::string_view member) { return line_of("event", with(kMinimal, member)); }

// The attributes of an event as "name=value" in their order, for scalars of the first level.
std::vector<std::string> attributes_of(const Event& event) {
  std::vector<std::string> out;
  if (event.attributes == nullptr) return out;
  const auto& nodes = event.attributes->nodes;
  for (std::size_t i = 1; i < nodes.size(); i += nodes[i].descendants + 1) {
    const bool text = nodes[i].kind == policy::DynamicKind::String;
    out.push_back(std::string(nodes[i].key) + "=" +
                  (text ? std::string(nodes[i].text) : std::to_string(nodes[i].integer)));
  }
  return out;
}

TEST(JournalEvent, EveryMemberArrives) {
  JournalDecoder decoder;
  const Event& event = decode_as<Event>(
      decoder,
      R"({"at":5,"event":{"at":"2026-01-01T00:00:00Z","kind":"llm","agent":"a","tenant":"b",)"
      R"("environment":"c","version":"d","user":"e","session":"f","task":"g","parent_task":"h",)"
      R"("root_task":"i","trace_id":"j","span_id":"k","tool":"l","model":"m","provider":"n",)"
      R"("to_agent":"o","domain":"p","outcome":"timeout","error":"q","duration_ms":1.5,)"
      R"("ttft_ms":2,"tokens_in":3,"tokens_out":4,"cost_usd":"0.25","score":0.5,)"
      R"("confidence":1,"trust":1000,"depth":6,"files_changed":7,"id":"r","weight":10}})");
  EXPECT_EQ(event.at, *parse_rfc3339("2026-01-01T00:00:00Z"));
  EXPECT_EQ(event.kind, EventKind::Llm);
  std::string values;
  for (std::size_t i = 0; i < kNamedDimensionCount; ++i) {
    values += std::string(event.dimensions[static_cast<Dimension>(i)]) + " ";
  }
  EXPECT_EQ(values, "a b c d e f g h i j llm l m n o p ");
  EXPECT_EQ(event.span_id, "k");
  EXPECT_EQ(event.outcome, Outcome::Timeout);
  EXPECT_EQ(event.error, "q");
  EXPECT_EQ(event.measured.duration_ms, 1.5);
  EXPECT_EQ(event.measured.ttft_ms, 2.0);
  EXPECT_EQ(event.measured.tokens_in, 3);
  EXPECT_EQ(event.measured.tokens_out, 4);
  EXPECT_EQ(event.measured.cost_usd, MicroUsd{250'000});
  EXPECT_EQ(event.score, 0.5);
  EXPECT_EQ(event.confidence, 1.0);
  EXPECT_EQ(event.trust, 1000);
  EXPECT_EQ(event.depth, 6);
  EXPECT_EQ(event.measured.files_changed, 7);
  EXPECT_EQ(event.id, "r");
  EXPECT_EQ(event.weight, 10);
  EXPECT_EQ(event.attributes, nullptr);
}

TEST(JournalEvent, WhatIsNotThereStaysAbsent) {
  JournalDecoder decoder;
  const Event& event = decode_as<Event>(decoder, line_of("event", kMinimal));
  EXPECT_EQ(event.at, std::nullopt);
  EXPECT_EQ(event.outcome, std::nullopt);
  EXPECT_EQ(event.measured.duration_ms, std::nullopt);
  EXPECT_EQ(event.measured.cost_usd, std::nullopt);
  EXPECT_EQ(event.weight, 1);
  EXPECT_EQ(event.id, "");
}

TEST(JournalEvent, NothingOfTheLineBeforeStays) {
  JournalDecoder decoder;
  ASSERT_TRUE(decoder.decode_line(event_with(R"("tool":"x","depth":4,"extra":1)")).has_value());
  const Event& event = decode_as<Event>(decoder, line_of("event", kMinimal));
  EXPECT_EQ(event.dimensions[Dimension::Tool], "");
  EXPECT_EQ(event.depth, std::nullopt);
  EXPECT_EQ(event.attributes, nullptr);
}

TEST(JournalEvent, NullMembersAreAbsent) {
  JournalDecoder decoder;
  const Event& event = decode_as<Event>(
      decoder, event_with(R"("at":null,"tool":null,"depth":null,"weight":null,"attributes":null)"));
  EXPECT_EQ(event.at, std::nullopt);
  EXPECT_EQ(event.dimensions[Dimension::Tool], "");
  EXPECT_EQ(event.depth, std::nullopt);
  EXPECT_EQ(event.weight, 1);
}

TEST(JournalEvent, TimesComeAsTextOrNanoseconds) {
  JournalDecoder decoder;
  const Instant expected = *parse_rfc3339("2026-01-01T00:00:00.5Z");
  for (const char* at : {R"("2026-01-01T00:00:00.5Z")", R"("2026-01-01T01:00:00.500+01:00")",
                         "1767225600500000000", R"("1767225600500000000")"}) {
    const Event& event = decode_as<Event>(decoder, event_with(R"("at":)" + std::string(at)));
    EXPECT_EQ(event.at, expected) << at;
  }
}

TEST(JournalEvent, WeightIsRoundedToAtLeastOne) {
  JournalDecoder decoder;
  const std::vector<std::pair<std::string, std::int64_t>> rows{{"1", 1},
                                                               {"0.01", 1},
                                                               {"1.4", 1},
                                                               {"1.5", 2},
                                                               {"10", 10},
                                                               {"9.5", 10},
                                                               {"1e12", 1'000'000'000'000}};
  for (const auto& [weight, expected] : rows) {
    const Event& event = decode_as<Event>(decoder, event_with(R"("weight":)" + weight));
    EXPECT_EQ(event.weight, expected) << weight;
  }
}

TEST(JournalEvent, MoneyIsRoundedToMicroDollars) {
  JournalDecoder decoder;
  const std::vector<std::pair<std::string, std::int64_t>> rows{{"0", 0},
                                                               {"1", 1'000'000},
                                                               {"0.0000015", 2},
                                                               {R"("0.50")", 500'000},
                                                               {R"("0.0000004")", 0},
                                                               {"1e9", kMoneyMax.value}};
  for (const auto& [cost, expected] : rows) {
    const Event& event = decode_as<Event>(decoder, event_with(R"("cost_usd":)" + cost));
    EXPECT_EQ(event.measured.cost_usd, MicroUsd{expected}) << cost;
  }
}

TEST(JournalEvent, NegativeZeroIsZero) {
  JournalDecoder decoder;
  const Event& event = decode_as<Event>(decoder, event_with(R"("duration_ms":-0.0)"));
  EXPECT_FALSE(std::signbit(*event.measured.duration_ms));
}

TEST(JournalEvent, UnknownMembersGoBehindTheAttributes) {
  JournalDecoder decoder;
  const std::vector<std::tuple<std::string, std::vector<std::string>>> rows{
      {R"("x":1)", {"x=1"}},
      {R"("x":1,"y":"two")", {"x=1", "y=two"}},
      {R"("x":1,"attributes":{"b":2,"a":3})", {"b=2", "a=3", "x=1"}},
      {R"("attributes":{"b":2},"x":1)", {"b=2", "x=1"}},
      {R"("x":1,"attributes":{"x":2})", {"x=2"}},  // the explicit one wins
      {R"("x":null,"y":1)", {"y=1"}},              // null is absent
      {R"("args_hash":"abc")", {"args_hash=abc"}},
      {R"("attributes":{})", {}},
      {R"("Agent":"other")", {"Agent=other"}},  // names are exact
  };
  for (const auto& [members, expected] : rows) {
    const Event& event = decode_as<Event>(decoder, event_with(members));
    EXPECT_EQ(attributes_of(event), expected) << members;
  }
}

TEST(JournalEvent, AttributesKeepTheirShapeAndTypes) {
  JournalDecoder decoder;
  const Event& event = decode_as<Event>(
      decoder,
      event_with(R"("m":{"list":[1,-2.5,"s\u0000\n",true,null,{}],"big":18446744073709551615})"));
  const policy::DynamicNode* map = policy::find_member(*event.attributes->root(), "m");
  ASSERT_NE(map, nullptr);
  ASSERT_EQ(map->kind, policy::DynamicKind::Map);
  EXPECT_EQ(map->children, 2U);
  EXPECT_EQ(map->descendants, 8U);
  const policy::DynamicNode* list = policy::find_member(*map, "list");
  ASSERT_NE(list, nullptr);
  EXPECT_EQ(list->children, 6U);
  EXPECT_EQ(policy::find_element(*list, 0)->integer, 1);
  EXPECT_EQ(policy::find_element(*list, 1)->number, -2.5);
  EXPECT_EQ(policy::find_element(*list, 2)->text, std::string_view("s\0\n", 3));
  EXPECT_TRUE(policy::find_element(*list, 3)->boolean);
  EXPECT_EQ(policy::find_element(*list, 4)->kind, policy::DynamicKind::Null);
  EXPECT_EQ(policy::find_element(*list, 5)->kind, policy::DynamicKind::Map);
  EXPECT_EQ(policy::find_member(*map, "big")->number, 18446744073709551616.0);
}

TEST(JournalEvent, MissingMembersAreNamed) {
  expect_refused({
      {"no agent", line_of("event", R"({"kind":"tool"})"), ErrorCode::InvalidField,
       "event.agent: is missing; expected a non-empty string"},
      {"null agent", line_of("event", R"({"kind":"tool","agent":null})"), ErrorCode::InvalidField,
       "event.agent: is missing"},
      {"empty agent", line_of("event", R"({"kind":"tool","agent":""})"), ErrorCode::InvalidField,
       "event.agent: expected a non-empty string, found \"\""},
      {"no kind", line_of("event", R"({"agent":"bot"})"), ErrorCode::InvalidField,
       "event.kind: is missing"},
  });
}

// One member at a time: {"member", a wrong value}.
TEST(JournalEvent, WrongValuesAreNamedWithWhatWasExpected) {
  const std::vector<std::array<std::string, 3>> rows{
      {"at", R"("yesterday")", "an RFC 3339 time or integer nanoseconds"},
      {"at", "1.5", "an RFC 3339 time"},
      {"at", "-1", "of 1970 to 2199"},
      {"at", "7258118400000000000", "of 1970 to 2199"},
      {"at", R"("2200-01-01T00:00:00Z")", "of 1970 to 2199"},
      {"at", R"("12 ")", "an RFC 3339 time"},
      {"outcome", R"("OK")", "ok, error, timeout"},
      {"outcome", "1", "ok, error, timeout"},
      {"tenant", "1", "a string, found 1"},
      {"tool", R"(["x"])", "a string, found a list"},
      {"span_id", "true", "a string, found true"},
      {"id", "17", "a string, found 17"},
      {"error", R"({"class":"x"})", "a string, found an object"},
      {"duration_ms", "-1", "a number of at least 0, found -1"},
      {"duration_ms", R"("120")", "a number of at least 0, found \"120\""},
      {"ttft_ms", "-0.5", "a number of at least 0, found -0.5"},
      {"tokens_in", "-1", "an integer of at least 0"},
      {"tokens_in", "5.0", "an integer of at least 0, found 5"},
      {"tokens_out", R"("5")", "an integer of at least 0"},
      {"tokens_out", "9223372036854775808", "an integer of at least 0, found 9223372036854775808"},
      {"cost_usd", "-0.01", "USD from 0 to 1e9"},
      {"cost_usd", "1000000001", "USD from 0 to 1e9"},
      {"cost_usd", R"("1e-4")", "USD from 0 to 1e9"},
      {"cost_usd", R"("")", "USD from 0 to 1e9"},
      {"cost_usd", "true", "USD from 0 to 1e9"},
      {"score", "1.01", "a number from 0 to 1"},
      {"score", "-0.1", "a number from 0 to 1"},
      {"confidence", R"("high")", "a number from 0 to 1"},
      {"trust", "1001", "an integer from 0 to 1000"},
      {"trust", "-1", "an integer from 0 to 1000"},
      {"trust", "0.5", "an integer from 0 to 1000"},
      {"depth", "-1", "an integer of at least 0"},
      {"files_changed", "2.5", "an integer of at least 0"},
      {"weight", "0", "a number above 0"},
      {"weight", "-1", "a number above 0"},
      {"weight", "1000000000001", "at most 1e12"},
      {"weight", R"("10")", "a number above 0"},
      {"args_hash", "1", "a string"},
      {"attributes", "[]", "an object, found a list"},
      {"attributes", R"("x")", "an object"},
  };
  std::vector<BadLine> bad;
  for (const auto& [member, value, expected] : rows) {
    std::string pair = "\"";
    pair.append(member).append("\":").append(value);
    const std::string line = event_with(pair);
    bad.push_back({pair, line, ErrorCode::InvalidField, "event." + member + ": expected "});
    bad.push_back({pair, line, ErrorCode::InvalidField, expected});
  }
  expect_refused(bad);
  expect_refused({{"kind", line_of("event", R"({"kind":"check","agent":"a"})"),
                   ErrorCode::InvalidField, "event.kind: expected task, llm, tool"}});
}

TEST(JournalEvent, MembersThatStandTwiceAreRefused) {
  expect_refused({
      {"known", event_with(R"("tool":"a","tool":"b")"), ErrorCode::InvalidField,
       "event.tool: stands twice"},
      {"known, one null", event_with(R"("tool":null,"tool":"b")"), ErrorCode::InvalidField,
       "event.tool: stands twice"},
      {"by escape", event_with(R"("tool":"a","t\u006fol":"b")"), ErrorCode::InvalidField,
       "event.tool: stands twice"},
      {"unknown", event_with(R"("x":1,"y":2,"x":3)"), ErrorCode::InvalidField,
       "event.x: stands twice"},
      {"attributes", event_with(R"("attributes":{"x":1,"x":1})"), ErrorCode::InvalidField,
       "event.attributes.x: stands twice"},
      {"nested", event_with(R"("attributes":{"l":[{"x":1,"x":1}]})"), ErrorCode::InvalidField,
       "event.attributes.x: stands twice"},
      {"nested unknown", event_with(R"("deep":{"x":1,"x":1})"), ErrorCode::InvalidField,
       "event.x: stands twice"},
  });
}

TEST(JournalEvent, DocumentsHaveABound) {
  std::string list = "[0";
  for (int i = 1; i < 70'000; ++i) list += ",0";
  expect_refused({{"list", event_with(R"("x":)" + list + "]"), ErrorCode::TooLarge, "event"}});
}

// A hundred thousand members would take minutes if names were compared pairwise.
TEST(JournalEvent, ManyUnknownMembersAreNotQuadratic) {
  std::string extras;
  std::string attributes;
  for (int i = 0; i < 30'000; ++i) {
    extras += "\"x" + std::to_string(i) + "\":1,";
    attributes += (i > 0 ? ",\"x" : "\"x") + std::to_string(i + 15'000) + "\":2";
  }
  JournalDecoder decoder;
  const Event& event =
      decode_as<Event>(decoder, event_with(extras + R"("attributes":{)" + attributes + "}"));
  EXPECT_EQ(event.attributes->root()->children, 45'000U);
}

}  // namespace
}  // namespace fusebox::telemetry
