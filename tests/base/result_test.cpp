#include "base/result.hpp"

#include <memory>
#include <string>

#include <gtest/gtest.h>

namespace fusebox {
namespace {

Result<std::string> word(bool good) {
  if (!good) return Unexpected{ErrorCode::InvalidField, "no word"};
  return std::string("word");
}

Result<void> nothing(bool good) {
  if (!good) return Unexpected{ErrorCode::TooLarge, "too much"};
  return {};
}

TEST(Result, HoldsAValueOrAnError) {
  EXPECT_TRUE(word(true).has_value());
  EXPECT_EQ(*word(true), "word");
  EXPECT_EQ(word(true)->size(), 4U);
  const auto bad = word(false);
  EXPECT_FALSE(bad);
  EXPECT_EQ(bad.error().code, ErrorCode::InvalidField);
  EXPECT_EQ(bad.error().message, "no word");
}

TEST(Result, OfNothingSaysWhetherItWentWell) {
  EXPECT_TRUE(nothing(true));
  EXPECT_FALSE(nothing(false));
  EXPECT_EQ(nothing(false).error().code, ErrorCode::TooLarge);
}

TEST(Result, PassesErrorsOn) {
  const Result<int> passed = Unexpected{word(false).error()};
  EXPECT_EQ(passed.error().message, "no word");
}

TEST(Result, HoldsWhatCanOnlyMove) {
  Result<std::unique_ptr<int>> result(std::make_unique<int>(7));
  EXPECT_EQ(*std::move(*result), 7);
}

// An Error is a value like another one where it is asked for.
TEST(Result, OfAnErrorIsAValue) {
  const Result<Error> result(Error{ErrorCode::TooDeep, "kept"});
  EXPECT_TRUE(result.has_value());
  EXPECT_EQ(result->message, "kept");
}

TEST(ResultDeathTest, ReadingTheWrongSideIsABug) {
  EXPECT_DEATH(static_cast<void>(word(false).value()), "assertion failed: has_value");
  EXPECT_DEATH(static_cast<void>(word(true).error()), "assertion failed: !has_value");
}

}  // namespace
}  // namespace fusebox
