// One value of a mapping, and the readers that turn it into a type. Each reports what is wrong at
// the value's place and returns nullopt then.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/dimension.hpp"
#include "base/key.hpp"
#include "base/money.hpp"
#include "base/ratio.hpp"
#include "base/time.hpp"
#include "policy/condition.hpp"
#include "sre/config/detail/yaml.hpp"

namespace fusebox::config::detail {

struct Field {
  std::string_view name;  // as errors call it
  const Node& node;
  Report& report;

  void error(ErrorCode code, std::string what, std::string expected = {},
             std::string hint = {}) const {
    report.error(node.at, code, std::move(what), std::move(expected), std::move(hint));
  }
  // The place of a byte of the value's text.
  [[nodiscard]] Position at(std::size_t offset) const {
    return place_within(report.text(), node, offset);
  }
  // "`probes` is `x`"
  [[nodiscard]] std::string is() const;
  // The value is of another type; the value is of the right type and outside what the key takes.
  void wrong_type(std::string_view expected) const;
  void invalid(std::string_view expected, std::string hint = {}) const;
  // "`jitter` is part of the contract and comes later"
  void refuse_later() const;
};

// Both ends belong to it.
template <class T>
struct Range {
  T min;
  T max;
};

// (0, 1] and the like are said in words, because a ratio has no smallest value.
enum class RatioRange : std::uint8_t {
  Share,       // 0 < r <= 1
  Target,      // 0 <= r < 1
  AtLeastOne,  // 1 <= r <= 100
};

using Names = std::span<const std::string_view>;

// A scalar's text, at most `bytes_max` long; quoted or not.
[[nodiscard]] std::optional<std::string> as_text(const Field& field, std::size_t bytes_max);
// A letter or digit, then letters, digits and `marks`, at most 63.
[[nodiscard]] std::optional<std::string> as_identifier(const Field& field, std::string_view marks);
// `true` or `false`, plain.
[[nodiscard]] std::optional<bool> as_bool(const Field& field);
// Decimal digits, with a minus if the range goes below 0; `012` and `1e3` are no integers.
[[nodiscard]] std::optional<std::int64_t> as_int(const Field& field, Range<std::int64_t> range);
// A finite decimal number.
[[nodiscard]] std::optional<double> as_number(const Field& field);
[[nodiscard]] std::optional<double> as_number_within(const Field& field, Range<double> range);
[[nodiscard]] std::optional<Duration> as_duration(const Field& field, Range<Duration> range);
[[nodiscard]] std::optional<Ratio> as_ratio(const Field& field, RatioRange range);
[[nodiscard]] std::optional<Ratio> as_ratio_within(const Field& field, Range<Ratio> range);
// More than nothing.
[[nodiscard]] std::optional<MicroUsd> as_usd(const Field& field);
// A list of different dimensions; empty is one key for everything.
[[nodiscard]] std::optional<KeySpec> as_dimensions(const Field& field);
// The same as one text, "agent, tool".
[[nodiscard]] std::optional<KeySpec> as_dimension_text(const Field& field);
// A list of texts, or one text.
[[nodiscard]] std::optional<std::vector<std::string>> as_texts(const Field& field);
[[nodiscard]] std::optional<policy::Condition> as_condition(const Field& field,
                                                            const policy::Schema& schema);
// `off` or `false`.
[[nodiscard]] bool is_off(const Node& node);

// One of `names` as its index; those in `later` are named and refused.
[[nodiscard]] std::optional<std::size_t> as_index(const Field& field, Names names, Names later);

template <class T>
struct Choice {
  std::string_view name;
  T value;
};

template <class T, std::size_t N>
[[nodiscard]] std::optional<T> as_choice(const Field& field,
                                         const std::array<Choice<T>, N>& choices,
                                         Names later = {}) {
  std::array<std::string_view, N> names;
  for (std::size_t i = 0; i < N; ++i) names[i] = choices[i].name;
  const auto index = as_index(field, names, later);
  if (!index) return std::nullopt;
  return choices[*index].value;
}

// The elements of a text like "agent, tool", without the blanks around them, and where each begins.
struct ListItem {
  std::string_view text;
  std::size_t offset;
};
[[nodiscard]] std::vector<ListItem> split_list(std::string_view text);

// "did you mean `probes`?", or "" if nothing is near.
[[nodiscard]] std::string did_you_mean(std::string_view word, Names candidates);

// RFC 1123 label: lower-case letters, digits and inner hyphens, at most 63.
[[nodiscard]] bool is_label(std::string_view text);

}  // namespace fusebox::config::detail
