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
#include <utility>
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

inline constexpr Ratio kThreeNines{999, 1000};

inline constexpr AlertPair kHourPair{
    BurnWindow::H1, BurnWindow::M5, {144, 10}, AlertSeverity::Page};
inline constexpr AlertPair kSixHourPair{
    BurnWindow::H6, BurnWindow::M30, {6, 1}, AlertSeverity::Page};
inline constexpr AlertPair kThreeDayPair{
    BurnWindow::D3, BurnWindow::H6, {1, 1}, AlertSeverity::Ticket};

// Budgets over the SLO window.
inline std::vector<WorkedRow> budget_rows() {
  using std::chrono::days;
  using std::chrono::hours;
  using std::chrono::minutes;
  return {
      {.name = "T01",
       .claim = "TenDaysOfCumulativeCountsLeaveSixTenths",
       .target = kThreeNines,
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
       .target = kThreeNines,
       .slo_window = hours{1},
       .step = minutes{1},
       .runs = {{60, 100, 1}},
       .burns = {{BurnWindow::H1, 10}, {BurnWindow::M5, 10}},
       .slo_burn = 10,
       .remaining = -9,
       .forms = {{close_to("(increase(bad[1h])/increase(total[1h]))/0.001", "10"), "1"}}},
      {.name = "T04",
       .claim = "ASeriesBornWithFiveErrorsCountsFive",
       .target = kThreeNines,
       .slo_window = minutes{10},
       .step = minutes{1},
       .runs = {{5, 100, 0}, {1, 100, 5}, {4, 100, 0}},
       .slo_burn = 5,
       .forms = {{"increase(bad[10m])", "0"}},  // Prometheus never saw them arrive
       .bad_born_late = true},
      {.name = "T06",
       .claim = "RatioIsOverEventsNotAMeanOfRatios",
       .target = kThreeNines,
       .slo_window = minutes{10},
       .step = minutes{5},
       .runs = {{1, 10, 5}, {1, 100'000, 100}},
       .slo_burn = 1.0498950104989501,
       .forms =
           {{close_to("(bad - bad offset 10m)/(total - total offset 10m)", "0.0010498950104989501"),
             "1"},
            {"avg_over_time(((bad - bad offset 5m)/(total - total offset 5m))[5m:5m])", "0.2505"}}},
  };
}

// Bursts of errors against the pair of one hour and five minutes.
inline std::vector<WorkedRow> burst_rows() {
  using std::chrono::days;
  using std::chrono::minutes;
  return {
      {.name = "T08",
       .claim = "TenMinutesOfErrorsPage",
       .target = kThreeNines,
       .slo_window = days{30},
       .step = minutes{1},
       .runs = {{109, 1000, 0}, {10, 1000, 100}, {1, 1000, 0}},
       .burns = {{BurnWindow::H1, 16.666666666666668}, {BurnWindow::M5, 80}},
       .pair = PairClaim{kHourPair, true, true}},
      {.name = "T09",
       .claim = "TheShortWindowResetsThePage",
       .target = kThreeNines,
       .slo_window = days{30},
       .step = minutes{1},
       .runs = {{109, 1000, 0}, {10, 1000, 100}, {6, 1000, 0}},
       .burns = {{BurnWindow::H1, 16.666666666666668}, {BurnWindow::M5, 0}},
       .pair = PairClaim{kHourPair, false, false}},
      {.name = "T10",
       .claim = "TheLongWindowHoldsAShortBurst",
       .target = kThreeNines,
       .slo_window = days{30},
       .step = minutes{1},
       .runs = {{110, 1000, 0}, {10, 1000, 20}},
       .burns = {{BurnWindow::H1, 3.3333333333333335}, {BurnWindow::M5, 20}},
       .pair = PairClaim{kHourPair, false, false}},
  };
}

// Where there is little to judge by.
inline std::vector<WorkedRow> quiet_rows() {
  using std::chrono::days;
  using std::chrono::minutes;
  return {
      {.name = "T11",
       .claim = "OneFailureOfTenBurnsHundredfoldAndTheGateHolds",
       .target = kThreeNines,
       .slo_window = days{30},
       .step = minutes{6},
       .runs = {{9, 1, 0}, {1, 1, 1}},
       .burns = {{BurnWindow::H1, 100}},
       .pair = PairClaim{kHourPair, true, false}},
      {.name = "T12",
       .claim = "NoTrafficBurnsNothing",
       .target = kThreeNines,
       .slo_window = days{30},
       .step = minutes{1},
       .runs = {{60, 0, 0}},
       .pair = PairClaim{kHourPair, false, false},
       .forms = {{"(rate(bad[1h])/rate(total[1h])) != bool (rate(bad[1h])/rate(total[1h]))", "1"},
                 {"rate(bad[1h])/(rate(total[1h]) > 0)", ""}}},
  };
}

// T16, a full outage after steady success at one event a second. The first second that burns faster
// is no evidence yet: 52 bad events where the factor itself gives 51.84. The low-traffic rule waits
// until 70, so none of these fires.
inline std::vector<WorkedRow> outage_rows() {
  struct Outage {
    std::string_view name;
    AlertPair pair;
    std::int64_t seconds;
    bool burns;
    std::string_view burn_in_doubles;  // over an hour, as Prometheus' own form gives it
  };
  const Outage outages[] = {
      {"T16_1h_at_51s", kHourPair, 51, false, "14.166666666666666"},
      {"T16_1h_at_52s", kHourPair, 52, true, "14.444444444444443"},
      {"T16_6h_at_129s", kSixHourPair, 129, false, ""},
      {"T16_6h_at_130s", kSixHourPair, 130, true, ""},
      {"T16_3d_at_259s", kThreeDayPair, 259, false, ""},
      {"T16_3d_at_260s", kThreeDayPair, 260, true, ""},
  };
  std::vector<WorkedRow> rows;
  for (const Outage& outage : outages) {
    const std::int64_t history = length_of(outage.pair.long_window) / std::chrono::seconds{1};
    const std::int64_t to_whole_minute = 60 - outage.seconds % 60;
    WorkedRow row{.name = outage.name,
                  .claim = outage.burns ? "AFullOutageBurnsFaster" : "AFullOutageBurnsNoFasterYet",
                  .target = kThreeNines,
                  .slo_window = std::chrono::days{30},
                  .step = std::chrono::seconds{1},
                  .runs = {{history + to_whole_minute, 1, 0}, {outage.seconds, 1, 1}},
                  .pair = PairClaim{outage.pair, outage.burns, false}};
    if (!outage.burn_in_doubles.empty()) {
      const auto* form = "(bad - bad offset 1h)/(total - total offset 1h)/0.001";
      row.forms = {{close_to(form, outage.burn_in_doubles), "1"}};
    }
    rows.push_back(std::move(row));
  }
  return rows;
}

// Faster is strict.
inline std::vector<WorkedRow> equality_rows() {
  using std::chrono::days;
  using std::chrono::minutes;
  return {
      {.name = "Strict_equal",
       .claim = "ABurnOfExactlyTheFactorDoesNotFire",
       .target = kThreeNines,
       .slo_window = days{30},
       .step = minutes{1},
       .runs = {{60, 10'000, 144}},
       .burns = {{BurnWindow::H1, 14.4}, {BurnWindow::M5, 14.4}},
       .pair = PairClaim{kHourPair, false, false}},
      {.name = "Strict_above",
       .claim = "OneMoreErrorBurnsFaster",
       .target = kThreeNines,
       .slo_window = days{30},
       .step = minutes{1},
       .runs = {{59, 10'000, 144}, {1, 10'000, 145}},
       .pair = PairClaim{kHourPair, true, false}},
  };
}

inline std::vector<WorkedRow> worked_rows() {
  std::vector<WorkedRow> all;
  for (auto rows : {budget_rows(), burst_rows(), quiet_rows(), outage_rows(), equality_rows()}) {
    all.insert(all.end(), rows.begin(), rows.end());
  }
  return all;
}

}  // namespace fusebox::slo
