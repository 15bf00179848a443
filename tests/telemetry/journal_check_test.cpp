// Checks and reports, on journal lines and as bodies of their own.
#include <gtest/gtest.h>

#include "telemetry/journal.hpp"
#include "tests/telemetry/decode_rows.hpp"

namespace fusebox::telemetry {
namespace {

constexpr std::string_view kCheck = R"({"agent":"bot","action":"tool"})";
constexpr std::string_view kReport = R"({"permit":"c1","outcome":"ok"})";

std::string check_with(std::string_view member) { return line_of("check", with(kCheck, member)); }
std::string report_with(std::string_view member) {
  return line_of("report", with(kReport, member));
}

TEST(JournalCheck, EveryMemberArrives) {
  JournalDecoder decoder;
  const auto& input = decode_as<CheckInput>(
      decoder,
      R"({"at":5,"id":"c1","check":{"agent":"a","tenant":"b","environment":"c","version":"d",)"
      R"("user":"e","session":"f","task":"g","parent_task":"h","root_task":"i","trace_id":"j",)"
      R"("span_id":"k","action":"tool","target":"t","tool":"l","model":"m","provider":"n",)"
      R"("to_agent":"o","domain":"p","args":{"path":"/x"},"attributes":{"y":1},"depth":2,)"
      R"("trust":3,"idempotency_key":"z",)"
      R"("estimate":{"tokens":10,"cost_usd":"0.5","files_changed":4}}})");
  const Check& check = input.check;
  EXPECT_EQ(input.id, "c1");
  EXPECT_EQ(check.action, Action::Tool);
  std::string values;
  for (std::size_t i = 0; i < kNamedDimensionCount; ++i) {
    values += std::string(check.dimensions[static_cast<Dimension>(i)]) + " ";
  }
  EXPECT_EQ(values, "a b c d e f g h i j tool l m n o p ");
  EXPECT_EQ(check.target, "t");
  EXPECT_EQ(check.span_id, "k");
  EXPECT_EQ(check.depth, 2);
  EXPECT_EQ(check.trust, 3);
  EXPECT_EQ(check.idempotency_key, "z");
  EXPECT_EQ(check.estimate.tokens, 10);
  EXPECT_EQ(check.estimate.cost_usd, MicroUsd{500'000});
  EXPECT_EQ(check.estimate.files_changed, 4);
  EXPECT_EQ(policy::find_member(*check.args->root(), "path")->text, "/x");
  EXPECT_EQ(policy::find_member(*check.attributes->root(), "y")->integer, 1);
}

TEST(JournalCheck, TargetFillsTheDimensionOfItsAction) {
  struct Row {
    std::string body;
    Dimension dimension;
    std::string expected;
  };
  const std::vector<Row> rows{
      {R"({"agent":"a","action":"tool","target":"t"})", Dimension::Tool, "t"},
      {R"({"agent":"a","action":"tool","target":"t","tool":"own"})", Dimension::Tool, "own"},
      {R"({"agent":"a","action":"tool","target":"t","tool":""})", Dimension::Tool, "t"},
      {R"({"agent":"a","action":"tool","target":"t"})", Dimension::Model, ""},
      {R"({"agent":"a","action":"llm","target":"m"})", Dimension::Model, "m"},
      {R"({"agent":"a","action":"llm","target":"chat","model":"m1"})", Dimension::Model, "m1"},
      {R"({"agent":"a","action":"llm","target":"m"})", Dimension::Provider, ""},
      {R"({"agent":"a","action":"delegation","target":"b"})", Dimension::ToAgent, "b"},
      {R"({"agent":"a","action":"task","target":"t"})", Dimension::Task, ""},
      {R"({"agent":"a","action":"delegation"})", Dimension::Kind, "delegation"},
  };
  JournalDecoder decoder;
  for (const Row& row : rows) {
    const auto& input = decode_as<CheckInput>(decoder, line_of("check", row.body));
    EXPECT_EQ(input.check.dimensions[row.dimension], row.expected) << row.body;
  }
}

TEST(JournalCheck, WithoutIdLeavesTheNameToTheEngine) {
  JournalDecoder decoder;
  EXPECT_EQ(decode_as<CheckInput>(decoder, line_of("check", kCheck)).id, "");
}

TEST(JournalCheck, WrongMembersAreNamed) {
  const auto field = ErrorCode::InvalidField;
  expect_refused({
      {"no agent", line_of("check", R"({"action":"tool"})"), field, "check.agent: is missing"},
      {"no action", line_of("check", R"({"agent":"a"})"), field, "check.action: is missing"},
      {"action", line_of("check", R"({"agent":"a","action":"tools"})"), field,
       "check.action: expected llm, tool, delegation or task, found \"tools\""},
      {"event kind", line_of("check", R"({"agent":"a","action":"heartbeat"})"), field,
       "check.action"},
      {"misspelt", check_with(R"("taget":"x")"), field,
       "check.taget: no such member; did you mean 'target'?"},
      {"far from all", check_with(R"("zzzzzz":"x")"), field, "check.zzzzzz: no such member"},
      {"unknown null", check_with(R"("zzzzzz":null)"), field, "check.zzzzzz: no such member"},
      {"of an event", check_with(R"("outcome":"ok")"), field, "check.outcome: no such member"},
      {"at", check_with(R"("at":1)"), field, "check.at: no such member"},
      {"args", check_with(R"("args":[1])"), field, "check.args: expected an object"},
      {"args text", check_with(R"("args":"x")"), field, "check.args: expected an object"},
      {"args twice", check_with(R"("args":{"q":1,"q":2})"), field, "check.args.q: stands twice"},
      {"args nested twice", check_with(R"("args":{"o":{"q":1,"q":2}})"), field,
       "check.args.q: stands twice"},
      {"attributes", check_with(R"("attributes":1)"), field,
       "check.attributes: expected an object"},
      {"estimate", check_with(R"("estimate":5)"), field, "check.estimate: expected an object"},
      {"estimate unknown", check_with(R"("estimate":{"token":5})"), field,
       "check.estimate.token: no such member; did you mean 'tokens'?"},
      {"estimate value", check_with(R"("estimate":{"tokens":-1})"), field,
       "check.estimate.tokens: expected an integer of at least 0, found -1"},
      {"estimate cost", check_with(R"("estimate":{"cost_usd":"free"})"), field,
       "check.estimate.cost_usd: expected USD"},
      {"estimate twice", check_with(R"("estimate":{"tokens":1,"tokens":1})"), field,
       "check.estimate.tokens: stands twice"},
      {"trust", check_with(R"("trust":1001)"), field, "check.trust"},
      {"depth", check_with(R"("depth":1.0)"), field, "check.depth"},
      {"id", R"({"at":0,"id":"","check":{}})", field, "id: expected a non-empty string"},
      {"numeric id", R"({"at":0,"id":1,"check":{}})", field, "id: expected a non-empty string"},
  });
}

TEST(JournalCheck, ABodyOfItsOwnNamesFieldsWithoutPrefix) {
  JournalDecoder decoder;
  const auto good =
      decoder.decode_check(R"({"agent":"bot","action":"tool","target":"x"})", from_ns(7));
  ASSERT_TRUE(good.has_value());
  EXPECT_EQ((*good)->at, from_ns(7));
  EXPECT_EQ(std::get<CheckInput>((*good)->body).check.dimensions[Dimension::Tool], "x");
  const std::vector<std::pair<std::string, std::string>> rows{
      {R"({"agent":"bot"})", "action: is missing"},
      {R"({"agent":"bot","action":"tool","estimate":{"tokens":-1}})", "estimate.tokens: expected"},
      {R"({"agent":"bot","action":"tool","args":{"q":1,"q":1}})", "args.q: stands twice"},
      {R"({"at":1,"check":{"agent":"bot","action":"tool"}})", "at: no such member"},
      {"[]", "expected an object"},
  };
  for (const auto& [body, text] : rows) {
    const auto bad = decoder.decode_check(body, from_ns(7));
    ASSERT_FALSE(bad.has_value()) << body;
    EXPECT_THAT(bad.error().message, testing::HasSubstr(text));
  }
}

TEST(JournalReport, EveryMemberArrives) {
  JournalDecoder decoder;
  const auto& report = decode_as<Report>(
      decoder,
      R"({"at":5,"report":{"permit":"c1","outcome":"cancelled","error":"e","duration_ms":1,)"
      R"("ttft_ms":2,"tokens_in":3,"tokens_out":4,"cost_usd":5,"files_changed":6}})");
  EXPECT_EQ(report.permit, "c1");
  EXPECT_EQ(report.outcome, Outcome::Cancelled);
  EXPECT_EQ(report.error, "e");
  EXPECT_EQ(report.measured.duration_ms, 1.0);
  EXPECT_EQ(report.measured.ttft_ms, 2.0);
  EXPECT_EQ(report.measured.tokens_in, 3);
  EXPECT_EQ(report.measured.tokens_out, 4);
  EXPECT_EQ(report.measured.cost_usd, MicroUsd{5'000'000});
  EXPECT_EQ(report.measured.files_changed, 6);
}

TEST(JournalReport, WrongMembersAreNamed) {
  const auto field = ErrorCode::InvalidField;
  expect_refused({
      {"no permit", line_of("report", R"({"outcome":"ok"})"), field, "report.permit: is missing"},
      {"empty permit", line_of("report", R"({"permit":"","outcome":"ok"})"), field,
       "report.permit: expected a non-empty string"},
      {"no outcome", line_of("report", R"({"permit":"c1"})"), field, "report.outcome: is missing"},
      {"outcome", line_of("report", R"({"permit":"c1","outcome":"fine"})"), field,
       "report.outcome"},
      {"at", report_with(R"("at":0)"), field, "report.at: no such member"},
      {"misspelt", report_with(R"("tokens_ni":0)"), field, "did you mean 'tokens_in'?"},
      {"duration", report_with(R"("duration_ms":-1)"), field, "report.duration_ms"},
      {"twice", report_with(R"("permit":"c2")"), field, "report.permit: stands twice"},
  });
}

}  // namespace
}  // namespace fusebox::telemetry
