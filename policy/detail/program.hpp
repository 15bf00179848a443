// A compiled condition: flat nodes, operands side by side, and the constants they refer to.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "policy/condition.hpp"
#include "policy/detail/ast.hpp"
#include "policy/detail/pattern.hpp"
#include "policy/dynamic.hpp"
#include "policy/value.hpp"

namespace fusebox::policy::detail {

enum class Op : std::uint8_t {
  Constant,      // constants[index]
  List,          // lists.nodes[index]
  Name,          // facts.get(slot)
  MapMember,     // facts.member(slot, index)
  SlotCompare,   // facts.get(slot) `op` constants[index]: most terms of most rules
  SlotEquals,    // the same for `==` with a string
  Member,        // operand 0 . constants[extra]
  Index,         // operand 0 [operand 1]
  Not,           // operand 0
  Negate,        // operand 0
  Arithmetic,    // operand 0 `op` operand 1
  Compare,       // operand 0 `op` operand 1
  In,            // operand 0 in operand 1
  And,           // operands 0 … extra - 1
  Or,            // operands 0 … extra - 1
  Conditional,   // operand 0 ? operand 1 : operand 2
  HasName,       // facts.get(slot) is there
  HasMapMember,  // facts.member(slot, index) is there
  HasMember,     // operand 0 has constants[extra]
  Size,          // operand 0
  StartsWith,    // operand 0, operand 1
  EndsWith,
  Contains,
  Matches,  // operand 0, patterns[extra]
};

struct Node {
  Op op = Op::Constant;
  Operator oper = Operator::Equal;
  Slot slot = 0;
  std::uint32_t index = 0;  // first operand, or what the comment at the op says
  std::uint32_t extra = 0;
};

// A part of the condition that explain speaks of: source [begin, end) and how to get its value.
struct Mention {
  std::size_t begin = 0;
  std::size_t end = 0;
  Node node;
};

// An operand of the top-level `&&` and `||`, and what it looks at.
struct Term {
  Mention itself;
  std::vector<Mention> looked_at;
};

}  // namespace fusebox::policy::detail

namespace fusebox::policy {

// INVARIANT: never moved once filled, because constants and list nodes view into `texts`.
struct Condition::Program {
  detail::Node root;
  std::vector<detail::Node> nodes;
  std::vector<Value> constants;
  DynamicDocument lists;  // every list literal, one behind the other
  detail::Patterns patterns;
  std::string texts;  // the decoded literals
  std::string source;
  std::vector<detail::Term> terms;

  // The operands of `node`, which stand from `node.index` on.
  [[nodiscard]] const detail::Node* operands(const detail::Node& node) const {
    return nodes.data() + node.index;
  }
};

}  // namespace fusebox::policy
