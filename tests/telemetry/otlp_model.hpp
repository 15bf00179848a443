// OTLP trace requests as values, written as protobuf and as JSON: two encoders that share nothing
// with the decoders under test.
#pragma once

#include <cmath>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include <protozero/pbf_writer.hpp>

#include "base/json_writer.hpp"

namespace fusebox::otlp_model {

// A list of texts stands for every value that is no scalar.
using Texts = std::vector<std::string>;
using Any = std::variant<std::string, bool, std::int64_t, double, Texts>;

struct Attribute {
  std::string key;
  Any value;

  Attribute(std::string name, Any any) : key(std::move(name)), value(std::move(any)) {}
  // So that literals are what they look like.
  Attribute(std::string name, const char* text)
      : Attribute(std::move(name), Any(std::string(text))) {}
  Attribute(std::string name, int number) : Attribute(std::move(name), Any(std::int64_t{number})) {}
  Attribute(std::string name, double number) : Attribute(std::move(name), Any(number)) {}
  Attribute(std::string name, bool flag) : Attribute(std::move(name), Any(flag)) {}
};
using Attributes = std::vector<Attribute>;

struct SpanEvent {
  std::string name;
  Attributes attributes;
};

// Ids in hex, as in the JSON form; "" is absent.
struct Span {
  std::string trace_id = "0102030405060708090a0b0c0d0e0f10";
  std::string span_id = "a1a2a3a4a5a6a7a8";
  std::string parent_id;
  std::string trace_state;
  std::string name = "work";
  int kind = 1;
  std::uint64_t start_ns = 1'767'225'600'000'000'000;  // 2026-01-01T00:00:00Z
  std::uint64_t end_ns = 1'767'225'601'500'000'000;    // 1.5 s later
  Attributes attributes;
  std::vector<SpanEvent> events;
  int status = 0;
  std::uint32_t flags = 0;
};

struct ResourceSpans {
  Attributes resource{{"service.name", "shop"}};
  std::vector<Span> spans;
};
using Request = std::vector<ResourceSpans>;

inline std::string bytes_of_hex(std::string_view hex) {
  std::string bytes;
  for (std::size_t i = 0; i + 1 < hex.size(); i += 2) {
    bytes += static_cast<char>(std::stoi(std::string(hex.substr(i, 2)), nullptr, 16));
  }
  return bytes;
}

namespace protobuf {

using protozero::pbf_writer;

inline void add_any(pbf_writer out, const Any& any) {
  if (const auto* text = std::get_if<std::string>(&any)) out.add_string(1, *text);
  if (const auto* flag = std::get_if<bool>(&any)) out.add_bool(2, *flag);
  if (const auto* integer = std::get_if<std::int64_t>(&any)) out.add_int64(3, *integer);
  if (const auto* number = std::get_if<double>(&any)) out.add_double(4, *number);
  if (const auto* texts = std::get_if<Texts>(&any)) {
    pbf_writer list(out, 5);
    for (const std::string& text : *texts) pbf_writer(list, 1).add_string(1, text);
  }
}

inline void add_attributes(pbf_writer& out, std::uint32_t field, const Attributes& attributes) {
  for (const Attribute& attribute : attributes) {
    pbf_writer pair(out, field);
    pair.add_string(1, attribute.key);
    add_any(pbf_writer(pair, 2), attribute.value);
  }
}

inline void add_bytes(pbf_writer& out, std::uint32_t field, const std::string& hex) {
  if (!hex.empty()) out.add_bytes(field, bytes_of_hex(hex));
}

inline void add_span(pbf_writer out, const Span& span) {
  add_bytes(out, 1, span.trace_id);
  add_bytes(out, 2, span.span_id);
  if (!span.trace_state.empty()) out.add_string(3, span.trace_state);
  add_bytes(out, 4, span.parent_id);
  out.add_string(5, span.name);
  out.add_enum(6, span.kind);
  out.add_fixed64(7, span.start_ns);
  out.add_fixed64(8, span.end_ns);
  add_attributes(out, 9, span.attributes);
  for (const SpanEvent& event : span.events) {
    pbf_writer inner(out, 11);
    inner.add_fixed64(1, span.end_ns);
    inner.add_string(2, event.name);
    add_attributes(inner, 3, event.attributes);
  }
  if (span.status != 0) pbf_writer(out, 15).add_enum(3, span.status);
  if (span.flags != 0) out.add_fixed32(16, span.flags);
}

}  // namespace protobuf

inline std::string to_protobuf(const Request& request) {
  std::string body;
  protozero::pbf_writer out(body);
  for (const ResourceSpans& group : request) {
    protozero::pbf_writer spans(out, 1);
    {
      protozero::pbf_writer resource(spans, 1);
      protobuf::add_attributes(resource, 1, group.resource);
    }
    protozero::pbf_writer scope(spans, 2);
    { protozero::pbf_writer(scope, 1).add_string(1, "test.scope"); }
    for (const Span& span : group.spans) protobuf::add_span({scope, 2}, span);
  }
  return body;
}

namespace json {

inline void number(JsonWriter& out, double value) {
  if (std::isfinite(value)) return out.number(value);
  out.string(std::isnan(value) ? "NaN" : value > 0 ? "Infinity" : "-Infinity");
}

inline void any(JsonWriter& out, const Any& value) {
  out.begin_object();
  if (const auto* text = std::get_if<std::string>(&value)) out.field("stringValue", *text);
  if (const auto* flag = std::get_if<bool>(&value)) out.field("boolValue", *flag);
  if (const auto* integer = std::get_if<std::int64_t>(&value)) {
    out.field("intValue", std::to_string(*integer));
  }
  if (const auto* real = std::get_if<double>(&value)) out.key("doubleValue"), number(out, *real);
  if (const auto* texts = std::get_if<Texts>(&value)) {
    out.key("arrayValue");
    out.begin_object();
    out.key("values");
    out.begin_array();
    for (const std::string& text : *texts) any(out, text);
    out.end_array();
    out.end_object();
  }
  out.end_object();
}

inline void attributes(JsonWriter& out, const Attributes& list) {
  out.key("attributes");
  out.begin_array();
  for (const Attribute& attribute : list) {
    out.begin_object();
    out.field("key", attribute.key);
    out.key("value");
    any(out, attribute.value);
    out.end_object();
  }
  out.end_array();
}

inline void events(JsonWriter& out, const std::vector<SpanEvent>& list) {
  out.key("events");
  out.begin_array();
  for (const SpanEvent& event : list) {
    out.begin_object();
    out.field("name", event.name);
    attributes(out, event.attributes);
    out.end_object();
  }
  out.end_array();
}

inline void span(JsonWriter& out, const Span& span) {
  out.begin_object();
  out.field("traceId", span.trace_id);
  out.field("spanId", span.span_id);
  if (!span.parent_id.empty()) out.field("parentSpanId", span.parent_id);
  if (!span.trace_state.empty()) out.field("traceState", span.trace_state);
  out.field("name", span.name);
  out.field("kind", std::int64_t{span.kind});
  out.field("startTimeUnixNano", std::to_string(span.start_ns));
  out.field("endTimeUnixNano", std::to_string(span.end_ns));
  attributes(out, span.attributes);
  events(out, span.events);
  out.key("status");
  out.begin_object();
  if (span.status != 0) out.field("code", std::int64_t{span.status});
  out.end_object();
  if (span.flags != 0) out.field("flags", std::int64_t{span.flags});
  out.end_object();
}

inline void resource_spans(JsonWriter& out, const ResourceSpans& group) {
  out.begin_object();
  out.key("resource");
  out.begin_object();
  attributes(out, group.resource);
  out.end_object();
  out.key("scopeSpans");
  out.begin_array();
  out.begin_object();
  out.key("scope");
  out.begin_object();
  out.field("name", "test.scope");
  out.end_object();
  out.key("spans");
  out.begin_array();
  for (const Span& one : group.spans) span(out, one);
  out.end_array();
  out.end_object();
  out.end_array();
  out.end_object();
}

}  // namespace json

inline std::string to_json(const Request& request) {
  std::string body;
  JsonWriter out(body);
  out.begin_object();
  out.key("resourceSpans");
  out.begin_array();
  for (const ResourceSpans& group : request) json::resource_spans(out, group);
  out.end_array();
  out.end_object();
  return body;
}

}  // namespace fusebox::otlp_model
