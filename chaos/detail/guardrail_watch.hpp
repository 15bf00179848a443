// One guardrail over a run: the burn rate of its arm over its window, judged every second on what
// telemetry delivered. A window without any event counts against it.
#pragma once

#include <cstddef>
#include <optional>
#include <string>

#include "base/time.hpp"
#include "chaos/result.hpp"
#include "chaos/scenario.hpp"
#include "chaos/slis.hpp"
#include "slo/spec.hpp"

namespace fusebox::chaos {

class GuardrailWatch {
 public:
  // Both must outlive it; `slo` is the index of `spec` in what judge() is given.
  GuardrailWatch(const Guardrail& guardrail, const slo::SloSpec& spec, std::size_t slo)
      : guardrail_(&guardrail), spec_(&spec), slo_(slo) {}

  // True if it trips now, once: the condition has held for `for`.
  bool judge(const Slis& delivered, Duration now);

  [[nodiscard]] const Guardrail& guardrail() const { return *guardrail_; }
  [[nodiscard]] std::size_t slo() const { return slo_; }
  // What held when it tripped: "no data of task-success in outside for 10s".
  [[nodiscard]] const std::string& violation() const { return violation_; }
  [[nodiscard]] Finding finding() const;

 private:
  [[nodiscard]] std::string text_of(std::optional<double> burn) const;

  const Guardrail* guardrail_;
  const slo::SloSpec* spec_;
  std::size_t slo_;
  std::optional<Duration> since_;    // when the condition began to hold
  std::optional<Duration> tripped_;  // at most once
  std::optional<double> highest_;    // burn rate; of a run without data none
  std::string violation_;
};

}  // namespace fusebox::chaos
