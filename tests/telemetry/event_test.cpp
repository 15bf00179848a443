#include "telemetry/event.hpp"

#include <gtest/gtest.h>

namespace fusebox::telemetry {
namespace {

// Every value has a name, the name leads back, and the table ends where the enum does.
template <class Enum, class Parse>
void expect_names_round_trip(std::size_t names, Parse parse) {
  ASSERT_EQ(names, static_cast<std::size_t>(last_of(Enum{})) + 1);
  for (std::size_t i = 0; i < names; ++i) {
    const auto value = static_cast<Enum>(i);
    EXPECT_EQ(parse(name_of(value)), value);
  }
  EXPECT_EQ(parse(""), std::nullopt);
  EXPECT_EQ(parse("OK"), std::nullopt);
  EXPECT_EQ(parse("tools"), std::nullopt);
}

TEST(EventNames, RoundTrip) {
  expect_names_round_trip<EventKind>(kEventKindNames.size(), &parse_event_kind);
  expect_names_round_trip<Outcome>(kOutcomeNames.size(), &parse_outcome);
  expect_names_round_trip<Action>(kActionNames.size(), &parse_action);
}

TEST(EventNames, AreTheWireNames) {
  EXPECT_EQ(name_of(EventKind::Evaluation), "evaluation");
  EXPECT_EQ(name_of(Outcome::Throttled), "throttled");
  EXPECT_EQ(name_of(Action::Delegation), "delegation");
}

TEST(EventKindOfAction, HasTheSameName) {
  for (const std::string_view name : kActionNames) {
    EXPECT_EQ(name_of(kind_of(*parse_action(name))), name);
  }
}

}  // namespace
}  // namespace fusebox::telemetry
