// Bodies that no SDK sends: cut, nested, lying about lengths, of wrong types.
#include <gtest/gtest.h>

#include "telemetry/journal.hpp"
#include "telemetry/otlp.hpp"
#include "tests/base/count_allocations.hpp"
#include "tests/telemetry/otlp_support.hpp"

namespace fusebox::telemetry {
namespace {

using otlp_model::Request;
using otlp_model::Span;

Span full_span() {
  Span span;
  span.parent_id = "b1b2b3b4b5b6b7b8";
  span.trace_state = "ot=th:8";
  span.attributes = {{"gen_ai.operation.name", "chat"},
                     {"gen_ai.request.model", "m\xC3\xA9"},
                     {"gen_ai.usage.input_tokens", 300},
                     {"x", 0.5},
                     {"y", true},
                     {"z", otlp_model::Texts{"a", "b"}}};
  span.events = {{"exception", {{"exception.type", "TimeoutError"}}}};
  span.status = 2;
  span.flags = 0x101;
  return span;
}

Request full_request() {
  return {{{{"service.name", "one"}}, {full_span(), full_span()}},
          {{{"service.name", "two"}}, {full_span()}}};
}

TEST(OtlpHostile, EveryTruncationOfProtobufIsAnErrorOrAPrefix) {
  const std::string body = otlp_model::to_protobuf(full_request());
  OtlpDecoder decoder;
  const std::vector<std::string> whole = decoded(decoder.decode_protobuf(body)).events;
  ASSERT_EQ(whole.size(), 3U);
  std::size_t taken = 0;
  for (std::size_t size = 0; size < body.size(); ++size) {
    const std::string cut(body, 0, size);  // exact, so that a sanitizer sees a read behind it
    const Decoded out = decoded(decoder.decode_protobuf(cut));
    if (!out.error.empty()) {
      EXPECT_TRUE(out.error.starts_with("E0010 ")) << out.error;
      continue;
    }
    ++taken;
    ASSERT_LE(out.events.size(), whole.size());
    EXPECT_TRUE(std::equal(out.events.begin(), out.events.end(), whole.begin()));
  }
  EXPECT_EQ(taken, 2U);  // nothing, and the first of the two resources
}

TEST(OtlpHostile, EveryTruncationOfJsonIsAnError) {
  const std::string body = otlp_model::to_json(full_request());
  OtlpDecoder decoder;
  for (std::size_t size = 0; size < body.size(); ++size) {
    EXPECT_FALSE(decoder.decode_json(std::string(body, 0, size)).has_value()) << size;
  }
}

// Not only does it not crash: what it says about a changed byte is an answer like any other.
TEST(OtlpHostile, EveryChangedByteIsSurvived) {
  const std::string good = otlp_model::to_protobuf(full_request());
  OtlpDecoder decoder;
  std::size_t refused = 0;
  for (std::size_t pos = 0; pos < good.size(); ++pos) {
    for (const char flip : {'\x01', '\x07', '\x80', '\xff'}) {
      std::string body = good;
      body[pos] = static_cast<char>(body[pos] ^ flip);
      refused += decoded(decoder.decode_protobuf(body)).error.empty() ? 0 : 1;
    }
  }
  EXPECT_GT(refused, good.size() / 4);
  EXPECT_LT(refused, good.size() * 4);
}

std::string field(char tag, const std::string& content) {
  return std::string(1, tag) + static_cast<char>(content.size()) + content;
}

// A request of one span that holds `content`.
std::string around_span(const std::string& content) {
  return field(0x0A, field(0x12, field(0x12, content)));
}

struct BytesRow {
  std::string name;
  std::string body;
};

TEST(OtlpHostile, BrokenProtobufIsAnError) {
  const std::string tail(9, '\xff');
  const std::vector<BytesRow> rows = {
      {"TruncatedVarint", "\x0A\x80"},
      {"VarintOf11Bytes", "\x08" + tail + "\xff\x01"},
      {"LengthOf2GiB", std::string("\x0A\xff\xff\xff\xff\x07", 6)},
      {"LengthOf2To63", "\x0A" + tail + "\x7f"},
      {"LengthBeyondTheMessage", around_span("\x0A\x10xx")},
      {"FieldNumberZero", around_span(std::string("\x00\x01", 2))},
      {"GroupBegin", around_span("\x0B")},
      {"GroupEnd", around_span("\x0C")},
      {"WireType6", around_span("\x0E")},
      {"WireType7", around_span("\x0F")},
      {"CutFixed64", around_span("\x39\x01\x02")},
      {"CutKind", around_span("\x30")},
      {"BrokenAttribute", around_span(field(0x4A, "\x0A\x7f"))},
      {"BrokenValue", around_span(field(0x4A, field(0x12, "\x18\xff")))},
      {"BrokenStatus", around_span(field(0x7A, "\x18"))},
      {"BrokenEvent", around_span(field(0x5A, "\x12\x05"))},
      {"BrokenResource", field(0x0A, field(0x0A, "\x0A\x05"))},
      {"Text", "hello world"},
  };
  for (const BytesRow& row : rows) {
    OtlpDecoder decoder;
    const auto batch = decoder.decode_protobuf(row.body);
    ASSERT_FALSE(batch.has_value()) << row.name;
    EXPECT_EQ(batch.error().code, ErrorCode::InvalidProtobuf) << row.name;
  }
}

TEST(OtlpHostile, ProtobufOfOtherTypesIsSkipped) {
  const std::vector<BytesRow> rows = {
      {"VarintOf10BytesInAnUnknownField", around_span("\x78" + std::string(9, '\xff') + "\x01")},
      {"NameAsVarint", around_span("\x28\x05")},
      {"TimeAsVarint", around_span("\x38\x05")},
      {"RequestFieldAsFixed32", std::string("\x0D\x01\x02\x03\x04", 5)},
  };
  for (const BytesRow& row : rows) {
    OtlpDecoder decoder;
    EXPECT_EQ(decoded(decoder.decode_protobuf(row.body)).error, "") << row.name;
  }
}

// Nested values are skipped by their length, however deep.
TEST(OtlpHostile, DeepProtobufValuesCostNothing) {
  std::string value;
  for (int depth = 0; depth < 20'000; ++depth) {
    std::string outer;
    protozero::pbf_writer writer(outer);
    std::string list;
    protozero::pbf_writer(list).add_message(1, value);
    writer.add_message(5, list);
    value = std::move(outer);
    if (value.size() > 60'000) break;
  }
  std::string attribute;
  protozero::pbf_writer pair(attribute);
  pair.add_string(1, "deep");
  pair.add_message(2, value);
  std::string body = otlp_model::to_protobuf({{{{"service.name", "a"}}, {full_span()}}});
  {
    protozero::pbf_writer request(body);
    protozero::pbf_writer resource_spans(request, 1);
    protozero::pbf_writer scope_spans(resource_spans, 2);
    protozero::pbf_writer span(scope_spans, 2);
    span.add_message(9, attribute);
  }
  OtlpDecoder decoder;
  const Decoded out = decoded(decoder.decode_protobuf(body));
  EXPECT_EQ(out.error, "");
  EXPECT_EQ(out.counts.spans, 2U);
}

struct JsonRow {
  std::string name;
  std::string body;
  ErrorCode code;
  std::string text;
};

std::string json_span(const std::string& members) {
  return R"({"resourceSpans":[{"scopeSpans":[{"spans":[{)" + members + "}]}]}]}";
}

std::string nested(std::size_t depth) {
  return R"({"x":)" + std::string(depth - 1, '[') + std::string(depth - 1, ']') + "}";
}

TEST(OtlpHostile, BadJsonIsAnErrorThatNamesTheMember) {
  using enum ErrorCode;
  const std::vector<JsonRow> rows = {
      {"Empty", "", InvalidJson, "empty"},
      {"NoObject", "[]", InvalidField, "an object"},
      {"Trailing", "{} {}", InvalidJson, ""},
      {"NotUtf8", "{\"a\":\"\xff\"}", InvalidUtf8, "UTF-8"},
      {"TooDeep", nested(kJsonDepthMax + 1), TooDeep, "64"},
      {"FarTooDeep", nested(1'000'000), TooDeep, "64"},
      {"NoList", R"({"resourceSpans":{}})", InvalidField, "resourceSpans: expected a list"},
      {"NoResourceSpans", R"({"resourceSpans":[1]})", InvalidField, "resourceSpans"},
      {"NoResource", R"({"resourceSpans":[{"resource":1}]})", InvalidField, "resource"},
      {"NoSpans", R"({"resourceSpans":[{"scopeSpans":[{"spans":{}}]}]})", InvalidField, "spans"},
      {"NoSpan", R"({"resourceSpans":[{"scopeSpans":[{"spans":[1]}]}]})", InvalidField, "span"},
      {"DuplicateName", json_span(R"("name":"a","name":"b")"), InvalidField,
       "span.name: stands twice"},
      {"DuplicateKey", json_span(R"("attributes":[{"key":"a","key":"b"}])"), InvalidField, "key"},
      {"DuplicateValue", json_span(R"("attributes":[{"value":{"intValue":1,"intValue":2}}])"),
       InvalidField, "intValue"},
      {"EnumAsName", json_span(R"("kind":"SPAN_KIND_CLIENT")"), InvalidField, "span.kind"},
      {"StatusAsName", json_span(R"("status":{"code":"STATUS_CODE_ERROR"})"), InvalidField, "code"},
      {"StatusAsNumber", json_span(R"("status":2)"), InvalidField, "span.status"},
      {"TimeAsText", json_span(R"("endTimeUnixNano":"2026-01-01T00:00:00Z")"), InvalidField,
       "endTimeUnixNano"},
      {"NegativeTime", json_span(R"("startTimeUnixNano":-1)"), InvalidField, "startTimeUnixNano"},
      {"TimeAbove64Bits", json_span(R"("endTimeUnixNano":"18446744073709551616")"), InvalidField,
       "endTimeUnixNano"},
      {"IdAsNumber", json_span(R"("traceId":1)"), InvalidField, "traceId"},
      {"FlagsAbove32Bits", json_span(R"("flags":4294967296)"), InvalidField, "flags"},
      {"AttributesAsMap", json_span(R"("attributes":{})"), InvalidField, "span.attributes"},
      {"AttributeAsText", json_span(R"("attributes":["x"])"), InvalidField, "attributes"},
      {"KeyAsNumber", json_span(R"("attributes":[{"key":1}])"), InvalidField, "key"},
      {"ValueAsText", json_span(R"("attributes":[{"key":"a","value":"b"}])"), InvalidField,
       "value"},
      {"TextAsNumber", json_span(R"("attributes":[{"value":{"stringValue":1}}])"), InvalidField,
       "stringValue"},
      {"IntegerAsFraction", json_span(R"("attributes":[{"value":{"intValue":1.5}}])"), InvalidField,
       "intValue"},
      {"IntegerAbove64Bits",
       json_span(R"("attributes":[{"value":{"intValue":"9223372036854775808"}}])"), InvalidField,
       "intValue"},
      {"FlagAsText", json_span(R"("attributes":[{"value":{"boolValue":"true"}}])"), InvalidField,
       "boolValue"},
      {"NumberAsWord", json_span(R"("attributes":[{"value":{"doubleValue":"much"}}])"),
       InvalidField, "doubleValue"},
      {"EventsAsMap", json_span(R"("events":{})"), InvalidField, "events"},
      {"EventAsText", json_span(R"("events":["x"])"), InvalidField, "events"},
  };
  for (const JsonRow& row : rows) {
    OtlpDecoder decoder;
    const auto batch = decoder.decode_json(row.body);
    ASSERT_FALSE(batch.has_value()) << row.name;
    EXPECT_EQ(batch.error().code, row.code) << row.name << ": " << batch.error().message;
    EXPECT_THAT(batch.error().message, testing::HasSubstr(row.text)) << row.name;
    EXPECT_LT(batch.error().message.size(), 400U) << row.name;
  }
}

TEST(OtlpHostile, LenientJsonIsTaken) {
  const std::string chat = R"("attributes":[{"key":"gen_ai.operation.name",)"
                           R"("value":{"stringValue":"chat"}},{"key":"gen_ai.agent.name",)"
                           R"("value":{"stringValue":"a"}},{"key":"n","value":{"intValue":)";
  const std::string ids =
      R"("traceId":"0102030405060708090A0B0C0D0E0F10","spanId":"A1a2a3a4a5a6a7a8")";
  const std::vector<std::pair<std::string, std::string>> rows = {
      {chat + "7}}]," + ids, "[n]=7"},
      {ids + "," + chat + "\"7\"}}]", "[n]=7"},
      {ids + R"(,"unknown":{"kind":["x"]},"droppedEventsCount":3,)" + chat + "-7}}]", "[n]=-7"},
      {ids + R"(,"parentSpanId":"","traceState":null,"events":null,"status":null,"name":null,)" +
           chat + "\"-7\"}}]",
       "[n]=-7"},
      {ids +
           R"(,"endTimeUnixNano":1767225601500000000,"startTimeUnixNano":"1767225600000000000",)" +
           chat + "1}}]",
       "duration_ms=1500 [n]=1"},
      {ids + "," + chat +
           R"(1}},{"key":"l","value":{"arrayValue":{"values":[{"kvlistValue":{}}]}}},)"
           R"({"key":"b","value":{"bytesValue":"AA=="}},{"key":"e","value":{}},)"
           R"({"key":"none"},{"key":"nul","value":null}])",
       "[n]=1"},
      {ids + "," + chat +
           R"(1}},{"key":"d","value":{"doubleValue":5}},)"
           R"({"key":"i","value":{"doubleValue":"Infinity"}}])",
       "[n]=1 [d]=5"},
  };
  for (const auto& [members, says] : rows) {
    OtlpDecoder decoder;
    const Decoded out = decoded(decoder.decode_json(json_span(members)));
    EXPECT_EQ(out.error, "");
    ASSERT_EQ(out.events.size(), 1U) << members << out.rejection;
    EXPECT_TRUE(out.events[0].ends_with(says)) << out.events[0];
  }
}

TEST(OtlpHostile, HexThatIsNoneRejectsTheSpan) {
  for (const char* id :
       {"010203040506070", "xyz", "0x02030405060708", "-102030405060708", "0102030405060708 "}) {
    OtlpDecoder decoder;
    const Decoded out = decoded(decoder.decode_json(json_span(
        R"("traceId":"0102030405060708090a0b0c0d0e0f10","spanId":")" + std::string(id) +
        R"(","attributes":[{"key":"gen_ai.operation.name","value":{"stringValue":"chat"}}])")));
    EXPECT_EQ(out.rejection, "span 1: an id is not hex or bytes of the right length") << id;
  }
}

// A megabyte of spans as small as they can be: memory follows the body, not a sender's claims.
TEST(OtlpHostile, MemoryIsLinearInTheBody) {
  std::string small;
  for (int i = 0; i < 500'000; ++i) small += std::string("\x12\x00", 2);
  std::string body;
  {
    protozero::pbf_writer request(body);
    protozero::pbf_writer resource_spans(request, 1);
    resource_spans.add_message(2, small);
  }
  OtlpDecoder decoder;
  ASSERT_TRUE(decoder.decode_protobuf("").has_value());
  const std::size_t before = allocations.bytes;
  const auto batch = decoder.decode_protobuf(body);
  EXPECT_EQ(batch->ignored, 500'000U);
  EXPECT_LT(allocations.bytes - before, body.size());
}

}  // namespace
}  // namespace fusebox::telemetry
