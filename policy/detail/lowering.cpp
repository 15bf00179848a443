#include "policy/detail/lowering.hpp"

#include <algorithm>
#include <optional>
#include <utility>
#include <vector>

#include "base/assert.hpp"

namespace fusebox::policy::detail {
namespace {

// The operator of `b op a` that says the same as `a op b`.
Operator mirrored(Operator op) {
  switch (op) {
    case Operator::Less:
      return Operator::Greater;
    case Operator::LessEqual:
      return Operator::GreaterEqual;
    case Operator::Greater:
      return Operator::Less;
    case Operator::GreaterEqual:
      return Operator::LessEqual;
    case Operator::Equal:
    case Operator::NotEqual:
      return op;
    case Operator::Add:
    case Operator::Subtract:
    case Operator::Multiply:
    case Operator::Divide:
    case Operator::Modulo:
    case Operator::In:
      break;
  }
  FUSEBOX_ASSERT(false);
  return op;
}

bool is_comparison(Operator op) { return op >= Operator::Equal && op <= Operator::GreaterEqual; }

Op op_of(Function function) {
  switch (function) {
    case Function::Has:
      return Op::HasMember;
    case Function::Size:
      return Op::Size;
    case Function::StartsWith:
      return Op::StartsWith;
    case Function::EndsWith:
      return Op::EndsWith;
    case Function::Contains:
      return Op::Contains;
    case Function::Matches:
      return Op::Matches;
  }
  FUSEBOX_ASSERT(false);
  return Op::Size;
}

class Lowering {
 public:
  Lowering(std::string_view source, const Ast& ast, Patterns patterns)
      : ast_(ast), lowered_(ast.nodes.size()), program_(std::make_shared<Condition::Program>()) {
    program_->source = source;
    program_->patterns = std::move(patterns);
    // A decoded literal, or a member's name, is never longer than its source, and each is taken at
    // most twice: a member by has() and by what explain mentions.
    program_->texts.reserve(2 * source.size());
  }

  std::shared_ptr<const Condition::Program> run() && {
    program_->root = lower(ast_.root);
    add_terms(ast_.root);
    return std::move(program_);
  }

 private:
  Node lower(AstIndex index);
  Node lower_new(AstIndex index);
  Node lower_literal(const AstNode& node);
  Node lower_list(AstIndex index);
  Node lower_member(const AstNode& node);
  Node lower_binary(const AstNode& node);
  std::optional<Node> lower_slot_comparison(const AstNode& node);
  Node lower_call(const AstNode& node);
  Node lower_has(const AstNode& node);
  Node lower_operands(Op op, const AstNode& node, std::uint32_t extra = 0);
  std::uint32_t append_operands(const std::vector<AstIndex>& operands);
  std::uint32_t add_constant(Value value);
  std::uint32_t add_text(std::string_view text);
  std::string_view keep(std::string_view text);
  void add_list_nodes(AstIndex index);

  void add_terms(AstIndex index);
  void add_looked_at(AstIndex index, std::vector<Mention>& mentions);
  Mention mention(AstIndex index);
  [[nodiscard]] bool is_reference(const AstNode& node) const;
  [[nodiscard]] std::string_view source_of(const Mention& mention) const;

