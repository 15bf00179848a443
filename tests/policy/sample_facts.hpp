// One schema and one input for the tests of conditions: every type, and every way to be absent.
#pragma once

#include <array>
#include <cstdint>
#include <limits>
#include <string_view>
#include <utility>
#include <vector>

#include "policy/condition.hpp"
#include "policy/value.hpp"

namespace fusebox::policy::testing {

// A dynamic value as a tree; flatten() makes the document that conditions see.
struct Tree {
  DynamicNode node;
  std::vector<Tree> children = {};
};

inline Tree null() { return {}; }
inline Tree boolean(bool value) { return {{.kind = DynamicKind::Bool, .boolean = value}}; }
inline Tree integer(std::int64_t value) { return {{.kind = DynamicKind::Int, .integer = value}}; }
inline Tree number(double value) { return {{.kind = DynamicKind::Double, .number = value}}; }
inline Tree text(std::string_view value) { return {{.kind = DynamicKind::String, .text = value}}; }
inline Tree list(std::vector<Tree> elements) {
  return {{.kind = DynamicKind::List}, std::move(elements)};
}
inline Tree map(const std::vector<std::pair<std::string_view, Tree>>& members) {
  Tree tree{{.kind = DynamicKind::Map}};
  for (const auto& [key, member] : members) {
    tree.children.push_back(member);
    tree.children.back().node.key = key;
  }
  return tree;
}

inline void append(const Tree& tree, std::vector<DynamicNode>& nodes) {
  const std::size_t at = nodes.size();
  nodes.push_back(tree.node);
  for (const Tree& child : tree.children) append(child, nodes);
  nodes[at].children = static_cast<std::uint32_t>(tree.children.size());
  nodes[at].descendants = static_cast<std::uint32_t>(nodes.size() - at - 1);
}

inline DynamicDocument flatten(const Tree& tree) {
  DynamicDocument document;
  append(tree, document.nodes);
  return document;
}

enum class Sample : Slot {
  Action,
  Target,
  Empty,
  Flag,
  Tokens,
  Largest,
  Absent,
  Cost,
  NotANumber,
  Beyond,
  Args,
  Any,
  Tags,
  SloName,
  SloKey,
  SloSli,
  SloTarget,
  BurnRate,
};

constexpr Slot slot_of(Sample sample) { return static_cast<Slot>(sample); }

inline constexpr std::array<std::string_view, 4> kActions{"llm", "tool", "delegation", "task"};
inline constexpr std::array<std::string_view, 3> kBurnWindows{"5m", "1h", "fast"};

inline constexpr std::array<Symbol, 18> kSampleSymbols{{
    {"action", Type::String, slot_of(Sample::Action), kActions},
    {"target", Type::String, slot_of(Sample::Target)},
    {"empty", Type::String, slot_of(Sample::Empty)},
    {"flag", Type::Bool, slot_of(Sample::Flag)},
    {"tokens", Type::Int, slot_of(Sample::Tokens)},
    {"largest", Type::Int, slot_of(Sample::Largest)},
    {"absent", Type::Int, slot_of(Sample::Absent)},
    {"cost", Type::Double, slot_of(Sample::Cost)},
    {"nan", Type::Double, slot_of(Sample::NotANumber)},
    {"beyond", Type::Double, slot_of(Sample::Beyond)},
    {"args", Type::Map, slot_of(Sample::Args)},
    {"any", Type::Dynamic, slot_of(Sample::Any)},
    {"tags", Type::List, slot_of(Sample::Tags), {}, Type::String},
    {"slo.name", Type::String, slot_of(Sample::SloName)},
    {"slo.key", Type::Map, slot_of(Sample::SloKey), {}, Type::String},
    {"slo.sli", Type::Double, slot_of(Sample::SloSli)},
    {"slo.objective", Type::Double, slot_of(Sample::SloTarget)},
    {"slo.burn_rate", Type::Map, slot_of(Sample::BurnRate), kBurnWindows, Type::Double},
}};

inline constexpr Schema kSampleSchema{"sample conditions", kSampleSymbols};

// What the conditions of the tests are asked about:
//   action "tool", target "sql_écho", empty "", flag true, tokens 7, largest 2^63 - 1,
//   absent: an error, cost 0.5, nan: NaN, beyond 2^53 as a double, tags ["red", "blue"], any 42,
//   slo.name "tool-success", slo.key {agent: "bot"}, slo.sli: an error, slo.objective 0.99,
//   slo.burn_rate 5m: 20.0, 1h: an error, fast: 3.5, and args as below.
class SampleFacts final : public Facts {
 public:
  SampleFacts()
      : args_(flatten(map({
            {"path", text("/prod/db")},
            {"n", integer(7)},
            {"big", integer(9'007'199'254'740'993)},
            {"half", number(0.5)},
            {"on", boolean(true)},
            {"nothing", null()},
            {"word", text("aé😀")},
            {"list", list({integer(1), number(2.0), text("three"), null(), list({integer(4)})})},
            {"maps", list({map({{"a", integer(1)}}), integer(2)})},
            {"map", map({{"a", integer(1)}, {"b", map({{"c", text("deep")}})}})},
            {"content-type", text("text/plain")},
            {"in", integer(3)},
        }))),
        tags_(flatten(list({text("red"), text("blue")}))),
        key_(flatten(map({{"agent", text("bot")}}))) {}

  [[nodiscard]] Value get(Slot slot) const override {
    switch (static_cast<Sample>(slot)) {
      case Sample::Action:
        return Value::of(std::string_view("tool"));
      case Sample::Target:
        return Value::of(std::string_view("sql_écho"));
      case Sample::Empty:
        return Value::of(std::string_view());
      case Sample::Flag:
        return Value::of(true);
      case Sample::Tokens:
        return Value::of(std::int64_t{7});
      case Sample::Largest:
        return Value::of(std::numeric_limits<std::int64_t>::max());
      case Sample::Absent:
      case Sample::SloSli:
      case Sample::BurnRate:
        return Value::error("absent");
      case Sample::Cost:
        return Value::of(0.5);
      case Sample::NotANumber:
        return Value::of(std::numeric_limits<double>::quiet_NaN());
      case Sample::Beyond:
        return Value::of(9007199254740992.0);
      case Sample::Args:
        return Value::of(args_.root());
      case Sample::Any:
        return Value::of(std::int64_t{42});
      case Sample::Tags:
        return Value::of(tags_.root());
      case Sample::SloName:
        return Value::of(std::string_view("tool-success"));
      case Sample::SloKey:
        return Value::of(key_.root());
      case Sample::SloTarget:
        return Value::of(0.99);
    }
    return Value::error("no such slot");
  }

  [[nodiscard]] Value member(Slot slot, std::size_t literal) const override {
    if (slot != slot_of(Sample::BurnRate) || literal == 1) return Value::error("absent");
    return Value::of(literal == 0 ? 20.0 : 3.5);
  }

 private:
  DynamicDocument args_;
  DynamicDocument tags_;
  DynamicDocument key_;
};

}  // namespace fusebox::policy::testing
