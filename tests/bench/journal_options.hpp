// The command line of make_journal.
#pragma once

#include <charconv>
#include <cstdint>
#include <optional>
#include <string_view>

namespace fusebox::bench {

inline constexpr std::string_view kHelp = R"(make_journal: a journal of agent traffic, from a seed

  make_journal --lines N [--days 30] [--seed 1] [--agents 40] > out.ndjson

  --lines N   lines of traffic: events, checks and reports (1..100000000)
  --days D    days they are spread over, from 2026-01-01 (1..366)
  --seed S    the same numbers give the same bytes
  --agents A  agents that share the work (1..10000)

A tick every minute and the orders (two kills, each re-armed by two people) come on top of N.
Traffic follows the hour of the day. 12 % of the lines are checks and their reports. Some events
are sampled (weight 10), late by up to three minutes (`at` in the body) or come twice (same `id`).
Two tools fail for 20 minutes and one model is slow for an hour, each once.
)";

struct Options {
  std::int64_t lines = 0;
  std::int64_t days = 30;
  std::uint64_t seed = 1;
  std::int64_t agents = 40;
};

template <class Number>
std::optional<Number> parse_number(std::string_view text, Number low, Number high) {
  Number value{};
  const auto [rest, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  const bool whole = rest == text.data() + text.size() && error == std::errc{};
  if (!whole || value < low || value > high) return std::nullopt;
  return value;
}

inline bool set_option(Options& options, std::string_view name, std::string_view text) {
  const auto set = [](auto& field, auto value) {
    if (value) field = *value;
    return value.has_value();
  };
  using Int = std::int64_t;
  if (name == "--lines") return set(options.lines, parse_number<Int>(text, 1, 100'000'000));
  if (name == "--days") return set(options.days, parse_number<Int>(text, 1, 366));
  if (name == "--agents") return set(options.agents, parse_number<Int>(text, 1, 10'000));
  if (name == "--seed") {
    return set(options.seed, parse_number<std::uint64_t>(text, 0, UINT64_MAX));
  }
  return false;
}

// Absent if an argument is unknown, out of range or missing.
inline std::optional<Options> parse_options(int argc, char** argv) {
  Options options;
  for (int i = 1; i < argc; i += 2) {
    if (i + 1 == argc || !set_option(options, argv[i], argv[i + 1])) return std::nullopt;
  }
  if (options.lines == 0) return std::nullopt;
  return options;
}

}  // namespace fusebox::bench
