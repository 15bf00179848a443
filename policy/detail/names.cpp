#include "policy/detail/names.hpp"

#include <algorithm>
#include <array>
#include <vector>

#include "base/text.hpp"
#include "policy/detail/ast.hpp"
#include "policy/detail/mistakes.hpp"

namespace fusebox::policy::detail {
namespace {

constexpr std::array<std::string_view, 17> kReserved{
    "as",  "break", "const",   "continue",  "else",   "for", "function", "if",   "import",
    "let", "loop",  "package", "namespace", "return", "var", "void",     "while"};

constexpr std::array<std::string_view, 6> kFunctionNames{"has",      "size",     "startsWith",
                                                         "endsWith", "contains", "matches"};

struct WordHint {
  std::string_view word;
  std::string_view hint;
};

constexpr std::array<WordHint, 7> kWordHints{{{"and", "write && for and"},
                                              {"AND", "write && for and"},
                                              {"or", "write || for or"},
                                              {"OR", "write || for or"},
                                              {"not", "write ! for not"},
                                              {"NOT", "write ! for not"},
                                              {"is", "write == to compare"}}};

// What CEL has and this subset does not: macros, conversions, accessors.
constexpr std::array<std::string_view, 24> kLeftOut{
    "all",      "exists",          "exists_one", "filter",   "map",          "int",
    "uint",     "double",          "string",     "bytes",    "bool",         "type",
    "dyn",      "duration",        "timestamp",  "getDate",  "getDayOfWeek", "getFullYear",
    "getHours", "getMilliseconds", "getMinutes", "getMonth", "getSeconds",   "getDayOfMonth"};

bool contains(std::span<const std::string_view> words, std::string_view word) {
  return std::find(words.begin(), words.end(), word) != words.end();
}

bool is_member_of(std::string_view name, std::string_view prefix) {
  return name.size() > prefix.size() && name.starts_with(prefix) && name[prefix.size()] == '.';
}

std::string_view last_segment(std::string_view name) {
  const std::size_t dot = name.rfind('.');
  return dot == std::string_view::npos ? name : name.substr(dot + 1);
}

// "tool" for "slo.tool" and the other way round: right word, wrong place.
std::string_view same_last_segment(std::span<const std::string_view> names, std::string_view name) {
  const auto same = [&](std::string_view one) { return last_segment(one) == last_segment(name); };
  const auto found = std::find_if(names.begin(), names.end(), same);
  return found == names.end() ? std::string_view{} : *found;
}

std::string usage_of(const FunctionSpec& spec) {
  return std::string("write ") +
         (spec.method ? "x." + std::string(spec.name) + "(y)" : std::string(spec.name) + "(x)");
}

}  // namespace

const Symbol* find_symbol(const Schema& schema, std::string_view name) {
  for (const Symbol& symbol : schema.symbols) {
    if (symbol.name == name) return &symbol;
  }
  return nullptr;
}

bool is_namespace(const Schema& schema, std::string_view prefix) {
  return std::any_of(schema.symbols.begin(), schema.symbols.end(),
                     [&](const Symbol& symbol) { return is_member_of(symbol.name, prefix); });
}

ConditionError unknown_name(const Schema& schema, std::string_view name, std::size_t offset) {
  std::vector<std::string_view> names;
  std::vector<std::string_view> members;
  for (const Symbol& symbol : schema.symbols) {
    names.push_back(symbol.name);
    if (is_member_of(symbol.name, name)) members.push_back(symbol.name);
  }
  std::string_view meant = nearest(name, names);
  if (meant.empty()) meant = same_last_segment(names, name);
  return {.code = ErrorCode::ConditionName,
          .offset = offset,
          .what = "unknown name " + quoted(name),
          .expected = members.empty() ? "expected a name of " + std::string(schema.title)
                                      : "expected " + join_or(members),
          .hint = members.empty() ? did_you_mean(meant) : std::string()};
}

ConditionError unknown_function(std::string_view name, bool as_method, std::size_t offset) {
  ConditionError mistake{.code = ErrorCode::ConditionName,
                         .offset = offset,
                         .what = "unknown function " + quoted(name),
                         .expected = "expected " + join_or(kFunctionNames),
                         .hint = did_you_mean(nearest(name, kFunctionNames))};
  const FunctionSpec* other_form = find_function(name);
  if (other_form != nullptr && other_form->method != as_method) {
    mistake.what = quoted(name) + (as_method ? " is not a method" : " is a method");
    mistake.hint = usage_of(*other_form);
  } else if (contains(kLeftOut, name)) {
    mistake.what = "CEL's " + quoted(name) + " is not part of this language";
    mistake.hint.clear();
  } else if (!hint_for_word(name).empty()) {
    mistake.hint = hint_for_word(name);
  }
  return mistake;
}

std::string_view hint_for_word(std::string_view word) {
  for (const WordHint& known : kWordHints) {
    if (known.word == word) return known.hint;
  }
  return {};
}

bool is_reserved(std::string_view word) { return contains(kReserved, word); }

}  // namespace fusebox::policy::detail
