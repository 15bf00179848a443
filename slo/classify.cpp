#include "slo/classify.hpp"

namespace fusebox::slo {
namespace {

bool satisfies(double value, Comparison op, double bound) {
  switch (op) {
    case Comparison::Lte:
      return value <= bound;
    case Comparison::Gte:
      return value >= bound;
    case Comparison::Lt:
      return value < bound;
    case Comparison::Gt:
      return value > bound;
  }
  return false;
}

std::optional<Classified> classify_ratio(const RatioIndicator& indicator,
                                         const policy::Facts& facts, std::int64_t& errors) {
  if (!indicator.total.holds(facts, errors)) return std::nullopt;
  return Classified{.good = indicator.part.holds(facts, errors) == indicator.part_is_good,
                    .value = std::nullopt};
}

std::optional<Classified> classify_threshold(const ThresholdIndicator& indicator,
                                             const Objective& objective,
                                             const telemetry::Event& event,
                                             const policy::Facts& facts, std::int64_t& errors) {
  // The field before the condition: it is cheaper, and most events lack it.
  const auto value = telemetry::numeric_value(event, indicator.value);
  if (!value || !indicator.where.holds(facts, errors)) return std::nullopt;
  return Classified{.good = satisfies(*value, objective.op, objective.bound), .value = value};
}

}  // namespace

std::optional<Classified> classify(const SloSpec& spec, const telemetry::Event& event,
                                   std::int64_t& errors) {
  const telemetry::EventFacts facts(event);
  if (const auto* ratio = std::get_if<RatioIndicator>(&spec.indicator)) {
    return classify_ratio(*ratio, facts, errors);
  }
  const auto& threshold = std::get<ThresholdIndicator>(spec.indicator);
  return classify_threshold(threshold, spec.objectives.front(), event, facts, errors);
}

}  // namespace fusebox::slo
