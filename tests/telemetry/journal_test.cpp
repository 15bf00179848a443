// Lines as a whole: bytes that are no JSON, JSON that is no input, limits, and the worked example.
#include "telemetry/journal.hpp"

#include <fstream>

#include <gtest/gtest.h>

#include "base/text.hpp"
#include "tests/telemetry/decode_rows.hpp"

namespace fusebox::telemetry {
namespace {

constexpr std::string_view kEvent = R"({"kind":"tool","agent":"bot"})";

std::string event_line(std::string_view member) { return line_of("event", with(kEvent, member)); }

// `{"x":[[…]]}` in attributes, the line as a whole `depth` levels deep.
std::string nested(std::size_t depth) {
  const std::size_t lists = depth - 2;  // the line and the event are objects
  return event_line("\"x\":" + std::string(lists, '[') + std::string(lists, ']'));
}

TEST(JournalLine, BytesThatAreNoJson) {
  const auto json = ErrorCode::InvalidJson;
  const std::string good = line_of("event", kEvent);
  expect_refused({
      {"empty", "", json, "empty"},
      {"blank", "  \t ", json, "empty"},
      {"text", "hello", json, "input"},
      {"cut", good.substr(0, good.size() - 1), json, "input"},
      {"cut in a string", R"({"at":0,"ev)", json, "string"},
      {"trailing bytes", good + "x", json, "input"},
      {"two objects", good + good, json, "input"},
      {"comma", R"({"at":0,})", json, "input"},
      {"single quotes", "{'at':0}", json, "input"},
      {"comment", good + " // done", json, "input"},
      {"NaN", event_line(R"("score":NaN)"), json, "input"},
      {"leading zero", event_line(R"("depth":01)"), json, "number"},
      {"out of range", event_line(R"("duration_ms":1e999)"), json, "number"},
      {"NUL behind", good + std::string(1, '\0'), json, "input"},
      {"NUL inside", event_line("\"tool\":\"a" + std::string(1, '\0') + "\""), json, "control"},
      {"tab in a string", event_line("\"tool\":\"a\tb\""), json, "control"},
      {"newline in a string", event_line("\"tool\":\"a\nb\""), json, "control"},
      {"half a surrogate", event_line(R"("tool":"\ud800")"), json, "string"},
      {"unknown escape", event_line(R"("tool":"\x41")"), json, "string"},
      {"byte order mark", "\xEF\xBB\xBF" + good, json, "input"},
      {"truncated UTF-8", event_line("\"tool\":\"\xC3\""), ErrorCode::InvalidUtf8, "UTF-8"},
      {"overlong UTF-8", event_line("\"tool\":\"\xC0\x80\""), ErrorCode::InvalidUtf8, "UTF-8"},
      {"UTF-8 surrogate", event_line("\"tool\":\"\xED\xA0\x80\""), ErrorCode::InvalidUtf8, "UTF-8"},
  });
}

TEST(JournalLine, JsonThatIsNoInput) {
  const auto input = ErrorCode::InvalidInput;
  const auto field = ErrorCode::InvalidField;
  expect_refused({
      {"list", "[1]", input, "a list; expected an object"},
      {"number", "12", input, "12; expected an object"},
      {"string", R"("at")", input, "expected an object"},
      {"null", "null", input, "null; expected an object"},
      {"nothing", "{}", field, "at: is missing"},
      {"no at", R"({"tick":true})", field, "at: is missing; expected an RFC 3339 time"},
      {"null at", R"({"at":null,"tick":true})", field, "at: is missing"},
      {"wrong at", R"({"at":"now","tick":true})", field, "at: expected an RFC 3339 time"},
      {"at twice", R"({"at":0,"at":0,"tick":true})", field, "at: stands twice"},
      {"only at", R"({"at":0})", input, "none of event, check"},
      {"null kind", R"({"at":0,"event":null})", input, "none of event, check"},
      {"two kinds", R"({"at":0,"tick":true,"event":{}})", input, "both tick and event"},
      {"same kind twice", R"({"at":0,"tick":true,"tick":true})", field, "tick: stands twice"},
      {"unknown", R"({"at":0,"tick":true,"seq":1})", input, "seq: no such member"},
      {"misspelt", R"({"at":0,"evnt":{}})", input, "evnt: no such member; did you mean 'event'?"},
      {"empty name", R"({"at":0,"":1})", input, "empty name"},
      {"id of an event", R"({"at":0,"id":"x","event":{}})", input, "id: stands only beside check"},
      {"event is a list", R"({"at":0,"event":[]})", field,
       "event: expected an object, found a list"},
      {"check is text", R"({"at":0,"check":"x"})", field, "check: expected an object"},
      {"kill is true", R"({"at":0,"kill":true})", field, "kill: expected an object"},
  });
}

TEST(JournalLine, ConfigurationAndStateAreNoInputs) {
  expect_refused({
      {"config", line_of("config", R"({"text":""})"), ErrorCode::InvalidInput, "no inputs"},
      {"state", line_of("state", R"({"bytes":""})"), ErrorCode::InvalidInput, "no inputs"},
      {"no text", line_of("config", R"({"name":"a"})"), ErrorCode::InvalidField, "config.text"},
      {"no bytes", line_of("state", "{}"), ErrorCode::InvalidField, "state.bytes"},
      {"part 0", line_of("config", R"({"part":0,"text":""})"), ErrorCode::InvalidField,
       "config.part"},
      {"part 3 of 2", line_of("state", R"({"part":3,"of":2,"bytes":""})"), ErrorCode::InvalidField,
       "state.part"},
      {"text is a number", line_of("config", R"({"text":1})"), ErrorCode::InvalidField,
       "config.text"},
      {"unknown", line_of("config", R"({"text":"","tokens":1})"), ErrorCode::InvalidField,
       "config.tokens"},
  });
}

TEST(JournalLine, LimitsHoldToTheByteAndTheLevel) {
  JournalDecoder decoder;
  EXPECT_TRUE(decoder.decode_line(nested(kJsonDepthMax)).has_value());
  expect_refused({{"level", nested(kJsonDepthMax + 1), ErrorCode::TooDeep, "64"}});
  const std::string_view filler = R"("x":"")";
  const std::size_t room = kJournalLineBytesMax - event_line(filler).size();
  const auto sized = [](std::size_t n) {
    return event_line("\"x\":\"" + std::string(n, 'a') + "\"");
  };
  ASSERT_EQ(sized(room).size(), kJournalLineBytesMax);
  EXPECT_TRUE(decoder.decode_line(sized(room)).has_value());
  expect_refused({{"byte", sized(room + 1), ErrorCode::TooLarge, "1048576"}});
  EXPECT_TRUE(decoder.decode_line(line_of("event", kEvent)).has_value());
}

TEST(JournalLine, WhitespaceAroundIsFine) {
  JournalDecoder decoder;
  EXPECT_TRUE(decoder.decode_line(" " + line_of("event", kEvent) + " \r").has_value());
}

TEST(JournalLine, AtIsTheArrival) {
  JournalDecoder decoder;
  const auto input = decoder.decode_line(R"({"tick":true,"at":"2026-01-01T00:00:04Z"})");
  ASSERT_TRUE(input.has_value());
  EXPECT_EQ(format_rfc3339((*input)->at), "2026-01-01T00:00:04Z");
}

TEST(JournalLine, ErrorsShowOneShortLineOfValidText) {
  JournalDecoder decoder;
  std::string euros;
  for (int i = 0; i < 1000; ++i) euros += "€";
  const auto bad = decoder.decode_line(event_line("\"depth\":\"\\n" + euros + "\""));
  ASSERT_FALSE(bad.has_value());
  EXPECT_LT(bad.error().message.size(), 200U);
  EXPECT_EQ(bad.error().message.find('\n'), std::string::npos);
  EXPECT_EQ(find_invalid_utf8(bad.error().message), std::nullopt);
  EXPECT_THAT(bad.error().message, testing::HasSubstr("€...\""));
}

// Every prefix of a line and every line with one byte changed gives an answer, and the decoder
// works as before afterwards.
TEST(JournalLine, DamagedLinesLeaveTheDecoderWhole) {
  const std::string good = event_line(R"("x":{"y":[1,2]},"duration_ms":1.5,"at":"1")");
  JournalDecoder decoder;
  for (std::size_t i = 0; i < good.size(); ++i) {
    EXPECT_FALSE(decoder.decode_line(good.substr(0, i)).has_value()) << i;
    std::string damaged = good;
    damaged[i] = static_cast<char>(damaged[i] ^ 0x80);
    EXPECT_FALSE(decoder.decode_line(damaged).has_value()) << i;
    ASSERT_TRUE(decoder.decode_line(good).has_value()) << i;
  }
}

TEST(JournalExample, EveryLineDecodesToItsKind) {
  std::ifstream in(FUSEBOX_SOURCE_DIR "/tests/integration/example/journal.ndjson");
  JournalDecoder decoder;
  std::string kinds;
  for (std::string line; std::getline(in, line);) {
    const auto input = decoder.decode_line(line);
    ASSERT_TRUE(input.has_value()) << line << "\n" << input.error().message;
    kinds += "ECRKAPT"[(*input)->body.index()];
  }
  EXPECT_EQ(kinds, "EEECRCCRCCKCT");
}

}  // namespace
}  // namespace fusebox::telemetry
