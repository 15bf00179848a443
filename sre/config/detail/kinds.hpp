// One reader for each kind of document: a Document in, a spec out. Mistakes are reported and the
// reading goes on, so the result of a document with mistakes has no meaning; load() drops it.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "breakers/breaker.hpp"
#include "breakers/limit.hpp"
#include "policy/rules.hpp"
#include "slo/spec.hpp"
#include "sre/config/detail/document.hpp"
#include "sre/config/policy_test.hpp"
#include "sre/config/scenario.hpp"
#include "sre/config/settings.hpp"

namespace fusebox::config::detail {

// What a Config document says.
struct ConfigSpec {
  Settings settings;
  Duration lateness = std::chrono::minutes{5};
  std::optional<Duration> silence;
  std::optional<bool> presets;  // absent: on without any SLO document
};
[[nodiscard]] ConfigSpec read_config(const Document& document);
// The paths of `include` in a Config document; nothing in any other.
struct IncludePath {
  std::string path;
  Position at;
};
[[nodiscard]] std::vector<IncludePath> includes_of(const Node& root);

using Indicator = std::variant<slo::RatioIndicator, slo::ThresholdIndicator>;

// An SLI document by name; `indicator` is absent if it has mistakes.
struct NamedIndicator {
  std::string_view name;
  std::optional<Indicator> indicator;
};
[[nodiscard]] std::optional<Indicator> read_sli(const Field& field);
void read_service(const Document& document);
[[nodiscard]] std::optional<slo::SloSpec> read_slo(const Document& document,
                                                   std::span<const NamedIndicator> indicators);

[[nodiscard]] breakers::BreakerSpec read_breaker(const Document& document);
[[nodiscard]] breakers::LimitSpec read_limit(const Document& document);

// An SLO that rules may be about; `group_by` is null if the document has mistakes.
struct KnownSlo {
  std::string_view name;
  const KeySpec* group_by;
};
// A rule's id and where it stands, for uniqueness over all policies.
struct RulePlace {
  std::string id;
  Position at;
};
[[nodiscard]] policy::PolicySpec read_policy(const Document& document,
                                             std::span<const KnownSlo> slos,
                                             std::vector<RulePlace>& rules);

[[nodiscard]] PolicyTestFile read_policy_test(const Document& document);
[[nodiscard]] ScenarioFile read_scenario(const Document& document);

}  // namespace fusebox::config::detail
