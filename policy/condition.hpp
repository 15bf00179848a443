// The condition language: a CEL subset, type-checked once at load and evaluated without
// allocation. One language for indicators, rules, breakers and limits.
//
// Grammar (CEL's precedence, lowest first): ?: || && (== != < <= > >= in) (+ -) (* / %) (! -)
// member `.name`, index `[…]`, calls; literals: true false null, int, double, "text" and 'text'
// with CEL escapes and r"raw", lists of literals. Functions: has(a.b), size(x),
// x.startsWith(s) x.endsWith(s) x.contains(s) x.matches(re), with the pattern a literal that is
// compiled at load (RE2: linear time).
//
// A name is the longest dotted symbol of the schema; what follows it selects members. has(a.b) is
// true if the member is there (a dotted symbol: if it is neither an error nor ""), and an error if
// `a` is one, as in CEL.
//
// int and double compare with each other exactly, and do not mix in arithmetic. Integer overflow
// and division by zero are error values. `==` between different types of a dynamic value is false,
// ordering them is an error. `==` of two maps is an error too: it would be the only operator that
// is not linear. Strings are not joined by `+`, which would allocate.
//
// CEL that is refused, by name where it has one: unsigned and bytes literals, map literals,
// macros, conversions, lists of anything but literals.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/error.hpp"
#include "base/result.hpp"
#include "policy/value.hpp"

namespace fusebox::policy {

// Limits of one condition; more is ConditionCost at load.
inline constexpr std::size_t kConditionBytesMax = 4096;
inline constexpr std::size_t kConditionNodesMax = 512;
inline constexpr std::size_t kConditionDepthMax = 32;     // nesting; `&&` and `||` chains are flat
inline constexpr std::size_t kConditionPatternsMax = 16;  // of `matches`
inline constexpr std::size_t kConditionErrorsMax = 32;    // reported; hostile text has no more

// A mistake in a condition's text: `offset` is the byte where it stands.
struct ConditionError {
  ErrorCode code;
  std::size_t offset = 0;
  std::string what;
  std::string expected;
  std::string hint;
};

enum class Outcome : std::uint8_t { False, True, Error };

// An immutable compiled condition; copies share it. Evaluation is thread-safe, pure, linear in
// the expression and in the text that `matches`, `contains` and `==` look at.
class Condition {
 public:
  // Compiles `text` against `schema`, which must have static storage duration. The result type
  // must be Bool, or Dynamic: then any other value is an error at evaluation. On mistakes returns
  // nullopt and appends all that were found to `errors`, by ascending offset.
  [[nodiscard]] static std::optional<Condition> compile(std::string_view text, const Schema& schema,
                                                        std::vector<ConditionError>& errors);

  // Allocates nothing, except that RE2 may grow the state cache of a pattern, within its bound.
  [[nodiscard]] Outcome evaluate(const Facts& facts) const;

  // Whether it is true; an error is not, and is counted.
  [[nodiscard]] bool holds(const Facts& facts, std::int64_t& errors) const;

  // Why: the outcome of each operand of the top-level `&&` and `||`, with the values it looked at,
  // e.g. `action == "tool" is false (action = "llm"); tokens > 5 is an error: absent (tokens:
  // absent)`. Long texts are cut at 64 bytes. For explain; allocates.
  [[nodiscard]] std::string explain(const Facts& facts) const;

  // The literal that this condition demands of a string name, if it stands as `name == "literal"`
  // in the top-level conjunction; used to know which SLO a rule is about.
  [[nodiscard]] std::optional<std::string_view> required_literal(Slot slot) const;

  [[nodiscard]] const std::string& text() const;

  struct Program;  // private to policy

 private:
  explicit Condition(std::shared_ptr<const Program> program) : program_(std::move(program)) {}
  std::shared_ptr<const Program> program_;
};

}  // namespace fusebox::policy
