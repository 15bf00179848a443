// One span while it is being decoded, the same for both encodings: what the walkers of bytes fill,
// in whatever order things come, and what events are made of.
#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <string_view>

#include "policy/dynamic.hpp"
#include "telemetry/detail/field_set.hpp"

namespace fusebox::telemetry::detail {

// Ids as numbers, most significant byte first; 0 is none.
struct TraceId {
  std::uint64_t high = 0;
  std::uint64_t low = 0;
  friend auto operator<=>(const TraceId&, const TraceId&) = default;
};
using SpanId = std::uint64_t;

// The numbers are the protocol's.
enum class SpanKind : std::uint8_t { Unspecified, Internal, Server, Client, Producer, Consumer };
enum class SpanStatus : std::uint8_t { Unset, Ok, Error };

// Numbers that the protocol may add later read as the first of each.
[[nodiscard]] SpanKind kind_of_number(std::int64_t number);
[[nodiscard]] SpanStatus status_of_number(std::int64_t number);

// A span event of this name is an exception; this attribute of it is the exception's class.
inline constexpr std::string_view kExceptionEvent = "exception";
inline constexpr std::string_view kExceptionType = "exception.type";

// Attributes of one span that are kept although no table names them; the usual limit of SDKs is
// 128 in all.
inline constexpr std::size_t kSpanAttributesMax = 64;

class SpanDraft {
 public:
  TraceId trace;
  SpanId span = 0;
  SpanId parent = 0;
  bool bad_id = false;  // one of the three has another length, or is no number
  std::string_view trace_state;
  std::string_view name;
  SpanKind kind = SpanKind::Unspecified;
  SpanStatus status = SpanStatus::Unset;
  bool remote_parent = false;
  std::uint64_t start_ns = 0;  // 0: not said
  std::uint64_t end_ns = 0;
  bool has_exception = false;
  std::string_view exception_type;  // of the first exception that names its type
  bool bad_text = false;            // a text that counts is not UTF-8
  std::size_t dropped = 0;          // attributes beyond kSpanAttributesMax
  FieldSet fields;

  // Before the first span of a batch: what the batch before pointed to is gone.
  void forget() { guesses_ = {}; }
  // Starts the next span. What no table names goes to `unmapped`, as the members of a map.
  void start(policy::DynamicDocument& unmapped);

  void add_attribute(std::string_view attribute, const AttributeValue& value);
  // A span event that is an exception; `type` is "" if it does not say.
  void add_exception(std::string_view type);

  // The bits of Span.flags about the parent; the rest says nothing that we need.
  void set_flags(std::uint32_t flags);

 private:
  // Spans of one instrumentation name the same attributes in the same order, so the n-th name of
  // the span before is a good guess at the n-th of this one, and saves the search in the table.
  struct Guess {
    std::string_view name;
    Row row = kNoRow;
  };
  [[nodiscard]] Row row_of(std::string_view attribute);

  void keep(std::string_view attribute, const AttributeValue& value);
  [[nodiscard]] bool is_kept(std::string_view attribute) const;

  policy::DynamicDocument* unmapped_ = nullptr;
  std::array<Guess, 32> guesses_{};
  std::size_t taken_ = 0;  // attributes of this span so far
};

}  // namespace fusebox::telemetry::detail
