#include "telemetry/detail/otlp_json.hpp"

#include <bit>
#include <charconv>
#include <cstring>

#include "telemetry/journal.hpp"

namespace fusebox::telemetry::detail {
namespace {

using simdjson::SUCCESS;
using Type = AttributeValue::Type;

constexpr std::size_t kUsualBodyBytes = 1 << 16;
constexpr std::size_t kKeptBodyBytes = 1 << 22;

constexpr std::string_view kList = "a list";
constexpr std::string_view kHexId = "an id in hex";
constexpr std::string_view kEnum = "a number: enums have no names here";
constexpr std::string_view kNanoseconds = "nanoseconds, as an integer or a string of digits";
constexpr std::string_view kInteger = "a 64-bit integer, as a number or a string of digits";
constexpr std::string_view kNumber = "a number";
constexpr std::string_view kFlag = "true or false";

// 64-bit integers are strings in this JSON, and numbers in the JSON of many senders.
template <class Integer>
Reading read_integer(Json value, Integer& out) {
  if (value.get(out) == SUCCESS) return Reading::Ok;
  std::string_view text;
  if (value.get(text) != SUCCESS) return Reading::Wrong;
  const char* const end = text.data() + text.size();
  const auto [rest, error] = std::from_chars(text.data(), end, out);
  return rest == end && error == std::errc{} ? Reading::Ok : Reading::Wrong;
}

// Also as a string, which is how NaN and the infinities are written.
Reading read_number(Json value, double& out) {
  if (value.get(out) == SUCCESS) return Reading::Ok;
  std::string_view text;
  if (value.get(text) != SUCCESS) return Reading::Wrong;
  const char* const end = text.data() + text.size();
  const auto [rest, error] = std::from_chars(text.data(), end, out);
  return rest == end && error == std::errc{} ? Reading::Ok : Reading::Wrong;
}

Reading read_enum(Json value, std::int64_t& out) {
  return value.get(out) == SUCCESS ? Reading::Ok : Reading::Wrong;
}

// `digits` hex digits in either case; the number they are, or nothing.
std::optional<std::uint64_t> parse_hex(std::string_view digits) {
  std::uint64_t number = 0;
  const char* const end = digits.data() + digits.size();
  const auto [rest, error] = std::from_chars(digits.data(), end, number, 16);
  if (digits.size() != 16 || rest != end || error != std::errc{}) return std::nullopt;
  return number;
}

Reading read_trace_id(Json value, SpanDraft& span) {
  std::string_view text;
  if (value.get(text) != SUCCESS) return Reading::Wrong;
  if (text.empty()) return Reading::Ok;
  const auto high = parse_hex(text.substr(0, 16));
  const auto low = text.size() > 16 ? parse_hex(text.substr(16)) : std::nullopt;
  if (high && low) {
    span.trace = {*high, *low};
  } else {
    span.bad_id = true;
  }
  return Reading::Ok;
}

Reading read_span_id(Json value, SpanId& id, SpanDraft& span) {
  std::string_view text;
  if (value.get(text) != SUCCESS) return Reading::Wrong;
  if (text.empty()) return Reading::Ok;
  const auto number = parse_hex(text);
  if (number) id = *number;
  span.bad_id |= !number;
  return Reading::Ok;
}

template <Type kType, auto kMember, auto kRead>
Reading read_into(Json json, AttributeValue& value) {
  value.type = kType;
  return kRead(json, value.*kMember);
}

// Lists, maps and bytes are not looked into.
Reading read_other(Json, AttributeValue& value) {
  value.type = Type::None;
  return Reading::Ok;
}

Reading read_bool(Json value, bool& out) {
  return value.get(out) == SUCCESS ? Reading::Ok : Reading::Wrong;
}

constexpr FieldTable kValueTable{std::array<FieldRule<AttributeValue>, 7>{{
    {"stringValue", kText, &read_into<Type::Text, &AttributeValue::text, &read_text>},
    {"boolValue", kFlag, &read_into<Type::Bool, &AttributeValue::boolean, &read_bool>},
    {"intValue", kInteger,
     &read_into<Type::Int, &AttributeValue::integer, &read_integer<std::int64_t>>},
    {"doubleValue", kNumber, &read_into<Type::Double, &AttributeValue::number, &read_number>},
    {"arrayValue", kObject, &read_other},
    {"kvlistValue", kObject, &read_other},
    {"bytesValue", kText, &read_other},
}}};

// What a member may be, besides an object or a list to go into.
template <class Target, std::size_t N>
Result<void> read_object_members(Json json, const FieldTable<Target, N>& table, Path path,
                                 Target& target) {
  JsonObject object;
  if (json.get(object) != SUCCESS) return wrong_member(path, {}, json, kObject);
  return read_members(object, table, path, target,
                      [](std::string_view, Json) -> Result<void> { return {}; });
}

struct KeyValue {
  std::string_view key;
  std::optional<Json> value;
};
constexpr FieldTable kKeyValueTable{std::array<FieldRule<KeyValue>, 2>{{
    {"key", kText, [](Json json, KeyValue& target) { return read_text(json, target.key); }},
    {"value", kObject,
     [](Json json, KeyValue& target) {
       target.value = json;
       return Reading::Ok;
     }},
}}};

// Calls `visit` for every element, until one fails.
template <class Visit>
Result<void> for_each(const std::optional<Json>& list, Path path, Visit visit) {
  if (!list) return {};
  simdjson::dom::array elements;
  if (list->get(elements) != SUCCESS) return wrong_member(path, {}, *list, kList);
  for (const simdjson::dom::element element : elements) {
    if (Result<void> done = visit(element); !done) return done;
  }
  return {};
}

// Calls `take(name, value)` for every attribute.
template <class Take>
Result<void> read_attributes(const std::optional<Json>& list, std::string_view outer, Take take) {
  return for_each(list, {outer, "attributes"}, [&](Json element) -> Result<void> {
    const Path path{outer, "attributes"};
    KeyValue attribute;
    Result<void> done = read_object_members(element, kKeyValueTable, path, attribute);
    AttributeValue value;
    if (done && attribute.value) {
      done = read_object_members(*attribute.value, kValueTable, {"attributes", "value"}, value);
    }
    if (done) take(attribute.key, value);
    return done;
  });
}

// A member to go into once the others are read.
template <class Target, std::optional<Json> Target::*kMember>
Reading put_off(Json json, Target& target) {
  target.*kMember = json;
  return Reading::Ok;
}

struct EventMembers {
  std::string_view name;
  std::optional<Json> attributes;
};
constexpr FieldTable kEventTable{std::array<FieldRule<EventMembers>, 2>{{
    {"name", kText, [](Json json, EventMembers& event) { return read_text(json, event.name); }},
    {"attributes", kList, &put_off<EventMembers, &EventMembers::attributes>},
}}};

Result<void> read_event(Json json, SpanDraft& span) {
  EventMembers event;
  Result<void> done = read_object_members(json, kEventTable, {"span", "events"}, event);
  std::string_view type;
  if (done) {
    done = read_attributes(event.attributes, "events",
                           [&type](std::string_view name, const AttributeValue& value) {
                             if (name == kExceptionType) type = value.text;
                           });
  }
  if (done && event.name == kExceptionEvent) span.add_exception(type);
  return done;
}

struct StatusMembers {
  std::int64_t code = 0;
};
constexpr FieldTable kStatusTable{std::array<FieldRule<StatusMembers>, 1>{{
    {"code", kEnum, [](Json json, StatusMembers& status) { return read_enum(json, status.code); }},
}}};

struct SpanMembers {
  SpanDraft& draft;
  std::optional<Json> attributes;
  std::optional<Json> events;
  std::optional<Json> status;
};

Reading read_kind(Json json, SpanMembers& span) {
  std::int64_t number = 0;
  const Reading reading = read_enum(json, number);
  span.draft.kind = kind_of_number(number);
  return reading;
}

Reading read_flags(Json json, SpanMembers& span) {
  std::uint64_t flags = 0;
  if (read_integer(json, flags) != Reading::Ok || flags > UINT32_MAX) return Reading::Wrong;
  span.draft.set_flags(static_cast<std::uint32_t>(flags));
  return Reading::Ok;
}

constexpr FieldTable kSpanTable{std::array<FieldRule<SpanMembers>, 12>{{
    {"traceId", kHexId, [](Json v, SpanMembers& span) { return read_trace_id(v, span.draft); }},
    {"spanId", kHexId,
     [](Json v, SpanMembers& span) { return read_span_id(v, span.draft.span, span.draft); }},
    {"parentSpanId", kHexId,
     [](Json v, SpanMembers& span) { return read_span_id(v, span.draft.parent, span.draft); }},
    {"traceState", kText,
     [](Json v, SpanMembers& span) { return read_text(v, span.draft.trace_state); }},
    {"name", kText, [](Json v, SpanMembers& span) { return read_text(v, span.draft.name); }},
    {"kind", kEnum, &read_kind},
    {"startTimeUnixNano", kNanoseconds,
     [](Json v, SpanMembers& span) { return read_integer(v, span.draft.start_ns); }},
    {"endTimeUnixNano", kNanoseconds,
     [](Json v, SpanMembers& span) { return read_integer(v, span.draft.end_ns); }},
    {"flags", kInteger, &read_flags},
    {"attributes", kList, &put_off<SpanMembers, &SpanMembers::attributes>},
    {"events", kList, &put_off<SpanMembers, &SpanMembers::events>},
    {"status", kObject, &put_off<SpanMembers, &SpanMembers::status>},
}}};

Result<void> read_status(const std::optional<Json>& json, SpanDraft& span) {
  if (!json) return {};
  StatusMembers status;
  Result<void> done = read_object_members(*json, kStatusTable, {"span", "status"}, status);
  span.status = status_of_number(status.code);
  return done;
}

Result<void> read_span(Json json, SpanDraft& draft) {
  SpanMembers span{draft, {}, {}, {}};
  Result<void> done = read_object_members(json, kSpanTable, {"span", {}}, span);
  if (done) {
    done = read_attributes(span.attributes, "span",
                           [&draft](std::string_view name, const AttributeValue& value) {
                             draft.add_attribute(name, value);
                           });
  }
  if (done) {
    done = for_each(span.events, {"span", "events"},
                    [&draft](Json event) { return read_event(event, draft); });
  }
  return done ? read_status(span.status, draft) : done;
}

// Objects of which we go into one list or object each.
struct ResourceMembers {
  std::optional<Json> attributes;
};
constexpr FieldTable kResourceTable{std::array<FieldRule<ResourceMembers>, 1>{{
    {"attributes", kList, &put_off<ResourceMembers, &ResourceMembers::attributes>},
}}};

struct ScopeSpansMembers {
  std::optional<Json> spans;
};
constexpr FieldTable kScopeSpansTable{std::array<FieldRule<ScopeSpansMembers>, 1>{{
    {"spans", kList, &put_off<ScopeSpansMembers, &ScopeSpansMembers::spans>},
}}};

struct ResourceSpansMembers {
  std::optional<Json> resource;
  std::optional<Json> scope_spans;
};
constexpr FieldTable kResourceSpansTable{std::array<FieldRule<ResourceSpansMembers>, 2>{{
    {"resource", kObject, &put_off<ResourceSpansMembers, &ResourceSpansMembers::resource>},
    {"scopeSpans", kList, &put_off<ResourceSpansMembers, &ResourceSpansMembers::scope_spans>},
}}};

struct RequestMembers {
  std::optional<Json> resource_spans;
};
constexpr FieldTable kRequestTable{std::array<FieldRule<RequestMembers>, 1>{{
    {"resourceSpans", kList, &put_off<RequestMembers, &RequestMembers::resource_spans>},
}}};

Result<void> read_resource(const std::optional<Json>& json, FieldSet& fields) {
  if (!json) return {};
  ResourceMembers resource;
  Result<void> done = read_object_members(*json, kResourceTable, {"resource", {}}, resource);
  if (!done) return done;
  return read_attributes(resource.attributes, "resource",
                         [&fields](std::string_view name, const AttributeValue& value) {
                           static_cast<void>(fields.take(find_row(name), value));
                         });
}

Result<void> read_scope_spans(Json json, const FieldSet& resource, SpanEvents& events) {
  ScopeSpansMembers scope;
  Result<void> done = read_object_members(json, kScopeSpansTable, {"scopeSpans", {}}, scope);
  if (!done) return done;
  return for_each(scope.spans, {"scopeSpans", "spans"}, [&](Json span) {
    Result<void> read = read_span(span, events.start_span());
    if (read) events.finish_span(resource);
    return read;
  });
}

Result<void> read_resource_spans(Json json, SpanEvents& events) {
  ResourceSpansMembers members;
  Result<void> done =
      read_object_members(json, kResourceSpansTable, {"resourceSpans", {}}, members);
  FieldSet resource;
  if (done) done = read_resource(members.resource, resource);
  if (!done) return done;
  return for_each(members.scope_spans, {"resourceSpans", "scopeSpans"},
                  [&](Json scope) { return read_scope_spans(scope, resource, events); });
}

}  // namespace

OtlpJson::OtlpJson() { allocate(); }

void OtlpJson::allocate() {
  // The parser keeps this depth as it grows. A small buffer at the start is not worth an error.
  const auto allocated = parser_.allocate(kUsualBodyBytes, kJsonDepthMax);
  FUSEBOX_ASSERT(allocated == SUCCESS);
}

void OtlpJson::shrink() {
  if (parser_.capacity() <= kKeptBodyBytes) return;
  parser_ = simdjson::dom::parser{};
  padded_ = std::string{};
  allocate();
}

Result<void> OtlpJson::walk(std::string_view body, SpanEvents& events) {
  const std::size_t needed = body.size() + simdjson::SIMDJSON_PADDING;
  if (needed > padded_.size()) padded_.resize(needed);
  if (!body.empty()) std::memcpy(padded_.data(), body.data(), body.size());
  simdjson::dom::element root;
  const auto code = parser_.parse(padded_.data(), body.size(), false).get(root);
  if (code != SUCCESS) return parse_error(code);
  RequestMembers request;
  Result<void> done = read_object_members(root, kRequestTable, {}, request);
  if (!done) return done;
  return for_each(request.resource_spans, {"resourceSpans", {}},
                  [&events](Json json) { return read_resource_spans(json, events); });
}

}  // namespace fusebox::telemetry::detail
