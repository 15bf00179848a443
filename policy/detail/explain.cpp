#include "policy/detail/explain.hpp"

#include <array>
#include <charconv>
#include <cstdint>
#include <string_view>

#include "base/assert.hpp"
#include "base/json_writer.hpp"
#include "policy/detail/evaluator.hpp"

namespace fusebox::policy::detail {
namespace {

using Kind = Value::Kind;

std::string_view cut(std::string_view text) {
  if (text.size() <= kExplainedTextMax) return text;
  std::size_t end = kExplainedTextMax;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0) == 0x80) --end;
  return text.substr(0, end);
}

void append_text(std::string& out, std::string_view text) {
  const std::string_view shown = cut(text);
  out += '"';
  append_json_escaped(out, shown);
  out += shown.size() < text.size() ? "…\"" : "\"";
}

// The shortest form that reads back as the same double.
void append_double(std::string& out, double number) {
  std::array<char, 32> digits{};
  const auto [end, error] = std::to_chars(digits.data(), digits.data() + digits.size(), number);
  FUSEBOX_ASSERT(error == std::errc{});
  out.append(digits.data(), end);
}

void append_container(std::string& out, const DynamicNode& node) {
  out += node.kind == DynamicKind::List ? "a list of " : "a map of ";
  out += std::to_string(node.children);
}

void append_value(std::string& out, const Value& value) {
  switch (value.kind) {
    case Kind::Error:
      out += value.text;
      return;
    case Kind::Null:
      out += "null";
      return;
    case Kind::Bool:
      out += value.boolean ? "true" : "false";
      return;
    case Kind::Int:
      out += std::to_string(value.integer);
      return;
    case Kind::Double:
      append_double(out, value.number);
      return;
    case Kind::String:
      append_text(out, value.text);
      return;
    case Kind::Dynamic:
      append_container(out, *value.dynamic);
      return;
  }
  FUSEBOX_ASSERT(false);
}

void append_outcome(std::string& out, const Value& value) {
  if (value.kind == Kind::Bool) {
    out += value.boolean ? " is true" : " is false";
    return;
  }
  out += " is an error: ";
  out += value.kind == Kind::Error ? value.text : "not a bool";
}

// One explanation of one program on one input.
struct Explanation {
  const Condition::Program& program;
  const Facts& facts;
  std::string out;

  void append(const Term& term) {
    append_source(term.itself);
    append_outcome(out, evaluate(program, facts, term.itself.node));
    std::string_view separator = " (";
    for (const Mention& mention : term.looked_at) {
      out += separator;
      append_looked_at(mention);
      separator = ", ";
    }
    if (!term.looked_at.empty()) out += ")";
  }

  void append_looked_at(const Mention& mention) {
    const Value value = evaluate(program, facts, mention.node);
    append_source(mention);
    out += value.kind == Kind::Error ? ": " : " = ";
    append_value(out, value);
  }

  void append_source(const Mention& mention) {
    out.append(program.source, mention.begin, mention.end - mention.begin);
  }
};

}  // namespace

std::string explain(const Condition::Program& program, const Facts& facts) {
  Explanation explanation{.program = program, .facts = facts, .out = {}};
  for (const Term& term : program.terms) {
    if (!explanation.out.empty()) explanation.out += "; ";
    explanation.append(term);
  }
  return std::move(explanation.out);
}

}  // namespace fusebox::policy::detail
