#include <array>
#include <filesystem>
#include <utility>

#include "policy/decision.hpp"
#include "sre/config/detail/json.hpp"
#include "sre/config/detail/kinds.hpp"
#include "sre/config/detail/map_reader.hpp"

namespace fusebox::config::detail {
namespace {

constexpr std::array kSpecKeys{required("config"), required("tests")};
constexpr std::array kTestKeys{required("name"), required("check"), required("expect")};
constexpr std::array kExpectKeys{optional("effect"), optional("gate"), optional("reason"),
                                 optional("rule")};

constexpr std::size_t kTextMax = 1024;

// The words of an enum as decisions spell them, from `first` on.
template <class Enum>
std::vector<std::string_view> words(Enum first) {
  std::vector<std::string_view> names;
  for (auto i = static_cast<int>(first); i <= static_cast<int>(last_of(Enum{})); ++i) {
    names.push_back(policy::name_of(static_cast<Enum>(i)));
  }
  return names;
}

std::optional<std::string> as_word(const Field& field, Names names, Names later) {
  const auto index = as_index(field, names, later);
  return index ? std::optional(std::string(names[*index])) : std::nullopt;
}

std::optional<std::string> as_effect(const Field& field) {
  // A decision answers a kill as deny.
  auto names = words(policy::Effect::Allow);
  std::erase(names, policy::name_of(policy::Effect::Kill));
  return as_word(field, names, {});
}

std::optional<std::string> as_gate(const Field& field) {
  constexpr std::array<std::string_view, 1> kLater{"trust"};
  return as_word(field, words(policy::Gate::Kill), kLater);
}

std::optional<std::string> as_reason(const Field& field) {
  constexpr std::array<std::string_view, 3> kLater{"loop_detected", "trust_too_low",
                                                   "engine_error"};
  return as_word(field, words(policy::Reason::Killed), kLater);
}

void read_expect(const MapReader& expect, PolicyExpectation& out) {
  out.effect = expect.get("effect", as_effect);
  out.gate = expect.get("gate", as_gate);
  out.reason = expect.get("reason", as_reason);
  out.rule = expect.get("rule", as_text, kTextMax);
  if (!expect.is_map()) return;
  const bool any =
      expect.has("effect") || expect.has("gate") || expect.has("reason") || expect.has("rule");
  if (any) return;
  expect.report().error(expect.at(), ErrorCode::MissingKey, "nothing is expected",
                        "expected `effect`, `gate`, `reason` or `rule`");
}

PolicyExpectation read_test(const Field& field) {
  const MapReader test(field, kTestKeys);
  PolicyExpectation out;
  out.place = field.report.place(field.node.at);
  out.name = test.get("name", as_text, kTextMax).value_or("");
  if (const auto check = test.field("check")) {
    if (check->node.kind == NodeKind::Map) {
      out.check_json = to_json(check->node);
    } else {
      check->wrong_type("a map: the body of a check");
    }
  }
  if (const auto expect = test.map("expect", kExpectKeys)) read_expect(*expect, out);
  return out;
}

}  // namespace

PolicyTestFile read_policy_test(const Document& document) {
  const MapReader spec(document.spec, kSpecKeys);
  PolicyTestFile out;
  out.name = document.name;
  const auto folder = std::filesystem::path(document.spec.report.file()).parent_path();
  for (const std::string& path :
       spec.get("config", as_texts).value_or(std::vector<std::string>{})) {
    out.config_paths.push_back((folder / path).string());
  }
  for (const Field& item : spec.list("tests")) out.tests.push_back(read_test(item));
  if (spec.has("tests") && out.tests.empty()) {
    const auto tests = spec.field("tests");
    if (tests->node.kind == NodeKind::List) tests->invalid("at least one test");
  }
  return out;
}

}  // namespace fusebox::config::detail
