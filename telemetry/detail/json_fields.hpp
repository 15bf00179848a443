// JSON objects with known members, as tables: one row per member says its name, what it takes in
// words, and how it is read. One loop serves every object of the wire format, so that duplicate,
// unknown, missing and wrong members are found and told in one way.
#pragma once

#include <array>
#include <bit>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include "base/money.hpp"
#include "base/result.hpp"
#include "base/text.hpp"
#include "telemetry/detail/json_value.hpp"
#include "telemetry/event.hpp"

namespace fusebox::telemetry::detail {

// Where an object stands, for errors: {"check", "estimate"} names its members `check.estimate.x`.
struct Path {
  std::string_view outer;  // "" at the top
  std::string_view inner;  // "" if the object is `outer` itself
};
[[nodiscard]] std::string join(Path path, std::string_view member);

enum class Reading : std::uint8_t {
  Ok,
  Wrong,  // another type or value than the member takes
  Later,  // named by the contract, and not built yet
};

// `read` is not called for null, which counts as absent.
template <class Target>
struct FieldRule {
  std::string_view name;
  std::string_view expected;  // "a non-empty string"
  Reading (*read)(Json value, Target& target);
  bool required = false;
};

// Rows by name in one or two probes: a hash table built by the compiler.
template <class Target, std::size_t N>
class FieldTable {
 public:
  static_assert(N <= 64, "members seen are kept as bits of one word");

  explicit constexpr FieldTable(const std::array<FieldRule<Target>, N>& rules) : rules_(rules) {
    slots_.fill(kNoRow);
    for (std::size_t row = 0; row < N; ++row) {
      names_[row] = rules[row].name;
      if (rules[row].required) required_ |= std::uint64_t{1} << row;
      std::size_t slot = slot_of(names_[row]);
      while (slots_[slot] != kNoRow) slot = (slot + 1) % kSlots;
      slots_[slot] = static_cast<std::uint8_t>(row);
    }
  }

  // The row of `name`, or N if there is none.
  [[nodiscard]] std::size_t find(std::string_view name) const {
    for (std::size_t slot = slot_of(name);; slot = (slot + 1) % kSlots) {
      const std::uint8_t row = slots_[slot];
      if (row == kNoRow) return N;
      if (same_text(names_[row], name)) return row;
    }
  }

  [[nodiscard]] constexpr const FieldRule<Target>& rule(std::size_t row) const {
    return rules_[row];
  }
  [[nodiscard]] constexpr std::span<const std::string_view> names() const { return names_; }
  [[nodiscard]] constexpr std::uint64_t required() const { return required_; }

 private:
  static constexpr std::size_t kSlots = std::bit_ceil(4 * N);
  static constexpr std::uint8_t kNoRow = 0xFF;

  // Length and three bytes tell all our names apart well enough; a collision costs one probe.
  static constexpr std::size_t slot_of(std::string_view name) {
    if (name.empty()) return 0;
    const auto byte = [name](std::size_t i) { return static_cast<unsigned char>(name[i]); };
    return (name.size() * 7 + byte(0) * 31u + byte(name.size() / 2) * 13u +
            byte(name.size() - 1) * 3u) %
           kSlots;
  }