  const Ast& ast_;
  std::vector<std::optional<Node>> lowered_;
  std::shared_ptr<Condition::Program> program_;
};

// Once per tree node, so that what explain mentions shares the operands of the condition itself.
Node Lowering::lower(AstIndex index) {
  std::optional<Node>& known = lowered_[index];
  if (!known) known = lower_new(index);
  return *known;
}

Node Lowering::lower_new(AstIndex index) {
  const AstNode& node = ast_.nodes[index];
  switch (node.kind) {
    case AstKind::Literal:
      return lower_literal(node);
    case AstKind::List:
      return lower_list(index);
    case AstKind::Symbol:
      return {.op = Op::Name, .slot = node.symbol->slot};
    case AstKind::Select:
    case AstKind::Index:
      return lower_member(node);
    case AstKind::Not:
      return lower_operands(Op::Not, node);
    case AstKind::Negate:
      return lower_operands(Op::Negate, node);
    case AstKind::Binary:
      return lower_binary(node);
    case AstKind::And:
      return lower_operands(Op::And, node, static_cast<std::uint32_t>(node.operands.size()));
    case AstKind::Or:
      return lower_operands(Op::Or, node, static_cast<std::uint32_t>(node.operands.size()));
    case AstKind::Conditional:
      return lower_operands(Op::Conditional, node);
    case AstKind::Call:
      return lower_call(node);
    case AstKind::Invalid:
      break;
  }
  FUSEBOX_ASSERT(false);
  return {};
}

// Operands are lowered first, each adding its own operands, and then stand side by side.
std::uint32_t Lowering::append_operands(const std::vector<AstIndex>& operands) {
  std::vector<Node> lowered;
  lowered.reserve(operands.size());
  for (const AstIndex operand : operands) lowered.push_back(lower(operand));
  std::vector<Node>& nodes = program_->nodes;
  const auto first = static_cast<std::uint32_t>(nodes.size());
  nodes.insert(nodes.end(), lowered.begin(), lowered.end());
  return first;
}

Node Lowering::lower_operands(Op op, const AstNode& node, std::uint32_t extra) {
  return {.op = op, .oper = node.op, .index = append_operands(node.operands), .extra = extra};
}

Node Lowering::lower_literal(const AstNode& node) {
  const bool text = node.literal.kind == Value::Kind::String;
  return {.op = Op::Constant, .index = text ? add_text(node.text) : add_constant(node.literal)};
}

Node Lowering::lower_list(AstIndex index) {
  const auto first = static_cast<std::uint32_t>(program_->lists.nodes.size());
  add_list_nodes(index);
  return {.op = Op::List, .index = first};
}

void Lowering::add_list_nodes(AstIndex index) {
  const AstNode& node = ast_.nodes[index];
  std::vector<DynamicNode>& nodes = program_->lists.nodes;
  const std::size_t at = nodes.size();
  nodes.emplace_back();
  if (node.kind == AstKind::List) {
    for (const AstIndex element : node.operands) add_list_nodes(element);
    nodes[at].kind = DynamicKind::List;
    nodes[at].children = static_cast<std::uint32_t>(node.operands.size());
    nodes[at].descendants = static_cast<std::uint32_t>(nodes.size() - at - 1);
    return;
  }
  DynamicNode& scalar = nodes[at];
  switch (node.literal.kind) {
    case Value::Kind::Null:
      return;
    case Value::Kind::Bool:
      scalar.kind = DynamicKind::Bool;
      scalar.boolean = node.literal.boolean;
      return;
    case Value::Kind::Int:
      scalar.kind = DynamicKind::Int;
      scalar.integer = node.literal.integer;
      return;
    case Value::Kind::Double:
      scalar.kind = DynamicKind::Double;
      scalar.number = node.literal.number;
      return;
    case Value::Kind::String:
      scalar.kind = DynamicKind::String;
      scalar.text = keep(node.text);
      return;
    case Value::Kind::Error:
    case Value::Kind::Dynamic:
      break;
  }
  FUSEBOX_ASSERT(false);
}

Node Lowering::lower_member(const AstNode& node) {
  if (node.map_key) {
    return {.op = Op::MapMember,
            .slot = ast_.operand(node, 0).symbol->slot,
            .index = static_cast<std::uint32_t>(*node.map_key)};
  }
  if (node.kind == AstKind::Index) return lower_operands(Op::Index, node);
  return lower_operands(Op::Member, node, add_text(node.text));
}

Node Lowering::lower_binary(const AstNode& node) {
  if (node.map_key) {
    return {.op = Op::HasMapMember,
            .slot = ast_.operand(node, 1).symbol->slot,
            .index = static_cast<std::uint32_t>(*node.map_key)};
  }
  if (node.op == Operator::In) return lower_operands(Op::In, node);
  if (!is_comparison(node.op)) return lower_operands(Op::Arithmetic, node);
  if (const std::optional<Node> fused = lower_slot_comparison(node)) return *fused;
  return lower_operands(Op::Compare, node);
}

// `name op literal`, either way round.
std::optional<Node> Lowering::lower_slot_comparison(const AstNode& node) {
  const AstNode* name = &ast_.operand(node, 0);
  const AstNode* literal = &ast_.operand(node, 1);
  Operator op = node.op;
  if (name->kind == AstKind::Literal) {
    std::swap(name, literal);
    op = mirrored(op);
  }
  if (name->kind != AstKind::Symbol || literal->kind != AstKind::Literal) return std::nullopt;
  const bool equals_text = op == Operator::Equal && is_text(*literal);
  return Node{.op = equals_text ? Op::SlotEquals : Op::SlotCompare,
              .oper = op,
              .slot = name->symbol->slot,
              .index = lower_literal(*literal).index};
}

Node Lowering::lower_call(const AstNode& node) {
  switch (node.function) {
    case Function::Has:
      return lower_has(ast_.operand(node, 0));
    case Function::Matches:
      return {.op = Op::Matches,
              .index = append_operands({node.operands[0]}),
              .extra = static_cast<std::uint32_t>(node.pattern)};
    case Function::Size:
    case Function::StartsWith:
    case Function::EndsWith:
    case Function::Contains:
      break;
  }
  return lower_operands(op_of(node.function), node);
}

Node Lowering::lower_has(const AstNode& node) {
  if (node.kind == AstKind::Symbol) return {.op = Op::HasName, .slot = node.symbol->slot};
  Node member = lower_member(node);
  member.op = node.map_key ? Op::HasMapMember : Op::HasMember;
  return member;
}

std::uint32_t Lowering::add_constant(Value value) {
  program_->constants.push_back(value);
  return static_cast<std::uint32_t>(program_->constants.size() - 1);
}

std::uint32_t Lowering::add_text(std::string_view text) {
  return add_constant(Value::of(keep(text)));
}

std::string_view Lowering::keep(std::string_view text) {
  std::string& texts = program_->texts;
  FUSEBOX_ASSERT(texts.size() + text.size() <= texts.capacity());
  const std::size_t at = texts.size();
  texts += text;
  return std::string_view(texts).substr(at);
}

void Lowering::add_terms(AstIndex index) {
  const AstNode& node = ast_.nodes[index];
  if (node.kind == AstKind::And || node.kind == AstKind::Or) {
    for (const AstIndex operand : node.operands) add_terms(operand);
    return;
  }
  Term term{.itself = mention(index), .looked_at = {}};
  if (!is_reference(node)) add_looked_at(index, term.looked_at);
  program_->terms.push_back(std::move(term));
}

// The names and member chains under a node, each once.
void Lowering::add_looked_at(AstIndex index, std::vector<Mention>& mentions) {
  const AstNode& node = ast_.nodes[index];
  if (is_keyed_map(node)) return;
  if (!is_reference(node)) {
    for (const AstIndex operand : node.operands) add_looked_at(operand, mentions);
    return;
  }
  const Mention found = mention(index);
  const bool known = std::any_of(mentions.begin(), mentions.end(), [&](const Mention& other) {
    return source_of(other) == source_of(found);
  });
  if (!known) mentions.push_back(found);
}

bool Lowering::is_reference(const AstNode& node) const {
  if (node.kind == AstKind::Symbol) return true;
  const bool member = node.kind == AstKind::Select || node.kind == AstKind::Index;
  return member && is_reference(ast_.operand(node, 0));
}

Mention Lowering::mention(AstIndex index) {
  const AstNode& node = ast_.nodes[index];
  return {.begin = node.begin, .end = node.end, .node = lower(index)};
}

std::string_view Lowering::source_of(const Mention& mention) const {
  return std::string_view(program_->source).substr(mention.begin, mention.end - mention.begin);
}

}  // namespace

std::shared_ptr<const Condition::Program> lower(std::string_view source, const Ast& ast,
                                                Patterns patterns) {
  return Lowering(source, ast, std::move(patterns)).run();
}

}  // namespace fusebox::policy::detail
