// Every expectation that the engine's lines decide, held and broken.
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "tests/chaos/expect_rows.hpp"

namespace fusebox::chaos {
namespace {

ExpectBreaker opens(std::optional<Duration> closed_within = {}) {
  return {
      .breaker = "models", .state = "open", .within = seconds{20}, .closed_within = closed_within};
}

telemetry::SloStatusRecord status_line(const std::string& to, bool uncertain) {
  return {.slo = "task-success",
          .key = "{}",
          .objective_name = "",
          .from = "healthy",
          .to = to,
          .budget_remaining = 1,
          .uncertain = uncertain};
}

telemetry::BreakerRecord other_breaker() {
  telemetry::BreakerRecord other = breaker_line("open");
  other.name = "tools";
  return other;
}

const ExpectUncertain kUnknown{.slo = "task-success", .within = seconds{30}};
const ExpectAlert kOnce{.slo = "task-success", .within = seconds{30}, .count_max = 1};
const ExpectKillSwitch kStops{.scope = "agent:*", .within = seconds{30}};
const ExpectKillSwitch kNever{.scope = "*", .within = {}};

const ExpectRow kEngineRows[] = {
    {"breaker opens",
     opens(),
     {{seconds{71}, breaker_line("open")}},
     {},
     kPass,
     "models open after 11s"},
    {"breaker opens at the deadline",
     opens(),
     {{seconds{80}, breaker_line("open")}},
     {},
     kPass,
     "after 20s"},
    {"breaker opens too late",
     opens(),
     {{seconds{81}, breaker_line("open")}},
     {},
     kFail,
     "not reached within 20s"},
    {"breaker opens in control",
     opens(),
     {{seconds{71}, breaker_line("open", Arm::Control)}},
     {},
     kFail,
     "never moved"},
    {"another breaker opens",
     opens(),
     {{seconds{71}, other_breaker()}},
     {},
     kFail,
     "models never moved"},
    {"breaker was open before",
     opens(),
     {{seconds{50}, breaker_line("open")}},
     {},
     kPass,
     "at once"},
    {"breaker was open before the faults, not any more",
     opens(),
     {{seconds{40}, breaker_line("open")}, {seconds{50}, breaker_line("closed")}},
     {},
     kFail,
     "not reached"},
    {"breaker closes again",
     opens(seconds{30}),
     {{seconds{71}, breaker_line("open")}, {seconds{149}, breaker_line("closed")}},
     {},
     kPass,
     "closed again 30s after the faults ended"},
    {"breaker closes too late",
     opens(seconds{30}),
     {{seconds{71}, breaker_line("open")}, {seconds{151}, breaker_line("closed")}},
     {},
     kFail,
     "1 of 1 key not closed"},
    {"breaker opens again in time to be seen",
     opens(seconds{30}),
     {{seconds{71}, breaker_line("open")},
      {seconds{130}, breaker_line("closed")},
      {seconds{140}, breaker_line("open")}},
     {},
     kFail,
     "not closed"},
    {"kill switch trips",
     kStops,
     {{seconds{75}, kill_line("agent:bot")}},
     {},
     kPass,
     "agent:bot tripped after 15s"},
    {"kill switch trips too late",
     kStops,
     {{seconds{95}, kill_line("agent:bot")}},
     {},
     kFail,
     "nothing tripped within 30s"},
    {"kill switch trips elsewhere",
     kStops,
     {{seconds{75}, kill_line("tool:shell")}},
     {},
     kFail,
     "nothing tripped"},
    {"kill switch tripped before any fault",
     kStops,
     {{seconds{5}, kill_line("agent:bot")}},
     {},
     kFail,
     "nothing tripped"},
    {"kill switch stays armed", kNever, {}, {}, kPass, "nothing tripped"},
    {"kill switch must not trip",
     kNever,
     {{seconds{5}, kill_line("agent:bot")}},
     {},
     kFail,
     "agent:bot tripped at 0:05"},
    {"alert fires once",
     kOnce,
     {{seconds{70}, alert_line()}, {seconds{90}, alert_line(false)}},
     {},
     kPass,
     "fired after 10s, 1 time in all"},
    {"alert stays silent", kOnce, {}, {}, kFail, "no alert within 30s"},
    {"alert fires late", kOnce, {{seconds{91}, alert_line()}}, {}, kFail, "no alert"},
    {"alert storm",
     kOnce,
     {{seconds{70}, alert_line()}, {seconds{200}, alert_line()}},
     {},
     kFail,
     "2 times in all, more than 1"},
    {"SLO is said to be uncertain",
     kUnknown,
     {{seconds{80}, status_line("critical", true)}},
     {},
     kPass,
     "unknown after 20s"},
    {"SLO has no data",
     kUnknown,
     {{seconds{80}, status_line("no_data", false)}},
     {},
     kPass,
     "unknown"},
    {"SLO is only worse",
     kUnknown,
     {{seconds{80}, status_line("critical", false)}},
     {},
     kFail,
     "taken as known"},
    {"SLO is said to be uncertain too late",
     kUnknown,
     {{seconds{91}, status_line("uncertain", true)}},
     {},
     kFail,
     "taken as known"},
};

TEST(ExperimentExpect, WhatTheEngineSays) { check(kEngineRows); }

}  // namespace
}  // namespace fusebox::chaos
