#include "policy/condition.hpp"

#include <ostream>
#include <string>
#include <string_view>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/policy/sample_facts.hpp"

namespace fusebox::policy {

std::ostream& operator<<(std::ostream& out, Outcome outcome) {
  if (outcome == Outcome::Error) return out << "error";
  return out << (outcome == Outcome::True ? "true" : "false");
}

namespace {

using testing::kSampleSchema;
using testing::SampleFacts;

constexpr Outcome kTrue = Outcome::True;
constexpr Outcome kFalse = Outcome::False;
constexpr Outcome kError = Outcome::Error;

struct Row {
  std::string_view text;
  Outcome outcome;
};

void expect_outcomes(const std::vector<Row>& rows) {
  const SampleFacts facts;
  for (const Row& row : rows) {
    SCOPED_TRACE(std::string(row.text));
    std::vector<ConditionError> errors;
    const auto condition = Condition::compile(row.text, kSampleSchema, errors);
    for (const ConditionError& error : errors) {
      ADD_FAILURE() << error.offset << ": " << error.what << "; " << error.hint;
    }
    if (!condition) continue;
    EXPECT_EQ(condition->evaluate(facts), row.outcome);
    EXPECT_FALSE(condition->explain(facts).empty());
  }
}

TEST(Condition, ConjunctionIsFalseIfOneSideIsWhateverErrsBesideIt) {
  expect_outcomes({{"true && true", kTrue},
                   {"true && false", kFalse},
                   {"false && true", kFalse},
                   {"false && absent > 1", kFalse},
                   {"absent > 1 && false", kFalse},
                   {"absent > 1 && true", kError},
                   {"true && absent > 1", kError},
                   {"absent > 1 && true && false", kFalse},
                   {"absent > 1 && absent > 1", kError},
                   {"(true && absent > 1) && false", kFalse},
                   {"args.n && false", kFalse},
                   {"args.n && true", kError},
                   {"args.on && flag", kTrue}});
}

TEST(Condition, DisjunctionIsTrueIfOneSideIsWhateverErrsBesideIt) {
  expect_outcomes({{"false || false", kFalse},
                   {"false || true", kTrue},
                   {"true || absent > 1", kTrue},
                   {"absent > 1 || true", kTrue},
                   {"absent > 1 || false", kError},
                   {"false || absent > 1", kError},
                   {"absent > 1 || false || true", kTrue},
                   {"args.missing == 1 || tokens == 7", kTrue}});
}

TEST(Condition, NegationKeepsAnError) {
  expect_outcomes({{"!true", kFalse},
                   {"!!true", kTrue},
                   {"!!!flag", kFalse},
                   {"!(absent > 1)", kError},
                   {"!(absent > 1 && false)", kTrue},
                   {"!args.n", kError}});
}

TEST(Condition, TheChosenBranchAloneCounts) {
  expect_outcomes({{"true ? true : absent > 1", kTrue},
                   {"false ? absent > 1 : true", kTrue},
                   {"true ? absent > 1 : true", kError},
                   {"absent > 1 ? true : true", kError},
                   {"args.n ? true : true", kError},
                   {"(flag ? tokens : 1 / 0) == 7", kTrue},
                   {"false ? false : true ? true : false", kTrue},
                   {"true ? args.n == 7 : false", kTrue},
                   {"(flag ? args.n : 1) == 7", kTrue},
                   {"false || true ? true : false", kTrue}});
}

TEST(Condition, PrecedenceIsThatOfCel) {
  expect_outcomes({{"false && false || true", kTrue},
                   {"true || false && false", kTrue},
                   {"(true || false) && false", kFalse},
                   {"!false && false", kFalse},
                   {"!(false && false)", kTrue},
                   {"2 + 3 * 4 == 14", kTrue},
                   {"(2 + 3) * 4 == 20", kTrue},
                   {"10 - 4 - 3 == 3", kTrue},
                   {"100 / 10 / 5 == 2", kTrue},
                   {"1 - -1 == 2", kTrue},
                   {"-2 * -3 == 6", kTrue},
                   {"- - tokens == 7", kTrue},
                   {"--7 == 7", kTrue},
                   {"1 + 1 in [2]", kTrue},
                   {"1 < 2 == true", kTrue},
                   {"!flag == false", kTrue},
                   {"tokens + 1 > 7 && tokens - 1 < 7", kTrue}});
}

TEST(Condition, IntegerArithmeticErrsInsteadOfWrapping) {
  expect_outcomes({{"largest + 1 > 0", kError},
                   {"largest - -1 > 0", kError},
                   {"-largest - 2 < 0", kError},
                   {"-largest - 1 < 0", kTrue},
                   {"largest * 2 > 0", kError},
                   {"-9223372036854775808 < 0", kTrue},
                   {"-(-9223372036854775808) > 0", kError},
                   {"-9223372036854775808 / -1 > 0", kError},
                   {"-9223372036854775808 % -1 == 0", kError},
                   {"1 / 0 == 0", kError},
                   {"1 % 0 == 0", kError},
                   {"7 / 2 == 3", kTrue},
                   {"-7 / 2 == -3", kTrue},
                   {"-7 % 2 == -1", kTrue},
                   {"7 % -2 == 1", kTrue},
                   {"0x1F == 31", kTrue},
                   {"-0x10 == -16", kTrue},
                   {"0x7fffffffffffffff == largest", kTrue}});
}

TEST(Condition, DoublesFollowIeee) {
  expect_outcomes({{"1.0 / 0.0 > 1e308", kTrue},
                   {"-1.0 / 0.0 < -1e308", kTrue},
                   {"0.0 / 0.0 == 0.0 / 0.0", kFalse},
                   {"0.1 + 0.2 == 0.3", kFalse},
                   {"0.1 + 0.2 == 0.30000000000000004", kTrue},
                   {"-0.0 == 0.0", kTrue},
                   {"1.5e3 == 1500.0", kTrue},
                   {".5 == cost", kTrue},
                   {"1e2 == 100", kTrue},
                   {"-cost == -0.5", kTrue},
                   {"cost * 2.0 - 1.0 == 0.0", kTrue},
                   {"args.half * 2.0 == 1.0", kTrue},
                   {"args.n * 2 == 14", kTrue},
                   {"args.n * 2.0 == 14.0", kError},
                   {"args.path * 2 == 14", kError},
                   {"-args.path == 1", kError}});
}

TEST(Condition, NumbersCompareAsNumbersWhateverTheirType) {
  expect_outcomes({{"1 == 1.0", kTrue},
                   {"1 != 1.0", kFalse},
                   {"1 < 1.5", kTrue},
                   {"1.5 > 1", kTrue},
                   {"2 <= 1.5", kFalse},
                   {"-1 > -1.5", kTrue},
                   {"9007199254740993 == 9007199254740992.0", kFalse},
                   {"9007199254740993 > 9007199254740992.0", kTrue},
                   {"9007199254740992.0 < 9007199254740993", kTrue},
                   {"args.big > beyond", kTrue},
                   {"args.big == beyond", kFalse},
                   {"largest < 9223372036854775808.0", kTrue},
                   {"largest == 9223372036854775808.0", kFalse},
                   {"largest < 1e300", kTrue},
                   {"-9223372036854775808 == -9223372036854775808.0", kTrue},
                   {"-9223372036854775808 > -1e300", kTrue},
                   {"args.n == 7.0", kTrue}});
}

TEST(Condition, NothingOrdersWithNan) {
  expect_outcomes({{"nan == nan", kFalse},
                   {"nan != nan", kTrue},
                   {"nan < 1.0", kFalse},
                   {"nan >= 1.0", kFalse},
                   {"nan < 1", kFalse},
                   {"1 <= nan", kFalse},
                   {"1 == nan", kFalse},
                   {"1 != nan", kTrue},
                   {"nan in [1.0, 2]", kFalse}});
}

TEST(Condition, StringsCompareByCodePoint) {
  expect_outcomes({{"action == 'tool'", kTrue},
                   {"'tool' == action", kTrue},
                   {"action != 'llm'", kTrue},
                   {"target > 'sql'", kTrue},
                   {"'z' < 'é'", kTrue},
                   {"'a' < 'aa'", kTrue},
                   {"'B' >= 'a'", kFalse},
                   {"empty == ''", kTrue},
                   {"'xyz' > target", kTrue},
                   {"false < true", kTrue},
                   {"true <= false", kFalse}});
}

TEST(Condition, DynamicValuesOfOtherTypesAreUnequalAndDoNotOrder) {
  expect_outcomes({{"args.path == 5", kFalse},
                   {"args.path != 5", kTrue},
                   {"args.path < 5", kError},
                   {"5 < args.path", kError},
                   {"args.nothing == null", kTrue},
                   {"args.path == null", kFalse},
                   {"null == null", kTrue},
                   {"args.missing == null", kError},
                   {"args.nothing < 1", kError},
                   {"args.nothing == args.nothing", kTrue},
                   {"args.on == true", kTrue},
                   {"args.on > false", kTrue},
                   {"args.list < args.list", kError},
                   {"any == 42", kTrue},
                   {"any == 'x'", kFalse}});
}

TEST(Condition, StringFunctionsWorkOnBytesOfUtf8) {
  expect_outcomes({{"target.startsWith('sql')", kTrue},
                   {"target.startsWith('')", kTrue},
                   {"target.endsWith('écho')", kTrue},
                   {"target.endsWith('x')", kFalse},
                   {"target.contains('_é')", kTrue},
                   {"target.contains('')", kTrue},
                   {"empty.contains('a')", kFalse},
                   {"target.contains(target)", kTrue},
                   {"args.path.startsWith('/prod/')", kTrue},
                   {"target.startsWith(args.path)", kFalse},
                   {"args.n.startsWith('7')", kError},
                   {"args.missing.startsWith('7')", kError},
                   {"target.startsWith(args.n)", kError},
                   {"'a/b'.endsWith('/b')", kTrue},
                   {"(flag ? target : empty).contains('sql')", kTrue},
                   {"slo.name.startsWith('tool-')", kTrue}});
}

TEST(Condition, MatchesLooksForThePatternAnywhere) {
  expect_outcomes({{"target.matches('sql')", kTrue},
                   {"target.matches('^sql$')", kFalse},
                   {"target.matches('^sql_.cho$')", kTrue},
                   {"target.matches('(?i)SQL')", kTrue},
                   {"target.matches(r'\\bsql\\b')", kFalse},
                   {"'drop  table x'.matches('(?i)\\\\bdrop\\\\s+table\\\\b')", kTrue},
                   {"target.matches('')", kTrue},
                   {"args.path.matches('^/prod')", kTrue},
                   {"args.n.matches('7')", kError},
                   {"args.missing.matches('7')", kError}});
}

TEST(Condition, SizeCountsCodePointsAndElements) {
  expect_outcomes({{"size(args.word) == 3", kTrue},
                   {"size(target) == 8", kTrue},
                   {"size('') == 0", kTrue},
                   {"size(args.list) == 5", kTrue},
                   {"size(args) == 12", kTrue},
                   {"size([1, [2, 3]]) == 2", kTrue},
                   {"size(args.map) == 2", kTrue},
                   {"size(tags) == 2", kTrue},
                   {"size(args.n) == 1", kError},
                   {"size(args.missing) == 1", kError}});
}

TEST(Condition, ListsHoldLiteralsAndCompareElementByElement) {
  expect_outcomes({{"tokens in [5, 6, 7]", kTrue},
                   {"tokens in [7.0]", kTrue},
                   {"tokens in []", kFalse},
                   {"tokens in [1, 2,]", kFalse},
                   {"-7 in [-7]", kTrue},
                   {"action in ['llm', 'tool']", kTrue},
                   {"!(action in ['llm'])", kTrue},
                   {"absent in [1]", kError},
                   {"args.n in ['x', 7]", kTrue},
                   {"args.nothing in [null]", kTrue},
                   {"args.list == [1, 2, 'three', null, [4.0]]", kTrue},
                   {"args.list == [1, 2, 'three', null, [5]]", kFalse},
                   {"args.list == [1, 2, 'three', null]", kFalse},
                   {"args.list != [1]", kTrue},
                   {"[1, [2]] == [1, [2.0]]", kTrue},
                   {"[[1], 2] == [[1, 2]]", kFalse},
                   {"[1, 2][1] == 2", kTrue},
                   {"[1, 2][2] == 2", kError},
                   {"[1, 2][-1] == 2", kError},
                   {"[4] in [[4], [5]]", kTrue},
                   {"args.list[4] in [5, [4]]", kTrue},
                   {"'red' in tags", kTrue},
                   {"tags[1] == 'blue'", kTrue},
                   {"tags == ['red', 'blue']", kTrue}});
}

TEST(Condition, MembersComeByDotAndByBracket) {
  expect_outcomes({{"args.path == '/prod/db'", kTrue},
                   {"args['path'] == '/prod/db'", kTrue},
                   {"args['content-type'] == 'text/plain'", kTrue},
                   {"args['in'] == 3", kTrue},
                   {"args.map.b.c == 'deep'", kTrue},
                   {"args.map['b'].c == 'deep'", kTrue},
                   {"args.map.missing == 1", kError},
                   {"args.path.length == 1", kError},
                   {"args.list[2] == 'three'", kTrue},
                   {"args.list[4][0] == 4", kTrue},
                   {"args.list[9] == 1", kError},
                   {"args.list['x'] == 1", kError},
                   {"args.map[0] == 1", kError},
                   {"args[target] == 1", kError},
                   {"args[args.n] == 1", kError},
                   {"args . path == '/prod/db'", kTrue},
                   {"'path' in args", kTrue},
                   {"'nope' in args", kFalse},
                   {"target in args", kFalse},
                   {"'a' in args.map", kTrue},
                   {"1 in args.map", kError},
                   {"1 in args.list", kTrue},
                   {"'x' in args.path", kError},
                   {"(flag ? args : args).n == 7", kTrue}});
}

TEST(Condition, HasAsksForTheLastMemberOnly) {
  expect_outcomes({{"has(args.path)", kTrue},
                   {"has(args.nothing)", kTrue},
                   {"has(args.missing)", kFalse},
                   {"has(args.map.a)", kTrue},
                   {"has(args.map.z)", kFalse},
                   {"has(args.missing.a)", kError},
                   {"has(args.path.a)", kError},
                   {"has(args.missing) && args.missing == 1", kFalse},
                   {"has(slo.name)", kTrue},
                   {"has(slo.sli)", kFalse},
                   {"has(slo.objective)", kTrue},
                   {"has(slo.burn_rate.fast)", kTrue},
                   {"has(slo.key.agent)", kTrue}});
}

TEST(Condition, ANameIsTheLongestDottedSymbol) {
  expect_outcomes({{"slo.name == 'tool-success'", kTrue},
                   {"slo.key.agent == 'bot'", kTrue},
                   {"slo.key['agent'] == 'bot'", kTrue},
                   {"slo.burn_rate['5m'] > 14.4", kTrue},
                   {"slo.burn_rate.fast == 3.5", kTrue},
                   {"slo.burn_rate['1h'] > 14.4", kError},
                   {"slo.burn_rate['1h'] > 14.4 || slo.burn_rate['5m'] > 14.4", kTrue},
                   {"'5m' in slo.burn_rate", kTrue},
                   {"'1h' in slo.burn_rate", kFalse}});
}

TEST(Condition, MapsDoNotCompare) {
  expect_outcomes({{"args.map == args.map", kError},
                   {"args.maps == args.maps", kError},
                   {"args.maps == args.list", kFalse},
                   {"args.map == 1", kFalse},
                   {"args.map in args.maps", kError},
                   {"args.map in [1, 2]", kFalse}});
}

TEST(Condition, StringLiteralsTakeTheEscapesOfCel) {
  expect_outcomes({{R"(size("\a\b\f\n\r\t\v\\\?\"\'\`") == 12)", kTrue},
                   {R"("\x41\X42\103" == "ABC")", kTrue},
                   {R"("\u00e9" == "é")", kTrue},
                   {R"("\U0001F600" == "😀")", kTrue},
                   {R"("\xe9" == "é")", kTrue},
                   {R"("\377" == "ÿ")", kTrue},
                   {R"(size("\000") == 1)", kTrue},
                   {R"(r"\n" == "\\n")", kTrue},
                   {R"(R'\' == "\\")", kTrue}});
}

TEST(Condition, TripleQuotesSpanLines) {
  expect_outcomes({{"'''a\n\"b\"''' == 'a\\n\\\"b\\\"'", kTrue},
                   {"\"\"\"it's\"\"\" == \"it's\"", kTrue},
                   {"r'''\\d''' == '\\\\d'", kTrue}});
}

TEST(Condition, WhiteSpaceAndCommentsDoNotMatter) {
  expect_outcomes({{"\n\ttokens\r\n == 7 \f", kTrue},
                   {"tokens == 7 // and no more", kTrue},
                   {"// first\n// second\ntokens == 7", kTrue},
                   {"target != '// none'", kTrue}});
}

TEST(Condition, ADynamicConditionMustBeABoolWhenItIsThere) {
  expect_outcomes({{"args.on", kTrue}, {"args.n", kError}, {"args.missing", kError}});
}

TEST(Condition, CopiesShareTheProgram) {
  std::vector<ConditionError> errors;
  const auto condition = Condition::compile("target == 'sql_écho'", kSampleSchema, errors);
  ASSERT_TRUE(condition);
  const Condition copy = *condition;
  EXPECT_EQ(copy.text(), "target == 'sql_écho'");
  EXPECT_EQ(&copy.text(), &condition->text());
  EXPECT_EQ(copy.evaluate(SampleFacts()), Outcome::True);
}

}  // namespace
}  // namespace fusebox::policy
