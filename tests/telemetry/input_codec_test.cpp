#include "telemetry/input_codec.hpp"

#include <limits>

#include <gtest/gtest.h>

#include "telemetry/journal.hpp"
#include "telemetry/journal_writer.hpp"
#include "tests/telemetry/input_lines.hpp"

namespace fusebox::telemetry {
namespace {

// The input of a line as a log would hold it: a check without arguments, with its outcome.
class Logged {
 public:
  explicit Logged(const std::string& line) {
    const auto decoded = decoder_.decode_line(line);
    EXPECT_TRUE(decoded) << line;
    if (decoded) input = **decoded;
    if (auto* check = std::get_if<CheckInput>(&input.body)) {
      check->check.args = nullptr;
      check->recorded = RecordedOutcome{.rules = rules_, .request = digest_};
    }
  }
  Input input;

 private:
  JournalDecoder decoder_;
  std::vector<RuleOutcome> rules_{{"one", false}, {"two", true}};
  std::array<std::uint8_t, 32> digest_{0, 1, 127, 128, 255};
};

std::string bytes_of(const Input& input) {
  std::string bytes;
  encode_input(input, bytes);
  return bytes;
}

std::string line_of(const Input& input) {
  std::string line;
  append_journal_line(line, input, Arguments::Full);
  return line;
}

TEST(InputCodec, EveryMemberComesBack) {
  InputDecoder decoder;
  for (const InputLine& row : input_lines()) {
    SCOPED_TRACE(row.name);
    const Logged logged(row.line);
    const std::string bytes = bytes_of(logged.input);
    const auto decoded = decoder.decode(bytes);
    ASSERT_TRUE(decoded);
    EXPECT_EQ(line_of(**decoded), line_of(logged.input));
    EXPECT_EQ(bytes_of(**decoded), bytes);
  }
}

TEST(InputCodec, RecordedOutcomeComesBack) {
  const Logged logged(input_lines()[2].line);
  const std::string bytes = bytes_of(logged.input);
  InputDecoder decoder;
  const auto decoded = decoder.decode(bytes);
  ASSERT_TRUE(decoded);
  const auto& recorded = std::get<CheckInput>((*decoded)->body).recorded;
  ASSERT_TRUE(recorded.has_value());
  ASSERT_EQ(recorded->rules.size(), 2U);
  EXPECT_EQ(recorded->rules[1], (RuleOutcome{"two", true}));
  ASSERT_TRUE(recorded->request.has_value());
  EXPECT_EQ((*recorded->request)[3], 128);
}

TEST(InputCodec, ArgumentsAreNeverWritten) {
  JournalDecoder decoder;
  Input input = **decoder.decode_line(
      R"({"at":0,"check":{"action":"tool","agent":"bot","args":{"password":"hunter2"}}})");
  std::get<CheckInput>(input.body).recorded.emplace();
  const std::string bytes = bytes_of(input);
  EXPECT_EQ(bytes.find("hunter2"), std::string::npos);
  EXPECT_EQ(bytes.find("password"), std::string::npos);
}

TEST(InputCodec, EveryTruncationAndEveryByteTooManyIsRefused) {
  InputDecoder decoder;
  for (const InputLine& row : input_lines()) {
    const std::string bytes = bytes_of(Logged(row.line).input);
    for (std::size_t size = 0; size < bytes.size(); ++size) {
      EXPECT_FALSE(decoder.decode(std::string_view(bytes).substr(0, size))) << row.name << size;
    }
    EXPECT_FALSE(decoder.decode(bytes + '\0')) << row.name;
  }
}

Event plain_event() {
  Event event;
  event.dimensions[Dimension::Agent] = "bot";
  return event;
}

struct BadInput {
  const char* name;
  InputBody body;
};

template <class Body, class Spoil>
BadInput spoilt(const char* name, Body body, const Spoil& spoil) {
  spoil(body);
  return {name, body};
}

constexpr double kNan = std::numeric_limits<double>::quiet_NaN();

std::vector<BadInput> bad_inputs() {
  const Event event = plain_event();
  const Report report{"p", Outcome::Ok, {}, {}};
  return {
      spoilt("NoAgent", event, [](Event& e) { e.dimensions[Dimension::Agent] = ""; }),
      spoilt("TextIsNotUtf8", event, [](Event& e) { e.error = "\xff"; }),
      spoilt("DurationNotANumber", event, [](Event& e) { e.measured.duration_ms = kNan; }),
      spoilt("NegativeTokens", event, [](Event& e) { e.measured.tokens_in = -1; }),
      spoilt("TooMuchMoney", event,
             [](Event& e) { e.measured.cost_usd = MicroUsd{kMoneyMax.value + 1}; }),
      spoilt("ScoreAboveOne", event, [](Event& e) { e.score = 1.5; }),
      spoilt("ScoreNotANumber", event, [](Event& e) { e.score = kNan; }),
      spoilt("TrustAboveItsRange", event, [](Event& e) { e.trust = 1001; }),
      spoilt("WeightZero", event, [](Event& e) { e.weight = 0; }),
      spoilt("TimeBeforeTheFirst", event, [](Event& e) { e.at = from_ns(-1); }),
      spoilt("ReportOfNoPermit", report, [](Report& r) { r.permit = ""; }),
      spoilt("KillOfNothing", KillInput{"global", "r", ""}, [](KillInput& k) { k.scope = ""; }),
      spoilt("RearmByNobody", RearmInput{"kill-1", "r", "a"}, [](RearmInput& r) { r.actor = ""; }),
      spoilt("GrantForNoTime", ApprovalInput{"a", true, "r", "b", {}},
             [](ApprovalInput& a) { a.valid_for = Duration{0}; }),
  };
}

TEST(InputCodec, ValuesOutsideTheirRangesAreRefused) {
  InputDecoder decoder;
  EXPECT_TRUE(decoder.decode(bytes_of({from_ns(0), plain_event()})));
  EXPECT_FALSE(decoder.decode(bytes_of({from_ns(-1), plain_event()})));
  for (const BadInput& row : bad_inputs()) {
    EXPECT_FALSE(decoder.decode(bytes_of({from_ns(0), row.body}))) << row.name;
  }
}

TEST(InputCodec, DecoderReusedForAnotherKindKeepsNothing) {
  InputDecoder decoder;
  const Logged full(input_lines()[0].line);
  const Logged small(input_lines()[1].line);
  const std::string first = bytes_of(full.input);
  const std::string second = bytes_of(small.input);
  ASSERT_TRUE(decoder.decode(first));
  const auto decoded = decoder.decode(second);
  ASSERT_TRUE(decoded);
  EXPECT_EQ(line_of(**decoded), input_lines()[1].line);
}

}  // namespace
}  // namespace fusebox::telemetry
