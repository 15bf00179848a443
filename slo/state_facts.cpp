#include <array>

#include "base/assert.hpp"
#include "slo/slo.hpp"

namespace fusebox::slo {
namespace {

using policy::Slot;
using policy::Symbol;
using policy::Type;
using policy::Value;

enum class Field : Slot {
  Name = kStateSloName,
  Key,
  Objective,
  Sli,
  BudgetRemaining,
  BurnRate,
  Status,
};

constexpr Slot slot_of(Field field) { return static_cast<Slot>(field); }

constexpr std::string_view kMapAlone = "a map is no value; name one of its members";

// A dimension that the SLO is not grouped by is a key that the map lacks; one that it is grouped by
// and the event left out is "".
Value key_member(const SloView& view, Dimension dimension) {
  const KeySpec& group_by = view.spec->group_by;
  if (!group_by.contains(dimension))
    return Value::error("the SLO is not grouped by this dimension");
  return Value::of(group_by.value(view.key, dimension));
}

Value sli_value(const SloView& view) {
  const auto ratio = sli(view.counts);
  return ratio ? Value::of(*ratio) : Value::error("no events in the SLO window");
}

}  // namespace

const policy::Schema& state_schema() {
  static const std::array symbols{
      Symbol{"slo.name", Type::String, slot_of(Field::Name)},
      Symbol{"slo.key", Type::Map, slot_of(Field::Key), dimension_names(), Type::String},
      Symbol{"slo.objective", Type::Double, slot_of(Field::Objective)},
      Symbol{"slo.sli", Type::Double, slot_of(Field::Sli)},
      Symbol{"slo.budget_remaining", Type::Double, slot_of(Field::BudgetRemaining)},
      Symbol{"slo.burn_rate", Type::Map, slot_of(Field::BurnRate), burn_window_names(),
             Type::Double},
      Symbol{"slo.status", Type::String, slot_of(Field::Status), slo_status_names()},
  };
  static const policy::Schema schema{"rules on slo", symbols};
  return schema;
}

Value StateFacts::get(Slot slot) const {
  switch (static_cast<Field>(slot)) {
    case Field::Name:
      return Value::of(std::string_view{view_.spec->name});
    case Field::Objective:
      return Value::of(view_.objective->target.to_double());
    case Field::Sli:
      return sli_value(view_);
    case Field::BudgetRemaining:
      return Value::of(view_.budget_remaining());
    case Field::Status:
      return Value::of(name_of(view_.status));
    case Field::Key:
    case Field::BurnRate:
      return Value::error(kMapAlone);
  }
  return Value::error("the name does not exist on the state of an SLO");
}

Value StateFacts::member(Slot slot, std::size_t literal) const {
  if (slot == slot_of(Field::Key)) return key_member(view_, static_cast<Dimension>(literal));
  FUSEBOX_ASSERT(slot == slot_of(Field::BurnRate));
  FUSEBOX_ASSERT(literal < kBurnWindowCount);
  return Value::of(view_.burn(static_cast<BurnWindow>(literal)));
}

}  // namespace fusebox::slo
