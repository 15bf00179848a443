#include "sre/engine/detail/spec_digest.hpp"

#include <string>
#include <variant>

#include "base/archive.hpp"

// Every specification is taken apart by a structured binding, so that a new field does not compile
// before somebody has decided whether state depends on it.

namespace fusebox::engine {
namespace {

// Writes values one after another; what an archive does not know is taken apart here.
class Text {
 public:
  template <class... T>
  Text& add(const T&... values) {
    (write(values), ...);
    return *this;
  }
  [[nodiscard]] killswitch::Digest digest() const { return killswitch::sha256(bytes_); }

 private:
  template <class T>
  void write(const T& value) {
    ArchiveWriter archive(bytes_);
    archive(value);
  }
  template <class T>
  void write(const std::optional<T>& value) {
    write(value.has_value());
    if (value) write(*value);
  }
  template <class T>
  void write(const std::vector<T>& values) {
    write(values.size());
    for (const T& value : values) write(value);
  }
  template <class T, std::size_t N>
  void write(const std::array<T, N>& values) {
    for (const T& value : values) write(value);
  }
  void write(Ratio ratio) { add(ratio.num, ratio.den); }
  void write(const KeySpec& key) { write(key.dimensions()); }
  void write(const policy::Condition& condition) { write(condition.text()); }
  void write(const policy::RuleScope& scope) { add(scope.dimension, scope.fixed); }

  void write(const slo::AlertPair& pair) {
    const auto& [long_window, short_window, factor, severity] = pair;
    add(long_window, short_window, factor, severity);
  }
  void write(const std::variant<slo::RatioIndicator, slo::ThresholdIndicator>& indicator) {
    if (const auto* ratio = std::get_if<slo::RatioIndicator>(&indicator)) {
      const auto& [total, part, part_is_good] = *ratio;
      add(0, total, part, part_is_good);
    } else {
      const auto& [where, value] = std::get<slo::ThresholdIndicator>(indicator);
      add(1, where, value);
    }
  }
  void write(const breakers::WindowSpec& window) {
    if (const auto* count = std::get_if<breakers::CountWindow>(&window)) {
      add(0, count->calls);
    } else {
      add(1, std::get<breakers::TimeWindow>(window).length);
    }
  }
  void write(const breakers::SlowDetector& slow) { add(slow.longer_than, slow.rate); }
  void write(const breakers::RateSpec& rate) { add(rate.limit, rate.per, rate.burst); }
  void write(const breakers::ConcurrencySpec& cap) { add(cap.max, cap.lease); }

  std::string bytes_;
};

}  // namespace

SpecDigest digest_of(const slo::SloSpec& spec) {
  const auto& [name, service, description, indicator, group_by, max_keys, window, objectives,
               low_traffic] = spec;
  Text text;
  text.add(indicator, group_by, max_keys, window, objectives.size());
  for (const auto& [objective_name, target, op, bound, alerts] : objectives) {
    text.add(target, op, bound, alerts);
  }
  SpecDigest digest;
  digest.state = text.digest();
  const auto& [min_events, min_bad, alpha] = low_traffic;
  text.add(name, service, description, min_events, min_bad, alpha);
  for (const slo::Objective& objective : objectives) text.add(objective.name);
  digest.whole = text.digest();
  return digest;
}

SpecDigest digest_of(const breakers::BreakerSpec& spec) {
  const auto& [name, key, where, window, minimum_calls, failure_rate, slow, consecutive_failures,
               open_wait, open_backoff, open_max, probes, patience, mode] = spec;
  Text text;
  text.add(key, where, window, minimum_calls, failure_rate, slow, consecutive_failures, open_wait,
           open_backoff, open_max, probes, patience);
  SpecDigest digest;
  digest.state = text.digest();
  digest.whole = text.add(name, mode).digest();
  return digest;
}

SpecDigest digest_of(const breakers::LimitSpec& spec) {
  const auto& [name, scope, where, window, budget, rate, concurrency, thresholds, on_exceed, mode] =
      spec;
  Text text;
  text.add(scope, where, window, rate.has_value(), concurrency.has_value());
  for (const auto& max : budget) text.add(max.has_value());
  SpecDigest digest;
  digest.state = text.digest();
  digest.whole = text.add(name, budget, rate, concurrency, thresholds, on_exceed, mode).digest();
  return digest;
}

killswitch::Digest state_digest_of(const policy::RuleSpec& rule) {
  const auto& [id, trigger, when, effect, scope, message, on_error, priority, mode] = rule;
  return Text{}.add(id, trigger, when, effect, scope, mode).digest();
}

}  // namespace fusebox::engine
