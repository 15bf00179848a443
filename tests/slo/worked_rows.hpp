// Worked examples of budgets and burn rates: one table, fed to our SLOs by worked_test.cpp and to
// Prometheus by oracle/write_rules.cpp, so that both are held to the same numbers.
//
// A row is two counters, total and bad, as increments per step. The value at step i is what
// happened in (i - 1, i]; everything is asked at the last step, which is a whole minute: promtool
// loads samples up to a whole evaluation interval only.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "slo/alerts.hpp"

namespace fusebox::slo {

struct Run {
  std::int64_t steps;
  std::int64_t total;  // per step
  std::int64_t bad;    // of them, per step
};

struct WindowBurn {
  BurnWindow window;
  double burn;
};

// A pair of windows on its own, at 14.4 and the like.
struct PairClaim {
  AlertPair pair;
  bool burns;  // both windows burn faster than the factor
  bool fires;  // and our low-traffic rule has enough evidence
};

// Something only Prometheus is asked: another way to the same number, or a trap that our numbers
// avoid. An empty `value` stands for no result.
struct Form {
  std::string expr;
  std::string value;
};

struct WorkedRow {
  std::string_view name;
  std::string_view claim;
  Ratio target;
  Duration slo_window;
  Duration step;
  std::vector<Run> runs;
  std::vector<WindowBurn> burns = {};
  std::optional<double> slo_burn = {};   // over the SLO window
  std::optional<double> remaining = {};  // likewise
  std::optional<PairClaim> pair = {};
  std::vector<Form> forms = {};
  bool bad_born_late = false;  // the series of bad events does not exist before the first
};

// T13, a latency distribution: how many calls took so long. As classic buckets, each duration is
// the upper bound of one.
struct CallsAt {
  double seconds;
  std::int64_t calls;
};
inline constexpr CallsAt kLatencies[] = {{0.1, 50}, {0.5, 40}, {1, 9}, {2, 1}};
inline constexpr double kLatencyBound = 0.5;
inline constexpr double kLatencySli = 0.9;

// Prometheus computes in doubles; its own forms are held to 1e-12.
inline std::string close_to(std::string_view expr, std::string_view value) {
  return "abs((" + std::string(expr) + ") - " + std::string(value) + ") < bool 1e-12";
}

inline std::vector<WorkedRow> worked_rows() {
  using std::chrono::days;
  using std::chrono::hours;
  using std::chrono::minutes;
  using std::chrono::seconds;
  const Ratio target{999, 1000};
  const auto page = [](BurnWindow longer, BurnWindow shorter, Ratio factor) {
    return AlertPair{longer, shorter, factor, AlertSeverity::Page};
  };
  const AlertPair fast = page(BurnWindow::H1, BurnWindow::M5, {144, 10});
  const AlertPair slow = page(BurnWindow::H6, BurnWindow::M30, {6, 1});
  const AlertPair slowest = page(BurnWindow::D3, BurnWindow::H6, {1, 1});
  const std::int64_t day_3 = 3 * 86'400;

  return {
      {.name = "T01",
       .claim = "TenDaysOfCumulativeCountsLeaveSixTenths",
       .target = target,
       .slo_window = days{10},
       .step = days{1},
       .runs = {{2, 100'000, 0},
                {1, 100'000, 100},
                {2, 100'000, 0},
                {1, 100'000, 200},
                {1, 100'000, 0},
                {1, 100'000, 100},
                {2, 100'000, 0}},
       .slo_burn = 0.4,
       .remaining = 0.6,
       .forms = {{close_to("1-(increase(bad[10d])/increase(total[10d]))/0.001", "0.6"), "1"}}},
      {.name = "T02",
       .claim = "OnePercentErrorsBurnTenfold",
       .target = target,
       .slo_window = hours{1},
       .step = minutes{1},
       .runs = {{60, 100, 1}},
       .burns = {{BurnWindow::H1, 10}, {BurnWindow::M5, 10}},
       .slo_burn = 10,
       .remaining = -9,
       .forms = {{close_to("(increase(bad[1h])/increase(total[1h]))/0.001", "10"), "1"}}},
      {.name = "T04",
       .claim = "ASeriesBornWithFiveErrorsCountsFive",
       .target = target,
       .slo_window = minutes{10},
       .step = minutes{1},
       .runs = {{5, 100, 0}, {1, 100, 5}, {4, 100, 0}},
       .slo_burn = 5,
       .forms = {{"increase(bad[10m])", "0"}},  // Prometheus never saw them arrive
       .bad_born_late = true},
      {.name = "T06",
       .claim = "RatioIsOverEventsNotAMeanOfRatios",
       .target = target,
       .slo_window = minutes{10},
       .step = minutes{5},
       .runs = {{1, 10, 5}, {1, 100'000, 100}},
       .slo_burn = 1.0498950104989501,
       .forms =
           {{close_to("(bad - bad offset 10m)/(total - total offset 10m)", "0.0010498950104989501"),
             "1"},
            {"avg_over_time(((bad - bad offset 5m)/(total - total offset 5m))[5m:5m])", "0.2505"}}},
      {.name = "T08",
       .claim = "TenMinutesOfErrorsPage",
       .target = target,
       .slo_window = days{30},
       .step = minutes{1},
       .runs = {{109, 1000, 0}, {10, 1000, 100}, {1, 1000, 0}},
       .burns = {{BurnWindow::H1, 16.666666666666668}, {BurnWindow::M5, 80}},
       .pair = PairClaim{fast, true, true}},
      {.name = "T09",
       .claim = "TheShortWindowResetsThePage",
       .target = target,
       .slo_window = days{30},
       .step = minutes{1},
       .runs = {{109, 1000, 0}, {10, 1000, 100}, {6, 1000, 0}},
       .burns = {{BurnWindow::H1, 16.666666666666668}, {BurnWindow::M5, 0}},
       .pair = PairClaim{fast, false, false}},
      {.name = "T10",
       .claim = "TheLongWindowHoldsAShortBurst",
       .target = target,
       .slo_window = days{30},
       .step = minutes{1},
       .runs = {{110, 1000, 0}, {10, 1000, 20}},
       .burns = {{BurnWindow::H1, 3.3333333333333335}, {BurnWindow::M5, 20}},
       .pair = PairClaim{fast, false, false}},
      {.name = "T11",
       .claim = "OneFailureOfTenBurnsHundredfoldAndTheGateHolds",
       .target = target,
       .slo_window = days{30},
       .step = minutes{6},
       .runs = {{9, 1, 0}, {1, 1, 1}},
       .burns = {{BurnWindow::H1, 100}},
       .pair = PairClaim{fast, true, false}},
      {.name = "T12",
       .claim = "NoTrafficBurnsNothing",
       .target = target,
       .slo_window = days{30},
       .step = minutes{1},
       .runs = {{60, 0, 0}},
       .pair = PairClaim{fast, false, false},
       .forms = {{"(rate(bad[1h])/rate(total[1h])) != bool (rate(bad[1h])/rate(total[1h]))", "1"},
                 {"rate(bad[1h])/(rate(total[1h]) > 0)", ""}}},
      // Of a steady outage the first second that burns faster is no evidence yet: 52 bad events
      // where the factor itself gives 51.84. The low-traffic rule waits until 70.
      {.name = "T16_1h_at_51s",
       .claim = "AFullOutageDoesNotBurnFasterYet",
       .target = target,
       .slo_window = days{30},
       .step = seconds{1},
       .runs = {{3600 + 9, 1, 0}, {51, 1, 1}},
       .pair = PairClaim{fast, false, false},
       .forms = {{close_to("(bad - bad offset 1h)/(total - total offset 1h)/0.001",
                           "14.166666666666666"),
                  "1"}}},
      {.name = "T16_1h_at_52s",
       .claim = "AFullOutageBurnsFaster",
       .target = target,
       .slo_window = days{30},
       .step = seconds{1},
       .runs = {{3600 + 8, 1, 0}, {52, 1, 1}},
       .pair = PairClaim{fast, true, false},
       .forms = {{close_to("(bad - bad offset 1h)/(total - total offset 1h)/0.001",
                           "14.444444444444443"),
                  "1"}}},
      {.name = "T16_6h_at_129s",
       .claim = "AFullOutageDoesNotBurnFasterYet",
       .target = target,
       .slo_window = days{30},
       .step = seconds{1},
       .runs = {{21'600 + 51, 1, 0}, {129, 1, 1}},
       .pair = PairClaim{slow, false, false}},
      {.name = "T16_6h_at_130s",
       .claim = "AFullOutageBurnsFaster",
       .target = target,
       .slo_window = days{30},
       .step = seconds{1},
       .runs = {{21'600 + 50, 1, 0}, {130, 1, 1}},
       .pair = PairClaim{slow, true, false}},
      {.name = "T16_3d_at_259s",
       .claim = "AFullOutageDoesNotBurnFasterYet",
       .target = target,
       .slo_window = days{30},
       .step = seconds{1},
       .runs = {{day_3 + 41, 1, 0}, {259, 1, 1}},
       .pair = PairClaim{slowest, false, false}},
      {.name = "T16_3d_at_260s",
       .claim = "AFullOutageBurnsFaster",
       .target = target,
       .slo_window = days{30},
       .step = seconds{1},
       .runs = {{day_3 + 40, 1, 0}, {260, 1, 1}},
       .pair = PairClaim{slowest, true, false}},
      {.name = "Strict_equal",
       .claim = "ABurnOfExactlyTheFactorDoesNotFire",
       .target = target,
       .slo_window = days{30},
       .step = minutes{1},
       .runs = {{60, 10'000, 144}},
       .burns = {{BurnWindow::H1, 14.4}, {BurnWindow::M5, 14.4}},
       .pair = PairClaim{fast, false, false}},
      {.name = "Strict_above",
       .claim = "OneMoreErrorBurnsFaster",
       .target = target,
       .slo_window = days{30},
       .step = minutes{1},
       .runs = {{59, 10'000, 144}, {1, 10'000, 145}},
       .pair = PairClaim{fast, true, false}},
  };
}

}  // namespace fusebox::slo
