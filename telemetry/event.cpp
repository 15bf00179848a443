#include "telemetry/event.hpp"

#include <algorithm>
#include <array>
#include <span>

#include "base/assert.hpp"
#include "base/text.hpp"

namespace fusebox::telemetry {
namespace {

// The names tables stand in the order of their enum.
template <class Enum>
std::optional<Enum> parse_name(std::span<const std::string_view> names, std::string_view name) {
  const auto found = std::find_if(names.begin(), names.end(),
                                  [name](std::string_view each) { return same_text(each, name); });
  if (found == names.end()) return std::nullopt;
  return static_cast<Enum>(found - names.begin());
}

}  // namespace

std::string_view name_of(EventKind kind) { return kEventKindNames[static_cast<std::size_t>(kind)]; }
std::string_view name_of(Outcome outcome) {
  return kOutcomeNames[static_cast<std::size_t>(outcome)];
}
std::string_view name_of(Action action) { return kActionNames[static_cast<std::size_t>(action)]; }

std::optional<EventKind> parse_event_kind(std::string_view name) {
  return parse_name<EventKind>(kEventKindNames, name);
}
std::optional<Outcome> parse_outcome(std::string_view name) {
  return parse_name<Outcome>(kOutcomeNames, name);
}
std::optional<Action> parse_action(std::string_view name) {
  return parse_name<Action>(kActionNames, name);
}

EventKind kind_of(Action action) {
  switch (action) {
    case Action::Llm:
      return EventKind::Llm;
    case Action::Tool:
      return EventKind::Tool;
    case Action::Delegation:
      return EventKind::Delegation;
    case Action::Task:
      return EventKind::Task;
  }
  FUSEBOX_ASSERT(false);
  return EventKind::Task;
}

}  // namespace fusebox::telemetry