  std::array<FieldRule<Target>, N> rules_;
  std::array<std::string_view, N> names_{};
  std::array<std::uint8_t, kSlots> slots_{};
  std::uint64_t required_ = 0;
};

template <class T, std::size_t... N>
[[nodiscard]] constexpr auto concat(const std::array<T, N>&... parts) {
  std::array<T, (N + ...)> all{};
  auto next = all.begin();
  const auto append = [&next](const auto& part) {
    for (const T& item : part) *next++ = item;
  };
  (append(parts), ...);
  return all;
}

// Errors, all with the member's name in the text.
[[nodiscard]] Unexpected wrong_member(Path path, std::string_view name, Json value,
                                      std::string_view expected);
[[nodiscard]] Unexpected later_member(Path path, std::string_view name, Json value);
[[nodiscard]] Unexpected duplicate_member(Path path, std::string_view name);
[[nodiscard]] Unexpected missing_member(Path path, std::string_view name,
                                        std::string_view expected);
[[nodiscard]] Unexpected unknown_member(Path path, std::string_view name,
                                        std::span<const std::string_view> known,
                                        ErrorCode code = ErrorCode::InvalidField);
// What simdjson says of text that is no JSON, or is nested deeper than kJsonDepthMax.
[[nodiscard]] Unexpected parse_error(simdjson::error_code code);
// `value` in words, cut to a line: `"abc"`, `12`, `an object`.
[[nodiscard]] std::string describe(Json value);

// Reads every member of `object` into `target` by `table`. A member that the table does not have
// goes to `on_unknown(name, value)`, which returns Result<void>.
template <class Target, std::size_t N, class OnUnknown>
[[nodiscard]] Result<void> read_members(JsonObject object, const FieldTable<Target, N>& table,
                                        Path path, Target& target, OnUnknown&& on_unknown) {
  std::uint64_t seen = 0;
  std::uint64_t present = 0;
  for (const auto& [name, value] : object) {
    const std::size_t row = table.find(name);
    if (row == N) {
      if (Result<void> taken = on_unknown(name, value); !taken) return taken;
      continue;
    }
    const std::uint64_t bit = std::uint64_t{1} << row;
    if ((seen & bit) != 0) return duplicate_member(path, name);
    seen |= bit;
    if (value.is_null()) continue;
    present |= bit;
    const FieldRule<Target>& rule = table.rule(row);
    const Reading reading = rule.read(value, target);
    if (reading == Reading::Wrong) return wrong_member(path, name, value, rule.expected);
    if (reading == Reading::Later) return later_member(path, name, value);
  }
  if (const std::uint64_t missing = table.required() & ~present; missing != 0) {
    const auto& rule = table.rule(static_cast<std::size_t>(std::countr_zero(missing)));
    return missing_member(path, rule.name, rule.expected);
  }
  return {};
}

// The same where an unknown member is a mistake.
template <class Target, std::size_t N>
[[nodiscard]] Result<void> read_known_members(JsonObject object, const FieldTable<Target, N>& table,
                                              Path path, Target& target) {
  return read_members(object, table, path, target,
                      [&](std::string_view name, Json) -> Result<void> {
                        return unknown_member(path, name, table.names());
                      });
}

// What the values of the wire format are, in words and as readers.
inline constexpr std::string_view kText = "a string";
inline constexpr std::string_view kNonEmptyText = "a non-empty string";
inline constexpr std::string_view kCount = "an integer of at least 0";
inline constexpr std::string_view kMeasure = "a number of at least 0";
inline constexpr std::string_view kShare = "a number from 0 to 1";
inline constexpr std::string_view kTrust = "an integer from 0 to 1000";
inline constexpr std::string_view kUsd = "USD from 0 to 1e9, a number or a decimal string";
inline constexpr std::string_view kWeight = "a number above 0, at most 1e12";
inline constexpr std::string_view kTime =
    "an RFC 3339 time or integer nanoseconds, of 1970 to 2199";
inline constexpr std::string_view kObject = "an object";
inline constexpr std::string_view kOutcome = "ok, error, timeout, cancelled, throttled or denied";

[[nodiscard]] Reading read_text(Json value, std::string_view& out);
[[nodiscard]] Reading read_nonempty_text(Json value, std::string_view& out);
[[nodiscard]] Reading read_count(Json value, std::optional<std::int64_t>& out);
[[nodiscard]] Reading read_measure(Json value, std::optional<double>& out);
[[nodiscard]] Reading read_share(Json value, std::optional<double>& out);
[[nodiscard]] Reading read_trust(Json value, std::optional<std::int64_t>& out);
[[nodiscard]] Reading read_usd(Json value, std::optional<MicroUsd>& out);
[[nodiscard]] Reading read_weight(Json value, std::int64_t& out);
[[nodiscard]] Reading read_flag(Json value, bool& out);
[[nodiscard]] Reading read_time(Json value, std::optional<Instant>& out);
[[nodiscard]] Reading read_object(Json value, std::optional<JsonObject>& out);

// A string that `parse` turns into a value, e.g. an enum's name.
template <class T, class Out>
[[nodiscard]] Reading read_name(Json value, std::optional<T> (*parse)(std::string_view), Out& out) {
  std::string_view name;
  if (read_text(value, name) != Reading::Ok) return Reading::Wrong;
  const std::optional<T> parsed = parse(name);
  if (!parsed) return Reading::Wrong;
  out = *parsed;
  return Reading::Ok;
}

// Rows that several objects share. `Draft` has dimensions() and measured() as far as it uses them.
template <class Draft, Dimension kDimension>
[[nodiscard]] constexpr FieldRule<Draft> dimension_rule(std::string_view name) {
  return {name, kText, [](Json value, Draft& draft) {
            return read_text(value, draft.dimensions()[kDimension]);
          }};
}

// Every dimension that has a member of its own, and `agent` first, which is required.
template <class Draft>
[[nodiscard]] constexpr std::array<FieldRule<Draft>, kNamedDimensionCount - 1> dimension_rules() {
  return {{
      {"agent", kNonEmptyText,
       [](Json value, Draft& draft) {
         return read_nonempty_text(value, draft.dimensions()[Dimension::Agent]);
       },
       true},
      dimension_rule<Draft, Dimension::Tenant>("tenant"),
      dimension_rule<Draft, Dimension::Environment>("environment"),
      dimension_rule<Draft, Dimension::Version>("version"),
      dimension_rule<Draft, Dimension::User>("user"),
      dimension_rule<Draft, Dimension::Session>("session"),
      dimension_rule<Draft, Dimension::Task>("task"),
      dimension_rule<Draft, Dimension::ParentTask>("parent_task"),
      dimension_rule<Draft, Dimension::RootTask>("root_task"),
      dimension_rule<Draft, Dimension::TraceId>("trace_id"),
      dimension_rule<Draft, Dimension::Tool>("tool"),
      dimension_rule<Draft, Dimension::Model>("model"),
      dimension_rule<Draft, Dimension::Provider>("provider"),
      dimension_rule<Draft, Dimension::ToAgent>("to_agent"),
      dimension_rule<Draft, Dimension::Domain>("domain"),
  }};
}

template <class Draft>
[[nodiscard]] constexpr std::array<FieldRule<Draft>, 6> measurement_rules() {
  return {{
      {"duration_ms", kMeasure,
       [](Json value, Draft& draft) { return read_measure(value, draft.measured().duration_ms); }},
      {"ttft_ms", kMeasure,
       [](Json value, Draft& draft) { return read_measure(value, draft.measured().ttft_ms); }},
      {"tokens_in", kCount,
       [](Json value, Draft& draft) { return read_count(value, draft.measured().tokens_in); }},
      {"tokens_out", kCount,
       [](Json value, Draft& draft) { return read_count(value, draft.measured().tokens_out); }},
      {"cost_usd", kUsd,
       [](Json value, Draft& draft) { return read_usd(value, draft.measured().cost_usd); }},
      {"files_changed", kCount,
       [](Json value, Draft& draft) { return read_count(value, draft.measured().files_changed); }},
  }};
}

}  // namespace fusebox::telemetry::detail
