#include "policy/detail/evaluator.hpp"

#include "base/assert.hpp"
#include "base/text.hpp"
#include "policy/detail/operators.hpp"

namespace fusebox::policy::detail {
namespace {

using Kind = Value::Kind;

Outcome outcome_of(const Value& value) {
  if (value.kind != Kind::Bool) return Outcome::Error;
  return value.boolean ? Outcome::True : Outcome::False;
}

Value value_of(Outcome outcome) {
  if (outcome == Outcome::Error) return Value::error("an operand is an error");
  return Value::of(outcome == Outcome::True);
}

Value not_bool() { return Value::error("not a bool"); }

// One evaluation: the program and what it runs on.
struct Run {
  const Condition::Program& program;
  const Facts& facts;

  [[nodiscard]] Outcome truth(const Node& node) const;
  [[nodiscard]] Value value(const Node& node) const;
  [[nodiscard]] Value operand(const Node& node, std::size_t i) const {
    return value(program.operands(node)[i]);
  }
  [[nodiscard]] Value slot_equals(const Node& node) const;
  [[nodiscard]] Outcome negation(const Node& node) const;
  [[nodiscard]] Outcome chain(const Node& node, Outcome decisive) const;
  [[nodiscard]] Value conditional(const Node& node) const;
  [[nodiscard]] Value has_name(const Node& node) const;
  [[nodiscard]] Value has_member(const Node& node) const;
  [[nodiscard]] Value text_function(const Node& node) const;
  [[nodiscard]] Value match(const Node& node) const;
};

// Logic without values in between: what most conditions are made of.
Outcome Run::truth(const Node& node) const {
  if (node.op == Op::SlotEquals) return outcome_of(slot_equals(node));
  if (node.op == Op::And) return chain(node, Outcome::False);
  if (node.op == Op::Or) return chain(node, Outcome::True);
  if (node.op == Op::Not) return negation(node);
  return outcome_of(value(node));
}

Value Run::value(const Node& node) const {
  switch (node.op) {
    case Op::Constant:
      return program.constants[node.index];
    case Op::List:
      return Value::of(&program.lists.nodes[node.index]);
    case Op::Name:
      return facts.get(node.slot);
    case Op::MapMember:
      return facts.member(node.slot, node.index);
    case Op::SlotCompare:
      return compare(node.oper, facts.get(node.slot), program.constants[node.index]);
    case Op::SlotEquals:
      return slot_equals(node);
    case Op::Member:
      return member(operand(node, 0), program.constants[node.extra].text);
    case Op::Index:
      return element(operand(node, 0), operand(node, 1));
    case Op::Not:
    case Op::And:
    case Op::Or:
      return value_of(truth(node));
    case Op::Negate:
      return negate(operand(node, 0));
    case Op::Arithmetic:
      return calculate(node.oper, operand(node, 0), operand(node, 1));
    case Op::Compare:
      return compare(node.oper, operand(node, 0), operand(node, 1));
    case Op::In:
      return contained(operand(node, 0), operand(node, 1));
    case Op::Conditional:
      return conditional(node);
    case Op::HasName:
      return has_name(node);
    case Op::HasMapMember:
      return Value::of(facts.member(node.slot, node.index).kind != Kind::Error);
    case Op::HasMember:
      return has_member(node);
    case Op::Size:
      return size(operand(node, 0));
    case Op::StartsWith:
    case Op::EndsWith:
    case Op::Contains:
      return text_function(node);
    case Op::Matches:
      return match(node);
  }
  FUSEBOX_ASSERT(false);
  return {};
}

Value Run::slot_equals(const Node& node) const {
  const Value value = facts.get(node.slot);
  if (value.kind == Kind::Error) return value;
  return Value::of(value.kind == Kind::String &&
                   same_text(value.text, program.constants[node.index].text));
}

Outcome Run::negation(const Node& node) const {
  switch (truth(program.operands(node)[0])) {
    case Outcome::False:
      return Outcome::True;
    case Outcome::True:
      return Outcome::False;
    case Outcome::Error:
      break;
  }
  return Outcome::Error;
}

// `&&` and `||`: one operand that is `decisive` decides, whatever errs beside it.
Outcome Run::chain(const Node& node, Outcome decisive) const {
  const Node* const operands = program.operands(node);
  bool erred = false;
  for (std::uint32_t i = 0; i < node.extra; ++i) {
    // The usual term without a call: a quarter of the time of 100 rules (10.4 to 7.5 ns a rule).
    const Node& term = operands[i];
    const Outcome outcome = term.op == Op::SlotEquals ? outcome_of(slot_equals(term)) : truth(term);
    if (outcome == decisive) return decisive;
    erred = erred || outcome == Outcome::Error;
  }
  if (erred) return Outcome::Error;
  return decisive == Outcome::True ? Outcome::False : Outcome::True;
}

Value Run::conditional(const Node& node) const {
  const Value choice = operand(node, 0);
  if (choice.kind == Kind::Bool) return operand(node, choice.boolean ? 1 : 2);
  return choice.kind == Kind::Error ? choice : not_bool();
}

// An absent string reads as "", so an empty one counts as absent.
Value Run::has_name(const Node& node) const {
  const Value value = facts.get(node.slot);
  const bool empty = value.kind == Kind::String && value.text.empty();
  return Value::of(value.kind != Kind::Error && !empty);
}

Value Run::has_member(const Node& node) const {
  const Value map = operand(node, 0);
  if (map.kind == Kind::Error) return map;
  if (map.kind != Kind::Dynamic || map.dynamic->kind != DynamicKind::Map) {
    return Value::error("not a map");
  }
  const std::string_view key = program.constants[node.extra].text;
  return Value::of(find_member(*map.dynamic, key) != nullptr);
}

Value Run::text_function(const Node& node) const {
  const Value text = operand(node, 0);
  if (text.kind == Kind::Error) return text;
  const Value part = operand(node, 1);
  if (part.kind == Kind::Error) return part;
  if (text.kind != Kind::String || part.kind != Kind::String) return Value::error("not a string");
  if (node.op == Op::StartsWith) return Value::of(text.text.starts_with(part.text));
  if (node.op == Op::EndsWith) return Value::of(text.text.ends_with(part.text));
  return Value::of(contains(text.text, part.text));
}

Value Run::match(const Node& node) const {
  const Value text = operand(node, 0);
  if (text.kind == Kind::Error) return text;
  if (text.kind != Kind::String) return Value::error("not a string");
  return Value::of(matches(*program.patterns[node.extra], text.text));
}

}  // namespace

Outcome evaluate(const Condition::Program& program, const Facts& facts) {
  return Run{program, facts}.truth(program.root);
}

Value evaluate(const Condition::Program& program, const Facts& facts, const Node& node) {
  return Run{program, facts}.value(node);
}

}  // namespace fusebox::policy::detail
