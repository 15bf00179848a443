// The reader of plain lines: what it takes, what it leaves to simdjson, and that nobody can tell
// which of the two read a line.
#include "telemetry/detail/plain_json.hpp"

#include <array>
#include <cstdlib>
#include <random>

#include "telemetry/journal_writer.hpp"
#include "tests/telemetry/decode_rows.hpp"

namespace fusebox::telemetry::detail {
namespace {

using Kind = PlainNode::Kind;

// A text with the room behind it that the reader asks for, and what was read of it.
class Plain {
 public:
  explicit Plain(std::string_view text) : padded_(text) {
    padded_.append(1, '\0');
    padded_.append(kPlainPadding, '"');  // must not be taken for the end of a text
    good_ = read_plain(std::string_view(padded_).substr(0, text.size()), nodes_);
  }
  [[nodiscard]] bool good() const { return good_; }
  [[nodiscard]] const PlainNode& node(std::size_t index) const { return (&nodes_.root())[index]; }
  [[nodiscard]] std::size_t size() const { return nodes_.size(); }

 private:
  std::string padded_;
  PlainNodes nodes_;
  bool good_;
};

std::string nested(std::size_t depth) {
  std::string text = "{";
  for (std::size_t i = 1; i < depth; ++i) text += R"("a":{)";
  return text + std::string(depth, '}');
}

std::string members(std::size_t count) {
  std::string text = "{";
  for (std::size_t i = 0; i < count; ++i) text += (i > 0 ? "," : "") + std::string(R"("a":1)");
  return text + "}";
}

TEST(PlainJson, TakesWhatClientsWrite) {
  const std::vector<std::string> texts{
      "{}",
      R"({"a":""})",
      R"({ "a": 1, "b": {}})",
      R"({"a":null,"b":true,"c":false})",
      R"({"a":0,"b":999999999999999999,"c":0.5,"d":0.00000000000001})",
      R"({"a":"exactly 8","b":"16 bytes of text"})",
      nested(8),
      members(255)};
  for (const std::string& text : texts) EXPECT_TRUE(Plain(text).good()) << text;
}

TEST(PlainJson, LeavesTheRestToOthers) {
  const std::vector<std::string> texts{
      // no JSON
      "", "{", "}", R"({"a":1)", R"({"a":1}})", R"({"a":1}x)", R"({"a":1,})", R"({,"a":1})",
      R"({"a" 1})", R"({"a":})", R"({a:1})", R"({"a":01})", R"({"a":1.})", R"({"a":.5})",
      R"({"a":1.2.3})", R"({"a":+1})", R"({"a":"b)", R"({"a)", R"({"a":tru})", R"({"a":nulL})",
      R"({"a":truefalse})", "{\"a\":\"\t\"}", "{\"\x7F\xFF\":1}", std::string("{\"a\":1}\0", 8),
      std::string("{\"a\":\"\0\"}", 9),
      // JSON, but not plain
      "1", "[]", R"({"a":[1]})", R"({"a":-1})", R"({"a":1e5})", R"({"a":1.5e5})",
      R"({"a":1000000000000000000})", R"({"a":1.000000000000000})", R"({"a":"\n"})", " {}", "{} ",
      "{ }", R"({"a":  1})", R"({"a" :1})", R"({"a":1 })", R"({"a":1 ,"b":2})", "{\t\"a\":1}",
      "{\"a\":\"\xC3\xA4\"}", nested(9), members(256)};
  for (const std::string& text : texts) EXPECT_FALSE(Plain(text).good()) << text;
}

TEST(PlainJson, KeepsTheTree) {
  const Plain plain(R"({"at":7,"event":{"kind":"tool","attributes":{"on":true}},"end":1.25})");
  ASSERT_TRUE(plain.good());
  ASSERT_EQ(plain.size(), 7U);
  EXPECT_EQ(plain.node(0).descendants, 6U);
  EXPECT_EQ(plain.node(1).integer, 7);
  EXPECT_EQ(plain.node(2).kind, Kind::Object);
  EXPECT_EQ(plain.node(2).descendants, 3U);
  EXPECT_EQ(plain.node(3).text, "tool");
  EXPECT_EQ(plain.node(4).name, "attributes");
  EXPECT_EQ(plain.node(4).descendants, 1U);
  EXPECT_TRUE(plain.node(5).boolean);
  EXPECT_EQ(plain.node(6).name, "end");
  EXPECT_EQ(plain.node(6).number, 1.25);
}

TEST(PlainJson, FindsTheNearestDouble) {
  std::mt19937_64 random(1);  // NOLINT: the same numbers every time
  for (int i = 0; i < 20'000; ++i) {
    const std::size_t digits = 2 + random() % 14;
    std::string number = std::to_string(random()).substr(0, digits);
    if (number.front() == '0') number.front() = '1';
    number.insert(1 + random() % (number.size() - 1), ".");
    const Plain plain("{\"a\":" + number + "}");
    ASSERT_TRUE(plain.good()) << number;
    EXPECT_EQ(plain.node(1).number, std::strtod(number.c_str(), nullptr)) << number;
  }
}

// A tab in front makes a line one that is not plain, and changes nothing else.
void expect_no_difference(JournalDecoder& one, JournalDecoder& other, const std::string& line) {
  const auto plain = one.decode_line(line);
  const auto full = other.decode_line("\t" + line);
  ASSERT_EQ(plain.has_value(), full.has_value()) << line;
  if (!plain) {
    EXPECT_EQ(plain.error().code, full.error().code) << line;
    EXPECT_EQ(plain.error().message, full.error().message) << line;
    return;
  }
  std::string plain_again;
  std::string full_again;
  append_journal_line(plain_again, **plain, Arguments::Full);
  append_journal_line(full_again, **full, Arguments::Full);
  EXPECT_EQ(plain_again, full_again) << line;
}

class RandomLines {
 public:
  [[nodiscard]] std::string next() {
    std::string line = R"({"at":)" + value(0) + ",\"" + name() + "\":" + object(0) + "}";
    if (pick(4) == 0) line[pick(line.size())] = R"( "{},:0.\x)"[pick(9)];
    return line;
  }

 private:
  std::size_t pick(std::size_t below) { return random_() % below; }
  std::string name() {
    constexpr std::array<std::string_view, 22> kNames{
        "event",    "check",  "report",    "kill",      "tick",        "agent",
        "kind",     "action", "outcome",   "at",        "weight",      "cost_usd",
        "depth",    "args",   "trust",     "permit",    "duration_ms", "unknown",
        "estimate", "tokens", "tokens_in", "attributes"};
    return std::string(kNames[pick(kNames.size())]);
  }
  std::string value(std::size_t depth) {
    constexpr std::array<std::string_view, 20> kValues{"0",
                                                       "1",
                                                       "12.5",
                                                       "1e3",
                                                       "-1",
                                                       "null",
                                                       "true",
                                                       "false",
                                                       "\"\"",
                                                       "\"bot\"",
                                                       "\"tool\"",
                                                       "\"ok\"",
                                                       "\"0.25\"",
                                                       "\"a\\u0041\"",
                                                       "[1,\"x\"]",
                                                       "\"llm\"",
                                                       "0.1",
                                                       "\"\xC3\xA4\"",
                                                       "18446744073709551615",
                                                       "\"2026-01-01T00:00:01.5Z\""};
    const std::size_t drawn = pick(kValues.size() + 2);
    return drawn < kValues.size() || depth > 3 ? std::string(kValues[drawn % kValues.size()])
                                               : object(depth + 1);
  }
  // Mostly an event or a check that is one, so that not every line is refused at its first member.
  std::string object(std::size_t depth) {
    std::string text = pick(2) == 0 ? R"({"agent":"bot","kind":"tool")" : R"({"permit": "p")";
    if (pick(3) == 0) text = R"({"agent":"bot","action":"llm")";
    for (std::size_t i = pick(4); i > 0; --i) {
      text += ",\"" + name() + (pick(3) == 0 ? "\": " : "\":") + value(depth);
    }
    return text + "}";
  }

  std::mt19937_64 random_{2};  // NOLINT: the same lines every time
};

TEST(PlainJson, NobodyCanTellWhoReadALine) {
  RandomLines lines;
  JournalDecoder one;
  JournalDecoder other;
  for (int i = 0; i < 20'000; ++i) expect_no_difference(one, other, lines.next());
}

}  // namespace
}  // namespace fusebox::telemetry::detail
