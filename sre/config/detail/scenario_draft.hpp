// A scenario while it is read: its values beside the nodes they came from, for the rules that need
// several values and a place to point at.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "chaos/profile.hpp"
#include "chaos/scenario.hpp"
#include "sre/config/detail/map_reader.hpp"
#include "sre/config/scenario.hpp"

namespace fusebox::config::detail {

struct StageNodes {
  const Node* stage;
  std::vector<const Node*> faults;  // one for each of the stage's
};

struct ScenarioDraft {
  chaos::Scenario value;
  Report& report;
  const Node& spec;
  const chaos::Profile* profile = nullptr;  // null without a workload, or with an unknown one
  std::vector<const Node*> targets;         // one for each of the value's, as the next five
  std::vector<StageNodes> stages;
  std::vector<const Node*> steady_state;
  std::vector<const Node*> compare;
  std::vector<const Node*> guardrails;
  std::vector<const Node*> expect;
  std::vector<Reference> references;
  // Absent as long as nobody said it; the rules on arms need to know.
  std::optional<Ratio> control_percent;

  void error(Position at, std::string what, std::string expected = {}, std::string hint = {}) {
    report.error(at, ErrorCode::InvalidValue, std::move(what), std::move(expected),
                 std::move(hint));
  }
  void refer(ReferenceKind what, const Field& field, std::string name) {
    references.push_back({what, std::move(name), report.place(field.node.at)});
  }
};

// Where a key's value stands; the map's own place if it has none.
[[nodiscard]] Position place_of(const Node& map, std::string_view key);

// A lower-case letter, then lower-case letters, digits, `-` and `_`, at most 63.
[[nodiscard]] std::optional<std::string> as_name(const Field& field);
// The name of a document: a label.
[[nodiscard]] std::optional<std::string> as_document_name(const Field& field);
// A duration: "2s", or one of {const uniform exp lognormal pareto}.
[[nodiscard]] std::optional<chaos::Distribution> as_distribution(const Field& field);
// "200/s", "60/m"
struct Rate {
  std::int64_t count = 0;
  Duration per{};
};
[[nodiscard]] std::optional<Rate> as_rate(const Field& field);

// One of an enum's words, as its value.
template <class Enum, std::size_t N>
[[nodiscard]] std::optional<Enum> as_word(const Field& field,
                                          const std::array<std::string_view, N>& names,
                                          Names later = {}) {
  const auto index = as_index(field, names, later);
  return index ? std::optional(static_cast<Enum>(*index)) : std::nullopt;
}

// The name of an SLO, which goes to the references.
[[nodiscard]] std::string read_slo_name(const MapReader& map, std::string_view key,
                                        ReferenceKind what, ScenarioDraft& draft);

// The index of a target by its name; a name that no target has is reported.
[[nodiscard]] std::optional<std::size_t> read_target_index(const MapReader& map,
                                                           std::string_view key,
                                                           const ScenarioDraft& draft);

// Reports the second of two that share a name; "" is a name that was wrong.
void check_unique(std::string_view what, const std::vector<std::pair<std::string, Position>>& names,
                  Report& report);

// The elements of a list, at most `max` of them.
[[nodiscard]] std::vector<Field> bounded_list(const MapReader& map, std::string_view key,
                                              std::size_t max);

// The sections, each into the draft.
void read_targets(const MapReader& spec, ScenarioDraft& draft);
void read_workload(const MapReader& spec, ScenarioDraft& draft);
void read_population(const MapReader& spec, ScenarioDraft& draft);
void read_stages(const MapReader& spec, ScenarioDraft& draft);
[[nodiscard]] chaos::FaultSpec read_fault(const Field& field, ScenarioDraft& draft);
void read_hypothesis(const MapReader& spec, ScenarioDraft& draft);
void read_guardrails(const MapReader& spec, ScenarioDraft& draft);
void read_expectations(const MapReader& spec, ScenarioDraft& draft);

// What a section cannot see by itself. Values that were wrong have been reported, and are left out
// of the rules.
void check_targets(ScenarioDraft& draft);
void check_stages(ScenarioDraft& draft);
void check_arms(ScenarioDraft& draft);
void check_faults(ScenarioDraft& draft);
void check_windows(ScenarioDraft& draft);
void check_live(ScenarioDraft& draft);
void check_samples(ScenarioDraft& draft);

}  // namespace fusebox::config::detail
