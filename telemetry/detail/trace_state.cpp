#include "telemetry/detail/trace_state.hpp"

namespace fusebox::telemetry::detail {
namespace {

constexpr std::size_t kThresholdDigits = 14;  // 56 bits
constexpr std::uint64_t kAll = std::uint64_t{1} << 56;
constexpr std::uint64_t kWeightMax = 1'000'000'000'000;

// The value of `key` in a list of `key<equals>value` parts between `separator`s.
std::optional<std::string_view> find_part(std::string_view list, std::string_view key, char equals,
                                          char separator) {
  while (!list.empty()) {
    const std::size_t end = list.find(separator);
    std::string_view part = list.substr(0, end);
    list = end == std::string_view::npos ? std::string_view{} : list.substr(end + 1);
    while (part.starts_with(' ') || part.starts_with('\t')) part.remove_prefix(1);
    if (part.size() > key.size() && part.starts_with(key) && part[key.size()] == equals) {
      return part.substr(key.size() + 1);
    }
  }
  return std::nullopt;
}

std::optional<std::uint64_t> parse_threshold(std::string_view digits) {
  if (digits.empty() || digits.size() > kThresholdDigits) return std::nullopt;
  std::uint64_t threshold = 0;
  for (std::size_t i = 0; i < kThresholdDigits; ++i) {
    const char c = i < digits.size() ? digits[i] : '0';
    const bool decimal = c >= '0' && c <= '9';
    if (!decimal && (c < 'a' || c > 'f')) return std::nullopt;
    threshold = threshold << 4 | static_cast<std::uint64_t>(decimal ? c - '0' : c - 'a' + 10);
  }
  return threshold;
}

Sampling sampling_at(std::uint64_t threshold) {
  const std::uint64_t kept = kAll - threshold;
  const std::uint64_t weight = kAll / kept + (kAll % kept >= kept - kAll % kept ? 1 : 0);
  if (weight > kWeightMax) return {1, true};
  return {static_cast<std::int64_t>(weight), false};
}

}  // namespace

Sampling sampling_of(std::string_view trace_state) {
  if (trace_state.empty()) return {};
  const auto ours = find_part(trace_state, "ot", '=', ',');
  if (!ours) return {};
  if (const auto digits = find_part(*ours, "th", ':', ';')) {
    const std::optional<std::uint64_t> threshold = parse_threshold(*digits);
    return threshold ? sampling_at(*threshold) : Sampling{1, true};
  }
  // The draft before thresholds had exponents of two under `p`; they are not read.
  return {1, find_part(*ours, "p", ':', ';').has_value()};
}

}  // namespace fusebox::telemetry::detail
