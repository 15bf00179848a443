// What conditions may ask of events, checks and SLO state: the table of design 4.5 as schemas, and
// the adapters that answer.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include "policy/value.hpp"
#include "telemetry/event.hpp"

namespace fusebox::telemetry {

// Names that stand everywhere; the only ones in `where` of breakers and limits.
[[nodiscard]] const policy::Schema& common_schema();
// Indicators: the common names and what happened (outcome, duration_ms, …).
[[nodiscard]] const policy::Schema& indicator_schema();
// Rules on `request`: the common names and action, target, args, estimate.
[[nodiscard]] const policy::Schema& request_schema();
// Of `target`: what rules on `request` differ in, mostly.
[[nodiscard]] policy::Slot target_slot();

// Slots are the same in all three schemas, so a common condition evaluates on both adapters; a
// slot that the input does not have is an error value.
class EventFacts final : public policy::Facts {
 public:
  explicit EventFacts(const Event& event) : event_(event) {}
  [[nodiscard]] policy::Value get(policy::Slot slot) const override;
  [[nodiscard]] policy::Value member(policy::Slot slot, std::size_t literal) const override;

 private:
  const Event& event_;
};

class CheckFacts final : public policy::Facts {
 public:
  explicit CheckFacts(const Check& check) : check_(check) {}
  [[nodiscard]] policy::Value get(policy::Slot slot) const override;
  [[nodiscard]] policy::Value member(policy::Slot slot, std::size_t literal) const override;

 private:
  const Check& check_;
};

// A numeric field of an event that a threshold indicator compares, e.g. `duration_ms`.
enum class NumericField : std::uint8_t {
  DurationMs,
  TtftMs,
  TokensIn,
  TokensOut,
  CostUsd,
  Score,
  Confidence,
  Trust,
  Depth,
  FilesChanged,
};
[[nodiscard]] std::span<const std::string_view> numeric_field_names();
[[nodiscard]] std::optional<NumericField> parse_numeric_field(std::string_view name);
// The field's value in the unit of its name; nullopt if the event does not carry it.
[[nodiscard]] std::optional<double> numeric_value(const Event& event, NumericField field);

}  // namespace fusebox::telemetry
