// Multi-window, multi-burn-rate alerts: which pairs a target can reach, when one fires, and the
// low-traffic gate that keeps one failure of ten from waking a person.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>
#include <vector>

#include "base/ratio.hpp"
#include "base/time.hpp"
#include "slo/counts.hpp"
#include "slo/window.hpp"

namespace fusebox::slo {

enum class AlertSeverity : std::uint8_t { Page, Ticket };
inline constexpr std::size_t kAlertSeverityCount = 2;
constexpr AlertSeverity last_of(AlertSeverity) { return AlertSeverity::Ticket; }
[[nodiscard]] std::string_view name_of(AlertSeverity severity);

// Fires while both windows burn faster than `factor`, strictly.
struct AlertPair {
  BurnWindow long_window = BurnWindow::H1;
  BurnWindow short_window = BurnWindow::M5;
  Ratio factor;
  AlertSeverity severity = AlertSeverity::Page;
};

// The four pairs for an SLO window W: 2 % of the budget in 1 h, 5 % in 6 h (page), 10 % in 1 d and
// in 3 d (ticket), so factor = share x W / long window: 14.4, 6, 3, 1 for 30 d. Pairs whose long
// window exceeds W are left out.
[[nodiscard]] std::vector<AlertPair> standard_pairs(Duration slo_window);

// 1 / (1 - target): what a full outage burns at, which no burn rate exceeds. `target` in [0, 1).
// Worked: 10 at 90 %, so a page at 14.4 could never fire there.
[[nodiscard]] Ratio largest_burn_rate(Ratio target);

// Can a burn rate exceed the factor? Not if the factor is the largest one itself.
[[nodiscard]] bool reachable(Ratio factor, Ratio target);

// When too few events stand behind a burn rate. All three must hold on both windows.
struct LowTrafficRule {
  std::int64_t min_events = 0;
  std::int64_t min_bad = 2;
  // Fires only if so many bad events by chance, at an error ratio of exactly factor x (1 - target),
  // are less probable than this: P(X >= bad | total, factor x (1 - target)) < alpha. In (0, 1];
  // 1 turns the test off.
  Ratio alpha{1, 100};
};

// P(X >= successes) of a binomial with `trials` and probability `p`; relative error about 1e-12 up
// to a million trials. 0 <= successes <= trials, 0 <= p <= 1. Doubles only, so the bits are those
// of the machine's log and exp. 15 ns at ten trials, 330 ns at a million. Worked: (10, 1, 0.0144) =
// 0.13502.
[[nodiscard]] double binomial_tail(std::int64_t trials, std::int64_t successes, double p);

// Runs for each event while a pair burns, so a bound that costs 10 ns decides all but the close
// cases, and only these pay for binomial_tail. Weighted events count by their weight, which makes
// sampled telemetry look stronger than it is.
[[nodiscard]] bool enough_evidence(const LowTrafficRule& rule, Counts counts, Ratio target,
                                   Ratio factor);

}  // namespace fusebox::slo
