#include <array>
#include <utility>

#include "base/text.hpp"
#include "sre/config/detail/kinds.hpp"
#include "sre/config/detail/map_reader.hpp"

namespace fusebox::config::detail {
namespace {

constexpr std::array kSpecKeys{optional("description"), optional("thresholdMetric"),
                               optional("ratioMetric")};
constexpr std::array kRatioKeys{optional("counter"), optional("good"), optional("bad"),
                                optional("total"),   later("raw"),     later("rawType")};
constexpr std::array kMetricKeys{required("metricSource")};
constexpr std::array kSourceKeys{optional("type"), optional("spec"), later("metricSourceRef")};
constexpr std::array kRatioSourceKeys{required("where")};
constexpr std::array kThresholdSourceKeys{required("where"), required("value")};

constexpr std::size_t kTextMax = 1050;

// The `spec` of a metricSource of type fusebox.
std::optional<MapReader> read_source(const Field& metric, std::span<const Key> keys) {
  const MapReader reader(metric, kMetricKeys);
  const auto source = reader.map("metricSource", kSourceKeys);
  if (!source) return std::nullopt;
  // A reference to a DataSource comes later, and needs neither of these.
  if (!source->has("metricSourceRef")) {
    source->require("type");
    source->require("spec");
  }
  const auto type = source->get("type", as_text, kTextMax);
  if (!type) return std::nullopt;
  if (*type != "fusebox") {
    source->field("type")->error(ErrorCode::InvalidValue,
                                 "metricSource of type " + quoted(*type) + " cannot be read here",
                                 "expected type: fusebox with spec: {where: CONDITION}");
    return std::nullopt;
  }
  return source->map("spec", keys);
}

std::optional<policy::Condition> read_events(const Field& metric) {
  const auto source = read_source(metric, kRatioSourceKeys);
  if (!source) return std::nullopt;
  return source->get("where", as_condition, telemetry::indicator_schema());
}

std::optional<telemetry::NumericField> as_numeric_field(const Field& field) {
  const auto index = as_index(field, telemetry::numeric_field_names(), {});
  if (!index) return std::nullopt;
  return telemetry::parse_numeric_field(telemetry::numeric_field_names()[*index]);
}

std::optional<Indicator> read_ratio(const MapReader& ratio) {
  static_cast<void>(ratio.get("counter", as_bool));
  // `raw` has been refused as coming later; what it replaces is not missing.
  if (!ratio.has("raw")) {
    ratio.exactly_one({"good", "bad"});
    ratio.require("total");
  }
  const auto good = ratio.field("good");
  const auto bad = ratio.field("bad");
  const auto total = ratio.field("total");
  auto part = good ? read_events(*good) : std::nullopt;
  auto bad_part = bad ? read_events(*bad) : std::nullopt;
  auto all = total ? read_events(*total) : std::nullopt;
  if (bad_part && !good) part = std::move(bad_part);
  if (!part || !all) return std::nullopt;
  return slo::RatioIndicator{
      .total = std::move(*all), .part = std::move(*part), .part_is_good = good.has_value()};
}

std::optional<Indicator> read_threshold(const Field& metric) {
  const auto source = read_source(metric, kThresholdSourceKeys);
  if (!source) return std::nullopt;
  auto where = source->get("where", as_condition, telemetry::indicator_schema());
  const auto value = source->get("value", as_numeric_field);
  if (!where || !value) return std::nullopt;
  return slo::ThresholdIndicator{.where = std::move(*where), .value = *value};
}

}  // namespace

std::optional<Indicator> read_sli(const Field& field) {
  const MapReader spec(field, kSpecKeys);
  static_cast<void>(spec.get("description", as_text, kTextMax));
  spec.exactly_one({"thresholdMetric", "ratioMetric"});
  if (const auto ratio = spec.map("ratioMetric", kRatioKeys)) return read_ratio(*ratio);
  const auto threshold = spec.field("thresholdMetric");
  return threshold ? read_threshold(*threshold) : std::nullopt;
}

}  // namespace fusebox::config::detail
