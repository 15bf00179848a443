#include "base/dimension.hpp"

#include <set>

#include <gtest/gtest.h>

namespace fusebox {
namespace {

TEST(Dimension, EveryNameLeadsBack) {
  ASSERT_EQ(dimension_names().size(), kNamedDimensionCount);
  ASSERT_EQ(static_cast<std::size_t>(last_of(Dimension{})) + 1, kDimensionCount);
  std::set<std::string_view> names;
  for (std::size_t i = 0; i < kNamedDimensionCount; ++i) {
    const auto dimension = static_cast<Dimension>(i);
    EXPECT_EQ(parse_dimension(name_of(dimension)), dimension);
    names.insert(name_of(dimension));
  }
  EXPECT_EQ(names.size(), kNamedDimensionCount);
}

TEST(Dimension, TheArmOfAnExperimentCannotBeWritten) {
  EXPECT_EQ(name_of(Dimension::Arm), "arm");
  EXPECT_EQ(parse_dimension("arm"), std::nullopt);
}

TEST(Dimension, NamesAreExact) {
  EXPECT_EQ(name_of(Dimension::ParentTask), "parent_task");
  EXPECT_EQ(name_of(Dimension::Domain), "domain");
  EXPECT_EQ(parse_dimension("Agent"), std::nullopt);
  EXPECT_EQ(parse_dimension(""), std::nullopt);
  EXPECT_EQ(parse_dimension("agent "), std::nullopt);
}

TEST(Dimensions, StartEmptyAndHoldEachValueApart) {
  Dimensions dimensions;
  EXPECT_EQ(dimensions[Dimension::Tool], "");
  dimensions[Dimension::Tool] = "search";
  EXPECT_EQ(dimensions[Dimension::Tool], "search");
  EXPECT_EQ(dimensions[Dimension::Model], "");
}

}  // namespace
}  // namespace fusebox
