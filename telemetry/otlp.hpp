// OpenTelemetry traces in: the body of one OTLP export request to events. Agents speak four
// generations of GenAI names, OpenInference and more; detail/conventions.cpp is the table.
//
// One real call is often several spans. What counts, counts once: tokens and cost come from calls
// of models only, never from the agents and workflows around them; graph steps, retrievals and the
// server side of MCP are part of something that counts on its own; a tool call that its MCP client
// reports again inside is one call.
#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <string_view>

#include "base/result.hpp"
#include "telemetry/event.hpp"
#include "telemetry/prices.hpp"

namespace fusebox::telemetry {

// Events of one request. A collector's usual batch is 512 to 8,192; an event takes half a kilobyte
// of memory and a span that makes one can be far smaller, hence a bound: what 64 MiB of usual spans
// come to, and some more.
inline constexpr std::size_t kOtlpEventsMax = 1 << 17;

// What one request says. events.size() + ignored + merged + rejected == spans.
struct OtlpBatch {
  std::span<const Event> events;  // in the order of the body
  std::size_t spans = 0;          // in the body
  std::size_t ignored = 0;        // no agent work, or a part of what counts elsewhere
  std::size_t merged = 0;         // tool calls that stand a second time inside another
  std::size_t rejected = 0;       // agent work that makes no event: for partial_success
  std::string_view rejection;     // why the first of them was, with its number; "" if none
  // Of the spans that are agent work:
  std::size_t rate_unknown = 0;        // sampled, taken at weight 1: what counts them is uncertain
  std::size_t negative_durations = 0;  // ended before they began: their duration is 0
  std::size_t priced = 0;              // their cost is our estimate from the price table
  std::size_t attributes_dropped = 0;  // beyond 64 a span or 524,288 a request
};

// Reuses its memory: a warm decoder allocates nothing for bodies of usual size. What it returns
// views into the decoder and into the body, and lives until the next call. Not thread-safe.
//
// Of each event: `at` is the span's end (absent if the span does not say), `id` the permit in
// `fusebox.permit`, else "TRACE/SPAN" in hex. Attributes that no table names stay as `attributes`
// when they are scalars of at most 1 KiB; prompts, answers, arguments and headers never do.
//
// A body that is no request is an error and gives no events. Errors: InvalidProtobuf, InvalidJson,
// InvalidUtf8, InvalidField, TooDeep. Memory is linear in the body: about 1x for protobuf; for JSON
// up to 13x, of which the next request gives back what a body above 4 MiB needed.
class OtlpDecoder {
 public:
  explicit OtlpDecoder(PriceTable prices = {});
  ~OtlpDecoder();
  OtlpDecoder(const OtlpDecoder&) = delete;
  OtlpDecoder& operator=(const OtlpDecoder&) = delete;

  // What calls cost whose spans do not say. From the next request on.
  void set_prices(PriceTable prices);

  // The bytes of an ExportTraceServiceRequest, uncompressed; empty ones are an empty request.
  [[nodiscard]] Result<OtlpBatch> decode_protobuf(std::string_view body);

  // The same as JSON: lowerCamelCase members in any order, unknown ones ignored, ids in hex, 64-bit
  // integers as strings or numbers, enums as numbers, depth at most kJsonDepthMax. Copies the body.
  [[nodiscard]] Result<OtlpBatch> decode_json(std::string_view body);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace fusebox::telemetry
