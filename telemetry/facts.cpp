#include "telemetry/facts.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include "base/assert.hpp"

namespace fusebox::telemetry {
namespace {

using policy::Slot;
using policy::Symbol;
using policy::Type;
using policy::Value;

// One slot space for all schemas. The first kDimensionCount slots are the dimensions themselves,
// in their own order; these follow.
enum class Field : Slot {
  Trust = kDimensionCount,
  Depth,
  Attributes,
  Outcome,
  Error,
  DurationMs,
  TtftMs,
  TokensIn,
  TokensOut,
  CostUsd,
  Score,
  Confidence,
  FilesChanged,
  Action,
  Target,
  Args,
  Estimate,
};

enum class EstimateKey : std::uint8_t { Tokens, CostUsd, FilesChanged };
constexpr std::array<std::string_view, 3> kEstimateKeys{"tokens", "cost_usd", "files_changed"};

constexpr std::string_view kAbsent = "the number is absent";
constexpr std::string_view kNotHere = "the name does not exist on this input";

constexpr Symbol number(std::string_view name, Type type, Field field) {
  return {name, type, static_cast<Slot>(field)};
}

constexpr Symbol text(std::string_view name, Field field,
                      std::span<const std::string_view> literals = {}) {
  return {name, Type::String, static_cast<Slot>(field), literals};
}

constexpr Symbol map(std::string_view name, Field field,
                     std::span<const std::string_view> literals = {}) {
  return {name, Type::Map, static_cast<Slot>(field), literals, Type::Dynamic};
}

// The names that stand everywhere. `kinds` are the values `kind` can have: of a check it is the
// action, so a rule on requests that waits for an evaluation is a mistake at load.
constexpr std::size_t kCommonCount = kNamedDimensionCount + 3;
std::array<Symbol, kCommonCount> common_symbols(std::span<const std::string_view> kinds) {
  std::array<Symbol, kCommonCount> symbols{};
  for (std::size_t i = 0; i < kNamedDimensionCount; ++i) {
    symbols[i] = {dimension_names()[i], Type::String, static_cast<Slot>(i)};
  }
  symbols[static_cast<std::size_t>(Dimension::Kind)].literals = kinds;
  symbols[kNamedDimensionCount] = number("trust", Type::Int, Field::Trust);
  symbols[kNamedDimensionCount + 1] = number("depth", Type::Int, Field::Depth);
  symbols[kNamedDimensionCount + 2] = map("attributes", Field::Attributes);
  return symbols;
}

constexpr std::array kIndicatorSymbols{
    text("outcome", Field::Outcome, kOutcomeNames),
    text("error", Field::Error),
    number("duration_ms", Type::Double, Field::DurationMs),
    number("ttft_ms", Type::Double, Field::TtftMs),
    number("tokens_in", Type::Int, Field::TokensIn),
    number("tokens_out", Type::Int, Field::TokensOut),
    number("cost_usd", Type::Double, Field::CostUsd),
    number("score", Type::Double, Field::Score),
    number("confidence", Type::Double, Field::Confidence),
    number("files_changed", Type::Int, Field::FilesChanged),
};

constexpr std::array kRequestSymbols{
    text("action", Field::Action, kActionNames),
    text("target", Field::Target),
    map("args", Field::Args),
    map("estimate", Field::Estimate, kEstimateKeys),
};

template <std::size_t A, std::size_t B>
std::array<Symbol, A + B> joined(const std::array<Symbol, A>& a, const std::array<Symbol, B>& b) {
  std::array<Symbol, A + B> all{};
  std::copy(b.begin(), b.end(), std::copy(a.begin(), a.end(), all.begin()));
  return all;
}

template <class Number>
Value value_or_error(const std::optional<Number>& value) {
  return value ? Value::of(*value) : Value::error(kAbsent);
}

Value usd_or_error(const std::optional<MicroUsd>& amount) {
  return amount ? Value::of(to_usd(*amount)) : Value::error(kAbsent);
}

// An absent map reads as an empty one, so that `has(attributes.x)` is false and not an error.
Value map_value(const policy::DynamicDocument* document) {
  static constexpr policy::DynamicNode kEmptyMap = [] {
    policy::DynamicNode node;
    node.kind = policy::DynamicKind::Map;
    return node;
  }();
  const bool absent = document == nullptr || document->root() == nullptr;
  return Value::of(absent ? &kEmptyMap : document->root());
}

}  // namespace

const policy::Schema& common_schema() {
  static const auto symbols = common_symbols(kEventKindNames);
  static const policy::Schema schema{"`where` in breakers and limits", symbols};
  return schema;
}

const policy::Schema& indicator_schema() {
  static const auto symbols = joined(common_symbols(kEventKindNames), kIndicatorSymbols);
  static const policy::Schema schema{"indicators", symbols};
  return schema;
}

const policy::Schema& request_schema() {
  static const auto symbols = joined(common_symbols(kActionNames), kRequestSymbols);
  static const policy::Schema schema{"rules on request", symbols};
  return schema;
}

Slot target_slot() { return static_cast<Slot>(Field::Target); }

Value EventFacts::get(Slot slot) const {
  if (slot < kDimensionCount) return Value::of(event_.dimensions[static_cast<Dimension>(slot)]);
  const Measurements& measured = event_.measured;
  switch (static_cast<Field>(slot)) {
    case Field::Trust:
      return value_or_error(event_.trust);
    case Field::Depth:
      return value_or_error(event_.depth);
    case Field::Attributes:
      return map_value(event_.attributes);
    case Field::Outcome:
      return Value::of(event_.outcome ? name_of(*event_.outcome) : std::string_view{});
    case Field::Error:
      return Value::of(event_.error);
    case Field::DurationMs:
      return value_or_error(measured.duration_ms);
    case Field::TtftMs:
      return value_or_error(measured.ttft_ms);
    case Field::TokensIn:
      return value_or_error(measured.tokens_in);
    case Field::TokensOut:
      return value_or_error(measured.tokens_out);
    case Field::CostUsd:
      return usd_or_error(measured.cost_usd);
    case Field::Score:
      return value_or_error(event_.score);
    case Field::Confidence:
      return value_or_error(event_.confidence);
    case Field::FilesChanged:
      return value_or_error(measured.files_changed);
    case Field::Action:
    case Field::Target:
    case Field::Args:
    case Field::Estimate:
      return Value::error(kNotHere);
  }
  FUSEBOX_ASSERT(false);
  return Value::error(kNotHere);
}

Value EventFacts::member(Slot, std::size_t) const { return Value::error(kNotHere); }

Value CheckFacts::get(Slot slot) const {
  if (slot < kDimensionCount) return Value::of(check_.dimensions[static_cast<Dimension>(slot)]);
  switch (static_cast<Field>(slot)) {
    case Field::Trust:
      return value_or_error(check_.trust);
    case Field::Depth:
      return value_or_error(check_.depth);
    case Field::Attributes:
      return map_value(check_.attributes);
    case Field::Action:
      return Value::of(name_of(check_.action));
    case Field::Target:
      return Value::of(check_.target);
    case Field::Args:
      return map_value(check_.args);
    case Field::Estimate:  // has declared keys, so it is read through member()
    case Field::Outcome:
    case Field::Error:
    case Field::DurationMs:
    case Field::TtftMs:
    case Field::TokensIn:
    case Field::TokensOut:
    case Field::CostUsd:
    case Field::Score:
    case Field::Confidence:
    case Field::FilesChanged:
      return Value::error(kNotHere);
  }
  FUSEBOX_ASSERT(false);
  return Value::error(kNotHere);
}

Value CheckFacts::member(Slot slot, std::size_t literal) const {
  if (slot != static_cast<Slot>(Field::Estimate)) return Value::error(kNotHere);
  switch (static_cast<EstimateKey>(literal)) {
    case EstimateKey::Tokens:
      return value_or_error(check_.estimate.tokens);
    case EstimateKey::CostUsd:
      return usd_or_error(check_.estimate.cost_usd);
    case EstimateKey::FilesChanged:
      return value_or_error(check_.estimate.files_changed);
  }
  FUSEBOX_ASSERT(false);
  return Value::error(kNotHere);
}

namespace {

constexpr std::array<std::string_view, 10> kNumericFieldNames{
    "duration_ms", "ttft_ms",    "tokens_in", "tokens_out", "cost_usd",
    "score",       "confidence", "trust",     "depth",      "files_changed"};

std::optional<double> as_double(const std::optional<std::int64_t>& count) {
  if (!count) return std::nullopt;
  return static_cast<double>(*count);
}

}  // namespace

std::span<const std::string_view> numeric_field_names() { return kNumericFieldNames; }

std::optional<NumericField> parse_numeric_field(std::string_view name) {
  const auto found = std::find(kNumericFieldNames.begin(), kNumericFieldNames.end(), name);
  if (found == kNumericFieldNames.end()) return std::nullopt;
  return static_cast<NumericField>(found - kNumericFieldNames.begin());
}

std::optional<double> numeric_value(const Event& event, NumericField field) {
  const Measurements& measured = event.measured;
  switch (field) {
    case NumericField::DurationMs:
      return measured.duration_ms;
    case NumericField::TtftMs:
      return measured.ttft_ms;
    case NumericField::TokensIn:
      return as_double(measured.tokens_in);
    case NumericField::TokensOut:
      return as_double(measured.tokens_out);
    case NumericField::CostUsd:
      if (!measured.cost_usd) return std::nullopt;
      return to_usd(*measured.cost_usd);
    case NumericField::Score:
      return event.score;
    case NumericField::Confidence:
      return event.confidence;
    case NumericField::Trust:
      return as_double(event.trust);
    case NumericField::Depth:
      return as_double(event.depth);
    case NumericField::FilesChanged:
      return as_double(measured.files_changed);
  }
  FUSEBOX_ASSERT(false);
  return std::nullopt;
}

}  // namespace fusebox::telemetry
