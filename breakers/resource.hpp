// What budgets count: resources, amounts of them, what a check asks for and what a call really
// used. Integers only.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <span>
#include <string_view>

#include "telemetry/event.hpp"

namespace fusebox::breakers {

// Budget dimensions, in their integer units.
enum class Resource : std::uint8_t {
  Tokens,  // in + out
  TokensIn,
  TokensOut,
  CostUsd,  // micro-USD
  ToolCalls,
  ModelCalls,
  FilesChanged,
  WallClock,  // nanoseconds since the key's first check
  Depth,      // a maximum, not a sum
};
inline constexpr std::size_t kResourceCount = 9;
constexpr Resource last_of(Resource) { return Resource::Depth; }
[[nodiscard]] std::string_view name_of(Resource resource);  // "cost_usd"
[[nodiscard]] std::span<const std::string_view> resource_names();
[[nodiscard]] std::optional<Resource> parse_resource(std::string_view name);

// Place of a resource in the arrays below.
[[nodiscard]] constexpr std::size_t index_of(Resource resource) {
  return static_cast<std::size_t>(resource);
}

// The resources that calls use up, each call its part. The other two are no sums: time passes by
// itself, and depth is a maximum.
inline constexpr std::array kAdditive{
    Resource::Tokens,    Resource::TokensIn,   Resource::TokensOut,   Resource::CostUsd,
    Resource::ToolCalls, Resource::ModelCalls, Resource::FilesChanged};

using Amounts = std::array<std::int64_t, kResourceCount>;

// a + b for amounts >= 0, stopping at the largest number: a budget that is overspent beyond
// 64 bits is still overspent.
[[nodiscard]] constexpr std::int64_t add_saturated(std::int64_t a, std::int64_t b) {
  constexpr std::int64_t kMax = std::numeric_limits<std::int64_t>::max();
  return a > kMax - b ? kMax : a + b;
}

// What a check asks for: its one call, plus its estimate.
struct Demand {
  Amounts amounts{};  // >= 0; 0 where nothing is asked
  // The amount is known, even if it is 0. Where it is not, a budget can only ask whether anything
  // remains.
  std::array<bool, kResourceCount> estimated{};
  std::optional<std::int64_t> depth;  // absent counts as 0
};

// Which resources a check can use, and how much of them:
//   tool_calls     1 for a tool check, known to be 0 for the others
//   model_calls    1 for an llm check, known to be 0 for the others
//   files_changed  the estimate; without one known to be 0 for an llm check, else unknown
//   tokens, cost   the estimate; unknown without one, for every action: tools spend money too, and
//                  tasks and delegations call models
//   tokens_in/out  unknown: nobody estimates them apart
[[nodiscard]] Demand demand_of(const telemetry::Check& check);

// What really happened, from a report or an event.
struct Usage {
  Amounts amounts{};  // >= 0; where not reported, what is known to have been used at least
  std::array<bool, kResourceCount> reported{};
  std::optional<std::int64_t> depth;
  bool neutral = false;  // cancelled, throttled or denied: only what is reported is charged
};

// A tool or llm action that was not neutral reports its one call. `tokens` is reported when both
// directions are; one direction alone says only that it was at least that many.
[[nodiscard]] Usage usage_of(telemetry::Action action, telemetry::Outcome outcome,
                             const telemetry::Measurements& measured);
// Telemetry without a check: one call of its kind (none if it was neutral) and what it measured.
// Its sampling weight does not multiply: a budget charges what somebody measured, it does not
// extrapolate. (Sums on parent spans must have been left out by the decoder.)
[[nodiscard]] Usage usage_of(const telemetry::Event& event);

}  // namespace fusebox::breakers
