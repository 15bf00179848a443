#include "policy/detail/ast.hpp"

#include <array>

#include "base/assert.hpp"

namespace fusebox::policy::detail {
namespace {

constexpr std::array<FunctionSpec, 6> kFunctions{{
    {"has", Function::Has, false},
    {"size", Function::Size, false},
    {"startsWith", Function::StartsWith, true},
    {"endsWith", Function::EndsWith, true},
    {"contains", Function::Contains, true},
    {"matches", Function::Matches, true},
}};

}  // namespace

std::string_view spelling_of(Operator op) {
  switch (op) {
    case Operator::Add:
      return "+";
    case Operator::Subtract:
      return "-";
    case Operator::Multiply:
      return "*";
    case Operator::Divide:
      return "/";
    case Operator::Modulo:
      return "%";
    case Operator::Equal:
      return "==";
    case Operator::NotEqual:
      return "!=";
    case Operator::Less:
      return "<";
    case Operator::LessEqual:
      return "<=";
    case Operator::Greater:
      return ">";
    case Operator::GreaterEqual:
      return ">=";
    case Operator::In:
      return "in";
  }
  FUSEBOX_ASSERT(false);
  return {};
}

const FunctionSpec* find_function(std::string_view name) {
  for (const FunctionSpec& spec : kFunctions) {
    if (spec.name == name) return &spec;
  }
  return nullptr;
}

}  // namespace fusebox::policy::detail
