// Random conditions against a slow obvious model: a tree that computes every operand before it
// decides, with wider integers and exact comparison in long double.
#include <array>
#include <cstdint>
#include <limits>
#include <random>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include <gtest/gtest.h>

#include "base/ratio.hpp"
#include "policy/condition.hpp"
#include "tests/policy/sample_facts.hpp"

namespace fusebox::policy {
namespace {

using testing::kSampleSchema;
using testing::SampleFacts;

struct Err {
  friend bool operator==(const Err&, const Err&) = default;
};
using Model = std::variant<Err, bool, std::int64_t, double, std::string>;

template <class T>
const T* as(const Model& value) {
  return std::get_if<T>(&value);
}
bool erred(const Model& value) { return as<Err>(value) != nullptr; }
bool numeric(const Model& value) { return as<std::int64_t>(value) || as<double>(value); }
long double wide(const Model& value) {
  const auto* integer = as<std::int64_t>(value);
  return integer ? static_cast<long double>(*integer) : *as<double>(value);
}

// A piece of a condition: its text, how tightly it binds, and what it must come to.
struct Piece {
  std::string text;
  int level;
  Model value;
};

// How tightly an operator binds, loosest first.
enum Level { Ternary, Or, And, Relation, Sum, Product, Unary, Primary };

Model logic(bool decisive, const std::vector<Piece>& operands) {
  bool any_error = false;
  for (const Piece& operand : operands) {
    const bool* value = as<bool>(operand.value);
    if (value != nullptr && *value == decisive) return decisive;
    any_error = any_error || value == nullptr;
  }
  if (any_error) return Err{};
  return !decisive;
}

Model arithmetic(char op, const Model& left, const Model& right) {
  if (const double* a = as<double>(left)) {
    const double* b = as<double>(right);
    if (b == nullptr || op == '%') return Err{};
    return op == '+' ? *a + *b : op == '-' ? *a - *b : op == '*' ? *a * *b : *a / *b;
  }
  const auto* a = as<std::int64_t>(left);
  const auto* b = as<std::int64_t>(right);
  if (a == nullptr || b == nullptr) return Err{};
  const bool divides = op == '/' || op == '%';
  if (divides && *b == 0) return Err{};
  const Int128 x = *a;
  const Int128 y = *b;
  const Int128 result = op == '+' ? x + y : op == '-' ? x - y : op == '*' ? x * y : x / y;
  const bool fits = result >= std::numeric_limits<std::int64_t>::min() &&
                    result <= std::numeric_limits<std::int64_t>::max();
  if (!fits) return Err{};
  return static_cast<std::int64_t>(op == '%' ? x % y : result);
}

Model negated(const Model& value) {
  if (const double* number = as<double>(value)) return -*number;
  return arithmetic('-', std::int64_t{0}, value);
}

bool ordered_as(std::string_view op, std::partial_ordering order) {
  if (op == "<") return order < 0;
  if (op == "<=") return order <= 0;
  if (op == ">") return order > 0;
  return order >= 0;
}

Model comparison(std::string_view op, const Model& left, const Model& right) {
  if (erred(left) || erred(right)) return Err{};
  const bool numbers = numeric(left) && numeric(right);
  if (op == "==" || op == "!=") {
    const bool same = numbers ? wide(left) == wide(right) : left == right;
    return same == (op == "==");
  }
  if (numbers) return ordered_as(op, wide(left) <=> wide(right));
  if (left.index() != right.index()) return Err{};
  if (const bool* a = as<bool>(left)) return ordered_as(op, *a <=> std::get<bool>(right));
  return ordered_as(op, std::get<std::string>(left) <=> std::get<std::string>(right));
}

class Maker {
 public:
  explicit Maker(std::uint64_t seed) : random_(seed) {}

  Piece condition(int depth) {
    switch (depth == 0 ? pick(3) : pick(12)) {
      case 0:
        return one_of({{"true", Primary, true}, {"false", Primary, false}});
      case 1:
        return one_of({{"flag", Primary, true}, {"args.on", Primary, true}});
      case 2:
        return one_of({{"absent > 0", Relation, Err{}}, {"args.n", Primary, Err{}}});
      case 3:
      case 4:
        return chain(depth, " && ", And, false);
      case 5:
      case 6:
        return chain(depth, " || ", Or, true);
      case 7:
        return negation(depth);
      case 8:
        return choice(condition(depth - 1), condition(depth - 1), condition(depth - 1));
      case 9:
        return compare(number(depth - 1), number(depth - 1));
      case 10:
        return compare(text(), text());
      default:
        return compare(dynamic(), pick(2) == 0 ? number(depth - 1) : text());
    }
  }

 private:
  std::size_t pick(std::size_t count) { return static_cast<std::size_t>(random_() % count); }
  Piece one_of(const std::vector<Piece>& pieces) { return pieces[pick(pieces.size())]; }
  static std::string at(int level, const Piece& piece) {
    return piece.level >= level ? piece.text : "(" + piece.text + ")";
  }

