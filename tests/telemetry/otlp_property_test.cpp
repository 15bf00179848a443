// Generated requests: protobuf and JSON of the same spans come to the same events, whatever names,
// types and orders meet.
#include <algorithm>

#include <gtest/gtest.h>

#include "telemetry/detail/conventions.hpp"
#include "telemetry/otlp.hpp"
#include "tests/base/draw.hpp"
#include "tests/telemetry/otlp_support.hpp"

namespace fusebox::telemetry {
namespace {

using otlp_model::Any;
using otlp_model::Attribute;
using otlp_model::Attributes;
using otlp_model::Request;
using otlp_model::Span;

constexpr std::uint64_t kSeed = 20'260'101;
constexpr int kRequests = 3000;

constexpr const char* kWords[] = {
    "chat", "execute_tool", "invoke_agent", "LLM",  "CHAIN", "AGENT",      "TOOL",
    "tool", "workflow",     "tools/call",   "deny", "ok",    "cancelled",  "timeout",
    "m1",   "openai",       "12",           "0.5",  "",      "\xC3\xA9\n", "unknown_service:x"};
constexpr const char* kTraceStates[] = {"", "ot=th:8", "ot=th:zz", "a=b,ot=p:1"};

class Generator {
 public:
  explicit Generator(std::uint64_t seed) : draw_(seed) {}

  Request request() {
    Request out(static_cast<std::size_t>(1 + draw_.below(2)));
    for (auto& group : out) {
      group.resource = attributes(3);
      if (draw_.below(8) != 0) group.resource.emplace_back("service.name", "shop");
      for (std::int64_t n = draw_.below(6); n > 0; --n) group.spans.push_back(span());
    }
    return out;
  }

 private:
  // Few ids, so that spans have parents in their batch; some of a wrong length.
  std::string span_id() {
    if (draw_.below(40) == 0) return "0102";
    return "000000000000000" + std::to_string(draw_.below(8));
  }

  Any any() {
    switch (draw_.below(6)) {
      case 0:
        return draw_.below(2) == 0;
      case 1:
        return draw_.any();
      case 2:
        return draw_.below(1000);
      case 3:
        return static_cast<double>(draw_.any()) / 16;
      case 4:
        return otlp_model::Texts{"a"};
      default:
        return std::string(kWords[draw_.below(std::size(kWords))]);
    }
  }

  std::string key() {
    if (draw_.below(4) == 0) return "other." + std::to_string(draw_.below(4));
    const auto row =
        static_cast<detail::Row>(draw_.below(static_cast<std::int64_t>(detail::alias_count())));
    return std::string(detail::alias_of(row).attribute);
  }

  Attributes attributes(std::int64_t most) {
    Attributes out;
    for (std::int64_t n = draw_.below(most + 1); n > 0; --n) out.emplace_back(key(), any());
    return out;
  }

  Span span() {
    Span out;
    out.trace_id.back() = static_cast<char>('0' + draw_.below(2));
    out.span_id = span_id();
    if (draw_.below(2) == 0) out.parent_id = span_id();
    out.trace_state = kTraceStates[draw_.below(std::size(kTraceStates))];
    out.name = kWords[draw_.below(std::size(kWords))];
    out.kind = static_cast<int>(draw_.below(7));
    out.status = static_cast<int>(draw_.below(4));
    out.flags = static_cast<std::uint32_t>(draw_.below(0x400));
    if (draw_.below(8) == 0) out.end_ns = draw_.bits();
    if (draw_.below(8) == 0) out.start_ns = 0;
    out.attributes = attributes(12);
    out.attributes.emplace_back("gen_ai.operation.name", Any(std::string(kWords[draw_.below(11)])));
    if (draw_.below(6) == 0) out.attributes.emplace_back("mcp.method.name", "tools/call");
    if (draw_.below(4) == 0) {
      out.events.push_back(
          {draw_.below(2) == 0 ? "exception" : "log", {{"exception.type", any()}, {"x", any()}}});
    }
    return out;
  }

  Draw draw_;
};

TEST(OtlpProperty, BothEncodingsGiveTheSameEvents) {
  RecordProperty("seed", std::to_string(kSeed));
  Generator generator(kSeed);
  OtlpDecoder decoder(PriceTable({{"m*", {{1'000'000}, {}, {2'000'000}}}}));
  std::size_t events = 0;
  std::size_t merged = 0;
  std::size_t rejected = 0;
  for (int i = 0; i < kRequests; ++i) {
    const Request request = generator.request();
    const std::string protobuf = otlp_model::to_protobuf(request);
    const std::string json = otlp_model::to_json(request);
    const Decoded first = decoded(decoder.decode_protobuf(protobuf), true);
    const Decoded second = decoded(decoder.decode_json(json), true);
    ASSERT_EQ(first.error, "") << json;
    ASSERT_EQ(second.error, "") << json;
    ASSERT_EQ(first.events, second.events) << json;
    ASSERT_EQ(first.rejection, second.rejection) << json;
    const auto counts = [](const OtlpBatch& batch) {
      return std::vector{batch.spans,    batch.ignored,           batch.merged,
                         batch.rejected, batch.rate_unknown,      batch.negative_durations,
                         batch.priced,   batch.attributes_dropped};
    };
    ASSERT_EQ(counts(first.counts), counts(second.counts)) << json;
    events += first.events.size();
    merged += first.counts.merged;
    rejected += first.counts.rejected;
  }
  // The generator reaches what it is for.
  EXPECT_GT(events, 1000U);
  EXPECT_GT(merged, 0U);
  EXPECT_GT(rejected, 50U);
}

// The order of attributes means nothing as long as their names differ.
TEST(OtlpProperty, AttributesMayComeInAnyOrder) {
  Generator generator(kSeed + 1);
  Draw draw(kSeed);
  OtlpDecoder decoder;
  const auto sorted_words = [](const std::string& event) {
    std::vector<std::string> words;
    std::size_t begin = 0;
    for (std::size_t end; begin <= event.size(); begin = end + 1) {
      end = std::min(event.find(' ', begin), event.size());
      words.push_back(event.substr(begin, end - begin));
    }
    std::sort(words.begin(), words.end());
    return words;
  };
  for (int i = 0; i < kRequests; ++i) {
    Request request = generator.request();
    for (auto& group : request) {
      for (Span& span : group.spans) {
        std::sort(span.attributes.begin(), span.attributes.end(),
                  [](const Attribute& a, const Attribute& b) { return a.key < b.key; });
        span.attributes.erase(
            std::unique(span.attributes.begin(), span.attributes.end(),
                        [](const Attribute& a, const Attribute& b) { return a.key == b.key; }),
            span.attributes.end());
      }
    }
    const Decoded first = decoded(decoder.decode_protobuf(otlp_model::to_protobuf(request)));
    for (auto& group : request) {
      for (Span& span : group.spans) {
        for (std::size_t n = span.attributes.size(); n > 1; --n) {
          std::swap(
              span.attributes[n - 1],
              span.attributes[static_cast<std::size_t>(draw.below(static_cast<std::int64_t>(n)))]);
        }
      }
    }
    const Decoded second = decoded(decoder.decode_protobuf(otlp_model::to_protobuf(request)));
    ASSERT_EQ(first.events.size(), second.events.size());
    for (std::size_t n = 0; n < first.events.size(); ++n) {
      ASSERT_EQ(sorted_words(first.events[n]), sorted_words(second.events[n]));
    }
  }
}

}  // namespace
}  // namespace fusebox::telemetry
