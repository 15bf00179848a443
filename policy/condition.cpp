#include "policy/condition.hpp"

#include <algorithm>

#include "base/assert.hpp"
#include "base/text.hpp"
#include "policy/detail/checker.hpp"
#include "policy/detail/evaluator.hpp"
#include "policy/detail/explain.hpp"
#include "policy/detail/lexer.hpp"
#include "policy/detail/lowering.hpp"
#include "policy/detail/mistakes.hpp"
#include "policy/detail/parser.hpp"
#include "policy/detail/program.hpp"

namespace fusebox::policy {
namespace {

using detail::Mistakes;

// What no lexer should look at.
void check_bytes(std::string_view text, Mistakes& mistakes) {
  if (text.size() > kConditionBytesMax) {
    mistakes.add({.code = ErrorCode::ConditionCost,
                  .offset = kConditionBytesMax,
                  .what = "the condition is too long",
                  .expected = "expected at most " + std::to_string(kConditionBytesMax) + " bytes",
                  .hint = "split it into several rules"});
  } else if (const auto bad = find_invalid_utf8(text)) {
    mistakes.add({.code = ErrorCode::InvalidUtf8,
                  .offset = *bad,
                  .what = "the condition is not UTF-8 from here on",
                  .expected = {},
                  .hint = {}});
  }
}

std::shared_ptr<const Condition::Program> build(std::string_view text, const Schema& schema,
                                                Mistakes& mistakes) {
  check_bytes(text, mistakes);
  if (!mistakes.empty()) return nullptr;
  const std::vector<detail::Token> tokens = detail::lex(text, mistakes);
  detail::Ast ast = detail::Parser(text, tokens, schema, mistakes).run();
  detail::Patterns patterns = detail::Checker(ast, mistakes).run();
  if (!mistakes.empty()) return nullptr;
  return detail::lower(text, ast, std::move(patterns));
}

}  // namespace

std::optional<Condition> Condition::compile(std::string_view text, const Schema& schema,
                                            std::vector<ConditionError>& errors) {
  Mistakes mistakes;
  std::shared_ptr<const Program> program = build(text, schema, mistakes);
  std::move(mistakes).append_to(errors);
  if (program == nullptr) return std::nullopt;
  return Condition(std::move(program));
}

Outcome Condition::evaluate(const Facts& facts) const { return detail::evaluate(*program_, facts); }

bool Condition::holds(const Facts& facts, std::int64_t& errors) const {
  const Outcome outcome = evaluate(facts);
  if (outcome == Outcome::Error) ++errors;
  return outcome == Outcome::True;
}

std::string Condition::explain(const Facts& facts) const {
  return detail::explain(*program_, facts);
}

std::optional<std::string_view> Condition::required_literal(Slot slot) const {
  const detail::Node* const root = &program_->root;
  const bool conjunction = root->op == detail::Op::And;
  const detail::Node* const begin = conjunction ? program_->operands(*root) : root;
  const detail::Node* const end = begin + (conjunction ? root->extra : 1);
  const auto demands = [slot](const detail::Node& node) {
    return node.op == detail::Op::SlotEquals && node.slot == slot;
  };
  const detail::Node* const found = std::find_if(begin, end, demands);
  if (found == end) return std::nullopt;
  return program_->constants[found->index].text;
}

const std::string& Condition::text() const { return program_->source; }

}  // namespace fusebox::policy
