#include "breakers/detail/transition_text.hpp"

namespace fusebox::breakers::detail {
namespace {

// "50%", "99.95%"; a ratio without a decimal form as it was written: "1/3".
std::string percent(Ratio ratio) {
  if (ratio == Ratio{1, 1}) return "100%";
  const std::string text = format_ratio(make_ratio(ratio.num * 100, ratio.den));
  return text.find('/') == std::string::npos ? text + "%" : format_ratio(ratio);
}

std::string of_calls(std::int64_t part, std::int64_t calls) {
  return std::to_string(part) + " of " + std::to_string(calls) + (calls == 1 ? " call" : " calls");
}

std::string failure_text(const Transition& moved, const BreakerSpec& spec) {
  return of_calls(moved.failures, moved.calls) + " failed: at or above " +
         percent(*spec.failure_rate);
}

std::string slow_text(const Transition& moved, const BreakerSpec& spec) {
  return of_calls(moved.slow, moved.calls) + " took longer than " +
         format_duration(spec.slow->longer_than) + ": at or above " + percent(spec.slow->rate);
}

// Half-open rates are over all `probes` results, also where fewer were enough to be certain.
std::string probe_failed_text(const Transition& moved, const BreakerSpec& spec) {
  if (!spec.failure_rate && moved.failures > 0) return "a call failed while half-open";
  Transition of_probes = moved;
  of_probes.calls = spec.probes;
  const Int128 failures = moved.failures;
  const bool by_failures =
      spec.failure_rate && failures * spec.failure_rate->den >=
                               static_cast<Int128>(spec.probes) * spec.failure_rate->num;
  return by_failures ? failure_text(of_probes, spec) : slow_text(of_probes, spec);
}

std::string probe_succeeded_text(const Transition& moved) {
  return of_calls(moved.calls - moved.failures, moved.calls) + " succeeded while half-open";
}

}  // namespace

std::string reason_of(const Transition& moved, const BreakerSpec& spec) {
  switch (moved.detector) {
    case Detector::None:
      return "open for " + format_duration(moved.wait);
    case Detector::FailureRate:
      return failure_text(moved, spec);
    case Detector::SlowRate:
      return slow_text(moved, spec);
    case Detector::ConsecutiveFailures:
      return std::to_string(moved.failures) + " failures in a row";
    case Detector::ProbeFailed:
      return probe_failed_text(moved, spec);
    case Detector::ProbePatience:
      return "a probe gave no answer for " + format_duration(spec.patience);
    case Detector::ProbeSucceeded:
      return probe_succeeded_text(moved);
  }
  return "";
}

}  // namespace fusebox::breakers::detail
