#include <algorithm>
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.hpp"
#include "policy/condition.hpp"
#include "tests/policy/sample_facts.hpp"

namespace fusebox::policy {
namespace {

using ::testing::HasSubstr;
using testing::kSampleSchema;

std::vector<ConditionError> errors_of(std::string_view text) {
  std::vector<ConditionError> errors;
  const bool compiled = Condition::compile(text, kSampleSchema, errors).has_value();
  EXPECT_EQ(compiled, errors.empty());
  return errors;
}

// The only mistake of `text`: where, which, and a part of what and of expected or hint.
struct Row {
  std::string_view text;
  std::size_t offset;
  ErrorCode code;
  std::string_view what;
  std::string_view advice;
};

void expect_mistakes(const std::vector<Row>& rows) {
  for (const Row& row : rows) {
    SCOPED_TRACE(std::string(row.text));
    const std::vector<ConditionError> errors = errors_of(row.text);
    ASSERT_EQ(errors.size(), 1U);
    EXPECT_EQ(errors[0].offset, row.offset);
    EXPECT_EQ(errors[0].code, row.code) << code_text(errors[0].code);
    EXPECT_THAT(errors[0].what, HasSubstr(std::string(row.what)));
    EXPECT_THAT(errors[0].expected + "; " + errors[0].hint, HasSubstr(std::string(row.advice)));
  }
}

TEST(ConditionDiagnostics, SyntaxStandsAtTheTokenThatDoesNotFit) {
  constexpr ErrorCode kSyntax = ErrorCode::ConditionSyntax;
  expect_mistakes({
      {"", 0, kSyntax, "the condition is empty", "expected a value"},
      {" // nothing", 11, kSyntax, "the condition is empty", ""},
      {"tokens >", 8, kSyntax, "ends too early", "expected a value"},
      {"(tokens > 5", 11, kSyntax, "ends too early", "expected `)`"},
      {"tokens > 5)", 10, kSyntax, "unexpected `)`", "an operator or the end"},
      {"tokens > 5 6", 11, kSyntax, "unexpected `6`", ""},
      {"tokens == == 5", 10, kSyntax, "unexpected `==`", "expected a value"},
      {"flag ? flag ? true : false : true", 12, kSyntax, "unexpected `?`", "`:`"},
      {"flag ? true", 11, kSyntax, "ends too early", "`:`"},
      {"tokens in [1, 2", 15, kSyntax, "ends too early", "`,` or `]`"},
      {"size(target, ) == 1", 13, kSyntax, "unexpected `)`", "expected a value"},
      {"args[1 == 2", 11, kSyntax, "ends too early", "expected `]`"},
      {"args. == 2", 6, kSyntax, "unexpected `==`", "name of a member"},
      {"args.in == 2", 5, kSyntax, "unexpected `in`", "[\"in\"]"},
      {"args.true == 2", 5, kSyntax, "unexpected `true`", "brackets"},
      {"flag and flag", 5, kSyntax, "unexpected `and`", "write &&"},
      {"flag OR flag", 5, kSyntax, "unexpected `OR`", "write ||"},
      {"not flag", 0, kSyntax, "unexpected `not`", "write !"},
      {"tokens is 5", 7, kSyntax, "unexpected `is`", "write =="},
      {"tokens = 5", 7, kSyntax, "unexpected `=`", "write =="},
      {"flag & flag", 5, kSyntax, "unexpected `&`", "write &&"},
      {"flag | flag", 5, kSyntax, "unexpected `|`", "write ||"},
      {"args.`x == 1", 5, kSyntax, "unexpected ``", "unusual name"},
      {"tokens == 5;", 11, kSyntax, "unexpected `;`", ""},
      {"tokens == 5€", 11, kSyntax, "unexpected `€`", ""},
      {"!-tokens == 5", 1, kSyntax, "unexpected `-`", "expected a value"},
  });
}

TEST(ConditionDiagnostics, ReservedWordsAreNoNames) {
  for (const std::string_view word :
       {"as", "break", "const", "continue", "else", "for", "function", "if", "import", "let",
        "loop", "package", "namespace", "return", "var", "void", "while"}) {
    SCOPED_TRACE(std::string(word));
    const std::vector<ConditionError> errors = errors_of(std::string(word) + " == 1");
    ASSERT_EQ(errors.size(), 1U);
    EXPECT_EQ(errors[0].code, ErrorCode::ConditionSyntax);
    EXPECT_THAT(errors[0].what, HasSubstr("reserved word"));
    EXPECT_TRUE(errors_of("args." + std::string(word) + " == 1").empty());
  }
}

TEST(ConditionDiagnostics, LiteralsSayWhatIsWrongWithThem) {
  constexpr ErrorCode kSyntax = ErrorCode::ConditionSyntax;
  expect_mistakes({
      {"target == 'abc", 10, kSyntax, "no end", "closing '"},
      {"target == 'abc\n", 10, kSyntax, "no end", ""},
      {"target == '''abc'", 10, kSyntax, "no end", "closing '''"},
      {R"(target == "a\qb")", 12, kSyntax, "no such escape", "\\xHH"},
      {R"(target == "\x4")", 11, kSyntax, "no such escape", ""},
      {R"(target == "\ud800")", 11, kSyntax, "no such escape", ""},
      {R"(target == "\U00110000")", 11, kSyntax, "no such escape", ""},
      {R"(target == "\400")", 11, kSyntax, "no such escape", ""},
      {"target == b'abc'", 10, kSyntax, "bytes literals", "prefix `b`"},
      {"target == rb'abc'", 10, kSyntax, "bytes literals", "prefix `rb`"},
      {"tokens == 5u", 10, kSyntax, "no such number: `5u`", "no unsigned"},
      {"tokens == 5s", 10, kSyntax, "no such number: `5s`", "no unit"},
      {"tokens == 0x", 10, kSyntax, "no such number: `0x`", ""},
      {"tokens == 9223372036854775808", 10, kSyntax, "64 bits", "2^63"},
      {"tokens == -9223372036854775809", 10, kSyntax, "64 bits", ""},
      {"tokens == 99999999999999999999", 10, kSyntax, "64 bits", ""},
      {"cost == 1e999", 8, kSyntax, "does not fit a double", ""},
      {"tokens == 1.", 12, kSyntax, "ends too early", "name of a member"},
      {"target == “x", 10, kSyntax, "unexpected `“`", "plain \""},
  });
}

TEST(ConditionDiagnostics, UnknownNamesSuggestTheNearest) {
  constexpr ErrorCode kName = ErrorCode::ConditionName;
  expect_mistakes({
      {"tokns > 5", 0, kName, "unknown name `tokns`", "did you mean `tokens`?"},
      {"flag && argz.path == 'x'", 8, kName, "unknown name `argz`", "did you mean `args`?"},
      {"xyzzy == 1", 0, kName, "unknown name `xyzzy`", "a name of sample conditions"},
      {"slo.budget == 1", 0, kName, "unknown name `slo.budget`", "sample conditions"},
      {"slo.objectiv > 0.5", 0, kName, "unknown name `slo.objectiv`", "`slo.objective`"},
      {"slo == 1", 0, kName, "unknown name `slo`", "slo.name, slo.key"},
      {"slo.startsWith('x')", 0, kName, "unknown name `slo`", "slo.name, slo.key"},
      {"objective > 0.5", 0, kName, "unknown name `objective`", "did you mean `slo.objective`?"},
      {"tol.startsWith('x')", 0, kName, "unknown name `tol`", ""},
  });
}

TEST(ConditionDiagnostics, FunctionsAreKnownByNameFormAndArguments) {
  expect_mistakes({
      {"target.startswith('x')", 7, ErrorCode::ConditionName, "unknown function `startswith`",
       "did you mean `startsWith`?"},
      {"startsWith(target, 'x')", 0, ErrorCode::ConditionName, "is a method", "x.startsWith(y)"},
      {"target.size() == 1", 7, ErrorCode::ConditionName, "is not a method", "size(x)"},
      {"tags.exists(target, true)", 5, ErrorCode::ConditionName, "CEL's `exists`", "size"},
      {"int(target) == 1", 0, ErrorCode::ConditionName, "CEL's `int`", ""},
      {"not(flag)", 0, ErrorCode::ConditionName, "unknown function `not`", "write !"},
      {"size() == 1", 0, ErrorCode::ConditionType, "takes one argument", "not 0"},
      {"size(target, target) == 1", 0, ErrorCode::ConditionType, "takes one argument", "not 2"},
      {"target.contains()", 7, ErrorCode::ConditionType, "takes one argument", "not 0"},
      {"has(target)", 4, ErrorCode::ConditionType, "whether a member is there", "has(args.path)"},
      {"has(args['path'])", 4, ErrorCode::ConditionType, "whether a member", "\"key\" in map"},
      {"size(tokens) == 1", 5, ErrorCode::ConditionType, "int has no size", ""},
      {"tokens.startsWith('7')", 0, ErrorCode::ConditionType, "does not fit int", "string"},
      {"target.startsWith(7)", 18, ErrorCode::ConditionType, "does not fit int", "string"},
      {"target.contains(null)", 16, ErrorCode::ConditionType, "does not fit null", "string"},
  });
}

TEST(ConditionDiagnostics, TypesThatDoNotFitAreFoundAtTheOperator) {
  constexpr ErrorCode kType = ErrorCode::ConditionType;
  expect_mistakes({
      {"tokens", 0, kType, "a condition is true or false, and this is int", "> 0"},
      {"target", 0, kType, "this is string", "!= \"\""},
      {"null", 0, kType, "this is null", "expected bool"},
      {"flag && tokens", 8, kType, "an operand of `&&`", "> 0"},
      {"target || flag", 0, kType, "an operand of `||`", ""},
      {"!tokens", 1, kType, "an operand of `!`", ""},
      {"-target == 1", 0, kType, "`-` does not fit string", "a number"},
      {"tokens ? true : false", 0, kType, "the choice of `? :`", ""},
      {"(flag ? 1 : 'x') == 1", 6, kType, "branches of `? :` are int and string", "same type"},
      {"tokens == '5'", 7, kType, "`==` does not fit int and string", ""},
      {"target != 5", 7, kType, "`!=` does not fit string and int", ""},
      {"flag == 1", 5, kType, "`==` does not fit bool and int", ""},
      {"target == null", 7, kType, "string and null", "an absent string is \"\""},
      {"null == tokens", 5, kType, "null and int", "absent"},
      {"args == args", 5, kType, "map and map", "members that matter"},
      {"tags == target", 5, kType, "list and string", ""},
      {"target < 5", 7, kType, "`<` does not fit string and int", "two numbers"},
      {"args.list < [1]", 10, kType, "dynamic and list", ""},
      {"[4] in [5]", 8, kType, "`in` compares list with int", ""},
      {"tags < tags", 5, kType, "`<` does not fit list and list", ""},
      {"args.n < null", 7, kType, "dynamic and null", ""},
      {"tokens + cost > 1.0", 7, kType, "int and double", "1000.0"},
      {"cost % 2.0 == 0.0", 5, kType, "`%` does not fit double and double", "two ints"},
      {"target + 'x' == 'yx'", 7, kType, "string and string", "not joined"},
      {"tags + tags == tags", 5, kType, "list and list", ""},
      {"args.n + null == 1", 7, kType, "dynamic and null", ""},
      {"tokens in target", 7, kType, "`in` does not fit int and string", "x.contains(y)"},
      {"tokens in tags", 7, kType, "`in` does not fit int and list", ""},
      {"tokens in args", 7, kType, "`in` does not fit int and map", ""},
      {"tokens in null", 7, kType, "`in` does not fit int and null", ""},
      {"tokens in [1, 'x']", 14, kType, "`in` compares int with string", "type on the left"},
      {"target in ['a', null]", 16, kType, "`in` compares string with null", ""},
      {"tokens in [tokens]", 11, kType, "a list holds literals", "x == a || x == b"},
      {"target.length == 1", 7, kType, "string has no member `length`", "expected a map"},
      {"tags.first == 'x'", 5, kType, "list has no member `first`", ""},
      {"target[0] == 'x'", 7, kType, "string has no members", "a map or a list"},
      {"tags['x'] == 'x'", 5, kType, "list takes no string in brackets", "expected an int"},
      {"args[1] == 'x'", 5, kType, "map takes no int in brackets", "expected a string"},
      {"args.list[1.5] == 1", 10, kType, "dynamic takes no double", "a string or an int"},
      {"args[null] == 1", 5, kType, "map takes no null", ""},
  });
}

TEST(ConditionDiagnostics, ValuesThatAFieldNeverHasAreFound) {
  constexpr ErrorCode kLiteral = ErrorCode::ConditionLiteral;
  expect_mistakes({
      {"action == 'tol'", 10, kLiteral, "`action` is never `tol`", "did you mean `tool`?"},
      {"'tol' == action", 0, kLiteral, "`action` is never `tol`", "llm, tool, delegation or task"},
      {"action != 'TOOL'", 10, kLiteral, "`action` is never `TOOL`", "expected llm"},
      {"action in ['llm', 'tol']", 18, kLiteral, "`action` is never `tol`", "`tool`"},
      {"action == ''", 10, kLiteral, "is never ``", ""},
      {"slo.burn_rate['2h'] > 1", 14, kLiteral, "has no member `2h`", "expected 5m, 1h or fast"},
      {"slo.burn_rate.fas > 1", 14, kLiteral, "has no member `fas`", "`fast`"},
      {"has(slo.burn_rate.slow)", 18, kLiteral, "has no member `slow`", ""},
      {"'2h' in slo.burn_rate", 0, kLiteral, "has no member `2h`", ""},
      {"slo.burn_rate[target] > 1", 14, ErrorCode::ConditionType, "not a string literal", "5m"},
      {"slo.burn_rate[0] > 1", 14, ErrorCode::ConditionType, "not a string literal", ""},
      {"slo.burn_rate > 1", 0, ErrorCode::ConditionType, "no value of its own",
       "slo.burn_rate[\"5m\"]"},
      {"size(slo.burn_rate) > 1", 5, ErrorCode::ConditionType, "no value of its own", ""},
  });
}

TEST(ConditionDiagnostics, PatternsAreCompiledAtLoad) {
  expect_mistakes({
      {"target.matches('(a')", 15, ErrorCode::ConditionRegex, "missing )", "RE2"},
      {"target.matches('a**')", 15, ErrorCode::ConditionRegex, "bad repetition", ""},
      {"target.matches(r'(a)\\1')", 15, ErrorCode::ConditionRegex, "invalid escape", ""},
      {"target.matches('(?=a)')", 15, ErrorCode::ConditionRegex, "no such pattern", ""},
      {"target.matches('((a{100}){100}){100}')", 15, ErrorCode::ConditionRegex, "", ""},
      {"target.matches('(\\\\pL{200}){5}')", 15, ErrorCode::ConditionRegex, "too large", ""},
      {"target.matches(target)", 15, ErrorCode::ConditionType, "not a literal", "loaded"},
      {"target.matches(flag ? 'a' : 'b')", 15, ErrorCode::ConditionType, "not a literal", ""},
  });
}

TEST(ConditionDiagnostics, EveryMistakeIsFoundInTheOrderOfTheText) {
  const std::vector<ConditionError> errors =
      errors_of("acton == 'tool' && action == 'tol' && tokens == 'x' && target.matches('(')");
  std::vector<std::size_t> offsets;
  offsets.reserve(errors.size());
  for (const ConditionError& error : errors) offsets.push_back(error.offset);
  EXPECT_THAT(offsets, ::testing::ElementsAre(0, 29, 45, 70));
}

TEST(ConditionDiagnostics, ASyntaxErrorDoesNotHideWhatStandsBeforeIt) {
  const std::vector<ConditionError> errors = errors_of("action == 'tol' && (tokns > 5 || target");
  ASSERT_EQ(errors.size(), 3U);
  EXPECT_EQ(errors[0].code, ErrorCode::ConditionLiteral);
  EXPECT_EQ(errors[1].code, ErrorCode::ConditionName);
  EXPECT_EQ(errors[2].code, ErrorCode::ConditionSyntax);
}

TEST(ConditionDiagnostics, MistakesAreAppendedToThoseOfOtherConditions) {
  std::vector<ConditionError> errors;
  (void)Condition::compile("tokns > 5", kSampleSchema, errors);
  (void)Condition::compile("flog", kSampleSchema, errors);
  EXPECT_EQ(errors.size(), 2U);
}

std::string repeated(std::string_view piece, std::size_t times) {
  std::string out;
  for (std::size_t i = 0; i < times; ++i) out += piece;
  return out;
}

struct Hostile {
  std::string name;
  std::string text;
  ErrorCode code;
};

std::vector<Hostile> hostile_texts() {
  constexpr std::size_t kMany = 100'000;
  constexpr std::size_t kFit = 1000;
  constexpr ErrorCode kCost = ErrorCode::ConditionCost;
  constexpr ErrorCode kSyntax = ErrorCode::ConditionSyntax;
  std::vector<Hostile> rows;
  for (const std::string_view piece : {"(", "!", "-", "[", "f(", "a.", "a[", "1+", "true?", "'"}) {
    rows.push_back({repeated(piece, 3) + "… too long", repeated(piece, kMany), kCost});
  }
  for (const std::string_view piece : {"(", "!", "- ", "[", "size(", "args[", "1+", "true?true:"}) {
    rows.push_back({repeated(piece, 3) + "… too deep",
                    repeated(piece, kConditionBytesMax / piece.size() - 1) + "1", kCost});
  }
  rows.push_back({"too many operands", repeated("flag&&", 600) + "flag", kCost});
  rows.push_back({"too many elements", "tokens in [" + repeated("1,", kFit) + "1]", kCost});
  rows.push_back({"too deep a path", "args" + repeated(".a", kFit) + " == 1", kCost});
  rows.push_back({"too many patterns", repeated("target.matches('a')||", 17) + "flag", kCost});
  rows.push_back({"closing brackets", repeated(")", kFit), kSyntax});
  rows.push_back({"only junk", repeated("$", kConditionBytesMax), kSyntax});
  rows.push_back({"only quotes", repeated("\"", 4095), kSyntax});
  rows.push_back({"only dots", repeated(".", kFit), kSyntax});
  rows.push_back({"NUL", std::string("flag\0", 5), kSyntax});
  rows.push_back({"NUL in a comment ends nothing", std::string("//\0\nflag &", 10), kSyntax});
  rows.push_back({"invalid UTF-8", "target == '\xff'", ErrorCode::InvalidUtf8});
  rows.push_back({"overlong UTF-8", "target == '\xc0\xaf'", ErrorCode::InvalidUtf8});
  rows.push_back({"cut UTF-8", "target == \xe2\x82", ErrorCode::InvalidUtf8});
  return rows;
}

TEST(ConditionDiagnostics, HostileTextIsRefusedFast) {
  for (const Hostile& hostile : hostile_texts()) {
    SCOPED_TRACE(hostile.name);
    const std::vector<ConditionError> errors = errors_of(hostile.text);
    ASSERT_FALSE(errors.empty());
    EXPECT_LE(errors.size(), kConditionErrorsMax);
    const bool found = std::any_of(errors.begin(), errors.end(), [&](const ConditionError& error) {
      return error.code == hostile.code;
    });
    EXPECT_TRUE(found) << errors[0].what;
    for (const ConditionError& error : errors) EXPECT_LE(error.offset, hostile.text.size());
  }
}

TEST(ConditionDiagnostics, WhatIsWithinTheLimitsCompiles) {
  const std::string deep =
      repeated("(", kConditionDepthMax - 1) + "flag" + repeated(")", kConditionDepthMax - 1);
  EXPECT_TRUE(errors_of(deep).empty());
  EXPECT_FALSE(errors_of("(" + deep + ")").empty());
  EXPECT_TRUE(errors_of(repeated("!", kConditionDepthMax - 1) + "flag").empty());
  EXPECT_FALSE(errors_of(repeated("!", kConditionDepthMax) + "flag").empty());
  EXPECT_TRUE(errors_of(repeated("flag && ", kConditionNodesMax - 2) + "flag").empty());
  EXPECT_FALSE(errors_of(repeated("flag && ", kConditionNodesMax - 1) + "flag").empty());
  EXPECT_TRUE(errors_of(repeated(" ", kConditionBytesMax - 4) + "flag").empty());
  EXPECT_FALSE(errors_of(repeated(" ", kConditionBytesMax - 3) + "flag").empty());
}

}  // namespace
}  // namespace fusebox::policy
