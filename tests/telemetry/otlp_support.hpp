// Events as text, and requests decoded in both encodings at once.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "telemetry/otlp.hpp"
#include "tests/telemetry/otlp_model.hpp"

namespace fusebox::telemetry {

class EventText {
 public:
  void add(std::string_view name, std::string_view text) {
    if (text.empty()) return;
    if (!text_.empty()) text_ += ' ';
    text_ += std::string(name) + "=" + std::string(text);
  }
  template <class Number>
  void add(std::string_view name, const std::optional<Number>& number) {
    if (number) add(name, shown(*number));
  }
  [[nodiscard]] const std::string& text() const { return text_; }

  static std::string shown(std::int64_t number) { return std::to_string(number); }
  static std::string shown(double number) {
    std::string out;
    JsonWriter(out).number(number);
    return out;
  }
  static std::string shown(MicroUsd amount) { return format_usd(amount); }

 private:
  std::string text_;
};

inline std::string shown(const policy::DynamicNode& node) {
  switch (node.kind) {
    case policy::DynamicKind::Null:
      return "null";
    case policy::DynamicKind::Bool:
      return node.boolean ? "true" : "false";
    case policy::DynamicKind::Int:
      return std::to_string(node.integer);
    case policy::DynamicKind::Double:
      return EventText::shown(node.number);
    case policy::DynamicKind::String:
      return std::string(node.text);
    case policy::DynamicKind::List:
    case policy::DynamicKind::Map:
      break;
  }
  return "?";
}

inline void add_attributes(EventText& out, const Event& event) {
  if (event.attributes == nullptr) return;
  const auto& nodes = event.attributes->nodes;
  EXPECT_EQ(nodes.front().children, nodes.size() - 1);
  EXPECT_EQ(nodes.front().descendants, nodes.size() - 1);
  for (std::size_t i = 1; i < nodes.size(); ++i) {
    out.add("[" + std::string(nodes[i].key) + "]", shown(nodes[i]));
  }
}

// Everything an event says, "name=value" for what is there: first what decides (kind, dimensions,
// outcome, numbers), then attributes in brackets. Without its times and ids.
inline std::string shown(const Event& event) {
  EventText out;
  out.add("kind", name_of(event.kind));
  EXPECT_EQ(event.dimensions[Dimension::Kind], name_of(event.kind));
  for (std::size_t i = 0; i < kNamedDimensionCount; ++i) {
    const auto dimension = static_cast<Dimension>(i);
    if (dimension == Dimension::Kind || dimension == Dimension::TraceId) continue;
    out.add(name_of(dimension), event.dimensions[dimension]);
  }
  if (event.outcome) out.add("outcome", name_of(*event.outcome));
  out.add("error", event.error);
  out.add("duration_ms", event.measured.duration_ms);
  out.add("ttft_ms", event.measured.ttft_ms);
  out.add("tokens_in", event.measured.tokens_in);
  out.add("tokens_out", event.measured.tokens_out);
  out.add("cost_usd", event.measured.cost_usd);
  out.add("files_changed", event.measured.files_changed);
  out.add("score", event.score);
  out.add("confidence", event.confidence);
  out.add("trust", event.trust);
  out.add("depth", event.depth);
  if (event.weight != 1) out.add("weight", std::to_string(event.weight));
  add_attributes(out, event);
  return out.text();
}

inline std::string with_ids(const Event& event) {
  return shown(event) + " trace_id=" + std::string(event.dimensions[Dimension::TraceId]) +
         " span_id=" + std::string(event.span_id) + " id=" + std::string(event.id) +
         " at=" + (event.at ? std::to_string(to_ns(*event.at)) : "none");
}

// What a request came to, as values of its own.
struct Decoded {
  std::vector<std::string> events;  // as shown()
  OtlpBatch counts;                 // without events and rejection
  std::string rejection;
  std::string error;  // "" if the request was taken
};

inline Decoded decoded(const Result<OtlpBatch>& batch, bool ids = false) {
  Decoded out;
  if (!batch) {
    out.error = code_text(batch.error().code) + " " + batch.error().message;
    return out;
  }
  for (const Event& event : batch->events) {
    out.events.push_back(ids ? with_ids(event) : shown(event));
  }
  EXPECT_EQ(out.events.size() + batch->ignored + batch->merged + batch->rejected, batch->spans);
  out.counts = *batch;
  out.rejection = batch->rejection;
  out.counts.events = {};
  out.counts.rejection = {};
  return out;
}

// The request in protobuf; a failure of the test if the JSON form says anything else.
inline Decoded decode_both(const otlp_model::Request& request, const PriceTable& prices = {}) {
  OtlpDecoder decoder(prices);
  const std::string protobuf = otlp_model::to_protobuf(request);
  const std::string json = otlp_model::to_json(request);
  Decoded from_protobuf = decoded(decoder.decode_protobuf(protobuf));
  const Decoded from_json = decoded(decoder.decode_json(json));
  EXPECT_EQ(from_protobuf.events, from_json.events) << json;
  EXPECT_EQ(from_protobuf.rejection, from_json.rejection);
  EXPECT_EQ(from_protobuf.error, "");
  EXPECT_EQ(from_json.error, "");
  return from_protobuf;
}

inline Decoded decode_spans(std::vector<otlp_model::Span> spans, const PriceTable& prices = {}) {
  otlp_model::Request request(1);
  request.front().spans = std::move(spans);
  return decode_both(request, prices);
}

// The one event that `span` makes, as text; "" and a failure of the test if it makes none.
inline std::string event_of(const otlp_model::Span& span, const PriceTable& prices = {}) {
  const Decoded out = decode_spans({span}, prices);
  EXPECT_EQ(out.events.size(), 1U) << out.rejection;
  return out.events.empty() ? "" : out.events.front();
}

}  // namespace fusebox::telemetry
