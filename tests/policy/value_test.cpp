#include "policy/value.hpp"

#include <cstdint>
#include <string_view>

#include <gtest/gtest.h>

#include "tests/policy/sample_facts.hpp"

namespace fusebox::policy {
namespace {

using Kind = Value::Kind;

TEST(Value, HoldsWhatItWasMadeOf) {
  EXPECT_EQ(Value().kind, Kind::Error);
  EXPECT_EQ(Value::error("why").text, "why");
  EXPECT_EQ(Value::null().kind, Kind::Null);
  EXPECT_TRUE(Value::of(true).boolean);
  EXPECT_EQ(Value::of(std::int64_t{-5}).integer, -5);
  EXPECT_EQ(Value::of(2.5).number, 2.5);
  EXPECT_EQ(Value::of(std::string_view("x")).text, "x");
}

TEST(Value, ALiteralIsTextAndNotABool) { EXPECT_EQ(Value::of("x").kind, Kind::String); }

TEST(Value, ScalarsComeOutOfDynamicNodes) {
  const auto of = [](const testing::Tree& tree) {
    return Value::of(testing::flatten(tree).root()).kind;
  };
  EXPECT_EQ(of(testing::null()), Kind::Null);
  EXPECT_EQ(of(testing::boolean(true)), Kind::Bool);
  EXPECT_EQ(of(testing::integer(1)), Kind::Int);
  EXPECT_EQ(of(testing::number(1)), Kind::Double);
  EXPECT_EQ(of(testing::text("x")), Kind::String);
  EXPECT_EQ(of(testing::list({})), Kind::Dynamic);
  EXPECT_EQ(of(testing::map({})), Kind::Dynamic);
}

TEST(Value, NoNodeIsAnError) {
  const DynamicNode* none = nullptr;
  EXPECT_EQ(Value::of(none).kind, Kind::Error);
  EXPECT_EQ(Value::of(none).text, "absent");
}

TEST(Type, NamesAreThoseOfMessages) {
  EXPECT_EQ(name_of(Type::Bool), "bool");
  EXPECT_EQ(name_of(Type::Int), "int");
  EXPECT_EQ(name_of(Type::Double), "double");
  EXPECT_EQ(name_of(Type::String), "string");
  EXPECT_EQ(name_of(Type::List), "list");
  EXPECT_EQ(name_of(Type::Map), "map");
  EXPECT_EQ(name_of(Type::Dynamic), "dynamic");
}

}  // namespace
}  // namespace fusebox::policy