  Piece integer(int depth) {
    if (depth > 0 && pick(2) == 0) return calculation(integer(depth - 1), integer(depth - 1), 5);
    return one_of({{"0", Primary, std::int64_t{0}},
                   {"2", Primary, std::int64_t{2}},
                   {"-7", Unary, std::int64_t{-7}},
                   {"9007199254740993", Primary, std::int64_t{9007199254740993}},
                   {"-9223372036854775808", Unary, std::numeric_limits<std::int64_t>::min()},
                   {"tokens", Primary, std::int64_t{7}},
                   {"largest", Primary, std::numeric_limits<std::int64_t>::max()},
                   {"absent", Primary, Err{}},
                   {"args.n", Primary, std::int64_t{7}},
                   {"args.half", Primary, 0.5},
                   {"args.path", Primary, std::string("/prod/db")},
                   {"size(args.word)", Primary, std::int64_t{3}}});
  }

  Piece real(int depth) {
    if (depth > 0 && pick(2) == 0) return calculation(real(depth - 1), real(depth - 1), 4);
    return one_of({{"0.0", Primary, 0.0},
                   {"7.0", Primary, 7.0},
                   {"-1.5", Unary, -1.5},
                   {"1e300", Primary, 1e300},
                   {"beyond", Primary, 9007199254740992.0},
                   {"cost", Primary, 0.5},
                   {"nan", Primary, std::numeric_limits<double>::quiet_NaN()},
                   {"slo.sli", Primary, Err{}}});
  }

  Piece number(int depth) { return pick(2) == 0 ? integer(depth) : real(depth); }

  Piece text() {
    return one_of({{"'sql'", Primary, std::string("sql")},
                   {"''", Primary, std::string()},
                   {"'é'", Primary, std::string("é")},
                   {"target", Primary, std::string("sql_écho")},
                   {"empty", Primary, std::string()}});
  }

  Piece dynamic() {
    return one_of({{"args.path", Primary, std::string("/prod/db")},
                   {"args.n", Primary, std::int64_t{7}},
                   {"args['half']", Primary, 0.5},
                   {"args.on", Primary, true},
                   {"args.missing", Primary, Err{}}});
  }

  Piece chain(int depth, std::string_view op, int level, bool decisive) {
    std::vector<Piece> operands;
    for (std::size_t i = 0, count = 2 + pick(2); i < count; ++i) {
      operands.push_back(condition(depth - 1));
    }
    std::string text;
    for (const Piece& operand : operands) {
      if (!text.empty()) text += op;
      text += at(level + 1, operand);
    }
    return {text, level, logic(decisive, operands)};
  }

  Piece negation(int depth) {
    const Piece operand = condition(depth - 1);
    const bool* value = as<bool>(operand.value);
    return {"!" + at(Unary, operand), Unary, value ? Model(!*value) : Model(Err{})};
  }

  static Piece choice(const Piece& when, const Piece& then, const Piece& otherwise) {
    const bool* chosen = as<bool>(when.value);
    const Model value = !chosen ? Model(Err{}) : *chosen ? then.value : otherwise.value;
    return {at(Or, when) + " ? " + at(Or, then) + " : " + otherwise.text, Ternary, value};
  }

  // The first `operators` of + - * / %.
  Piece calculation(const Piece& left, const Piece& right, std::size_t operators) {
    if (pick(8) == 0) {
      return {"-" + at(Primary, left), Unary, negated(left.value)};
    }
    const char op = "+-*/%"[pick(operators)];
    const int level = op == '+' || op == '-' ? Sum : Product;
    return {at(level, left) + (pick(2) == 0 ? " " : "") + op + " " + at(level + 1, right), level,
            arithmetic(op, left.value, right.value)};
  }

  Piece compare(const Piece& left, const Piece& right) {
    constexpr std::array<std::string_view, 6> kOps{"==", "!=", "<", "<=", ">", ">="};
    const std::string_view op = kOps[pick(kOps.size())];
    return {at(Sum, left) + " " + std::string(op) + " " + at(Sum, right), Relation,
            comparison(op, left.value, right.value)};
  }

  std::mt19937_64 random_;
};

Outcome expected(const Model& value) {
  const bool* decided = as<bool>(value);
  if (decided == nullptr) return Outcome::Error;
  return *decided ? Outcome::True : Outcome::False;
}

TEST(ConditionModel, RandomConditionsComeOutAsTheObviousTreeSays) {
  constexpr std::uint64_t kSeed = 20260101;
  constexpr int kRounds = 20'000;
  SCOPED_TRACE("seed " + std::to_string(kSeed));
  Maker maker(kSeed);
  const SampleFacts facts;
  std::array<int, 3> seen{};
  int refused = 0;
  for (int round = 0; round < kRounds; ++round) {
    const Piece piece = maker.condition(1 + round % 5);
    std::vector<ConditionError> errors;
    const auto condition = Condition::compile(piece.text, kSampleSchema, errors);
    if (!condition) {
      ASSERT_EQ(errors[0].code, ErrorCode::ConditionCost) << piece.text << "\n" << errors[0].what;
      ++refused;
      continue;
    }
    ASSERT_EQ(condition->evaluate(facts), expected(piece.value)) << piece.text;
    ++seen[static_cast<std::size_t>(condition->evaluate(facts))];
  }
  EXPECT_LT(refused, kRounds / 20) << "most conditions are small enough to be tested";
  for (const int count : seen) EXPECT_GT(count, kRounds / 20) << "every outcome comes up often";
}

}  // namespace
}  // namespace fusebox::policy
