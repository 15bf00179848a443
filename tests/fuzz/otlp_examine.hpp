// What must hold of every trace request, whatever its bytes: counts add up, every text of every
// event is there and is UTF-8, and a decoder that has seen other bodies says what a fresh one says.
#pragma once

#include <cstddef>
#include <string_view>

#include "base/assert.hpp"
#include "base/text.hpp"
#include "telemetry/facts.hpp"
#include "telemetry/otlp.hpp"

namespace fusebox::telemetry {

inline constexpr std::size_t kLongestOtlpMessage = 400;

inline void examine(std::string_view text) { FUSEBOX_ASSERT(!find_invalid_utf8(text)); }

inline void examine(const Event& event) {
  FUSEBOX_ASSERT(!event.dimensions[Dimension::Agent].empty());
  FUSEBOX_ASSERT(event.dimensions[Dimension::Kind] == name_of(event.kind));
  FUSEBOX_ASSERT(!event.id.empty());
  FUSEBOX_ASSERT(event.weight >= 1);
  examine(event.id);
  examine(event.span_id);
  const EventFacts facts(event);
  for (const auto& symbol : indicator_schema().symbols) examine(facts.get(symbol.slot).text);
  if (event.attributes == nullptr) return;
  for (const auto& node : event.attributes->nodes) {
    examine(node.key);
    examine(node.text);
  }
}

inline void examine(const Result<OtlpBatch>& batch) {
  if (!batch) {
    FUSEBOX_ASSERT(batch.error().message.size() <= kLongestOtlpMessage);
    examine(batch.error().message);
    return;
  }
  FUSEBOX_ASSERT(batch->events.size() + batch->ignored + batch->merged + batch->rejected ==
                 batch->spans);
  FUSEBOX_ASSERT((batch->rejected == 0) == batch->rejection.empty());
  examine(batch->rejection);
  for (const Event& event : batch->events) examine(event);
}

inline void expect_same(const Result<OtlpBatch>& a, const Result<OtlpBatch>& b) {
  FUSEBOX_ASSERT(a.has_value() == b.has_value());
  if (!a) {
    FUSEBOX_ASSERT(a.error().message == b.error().message);
    return;
  }
  FUSEBOX_ASSERT(a->events.size() == b->events.size());
  for (std::size_t i = 0; i < a->events.size(); ++i) {
    FUSEBOX_ASSERT(a->events[i].id == b->events[i].id);
    FUSEBOX_ASSERT(a->events[i].outcome == b->events[i].outcome);
    FUSEBOX_ASSERT(a->events[i].measured.cost_usd == b->events[i].measured.cost_usd);
  }
}

inline PriceTable fuzz_prices() {
  return PriceTable({{"m*", {{2'500'000}, MicroUsd{1'250'000}, {10'000'000}}},
                     {"*", {{1'000'000}, {}, {4'000'000}}}});
}

}  // namespace fusebox::telemetry
