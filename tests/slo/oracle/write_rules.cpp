// Writes the worked rows as a test file for `promtool test rules`, to the standard output.
//
// Counters are subtracted with `offset` and not taken through increase(), because that
// extrapolates; integers are divided once, as our own burn rates are, so results are equal to the
// last digit.

#include <array>
#include <charconv>
#include <cstdio>
#include <iterator>
#include <string>

#include "slo/window.hpp"
#include "tests/slo/worked_rows.hpp"

namespace fusebox::slo {
namespace {

std::string text_of(double number) {
  std::array<char, 32> text{};
  const auto end = std::to_chars(text.data(), text.data() + text.size(), number).ptr;
  return {text.data(), end};
}

std::int64_t steps_of(const WorkedRow& row) {
  std::int64_t steps = 0;
  for (const Run& run : row.runs) steps += run.steps;
  return steps;
}

// "0 100+100x9": the value at the start, then by run the first value and how it goes on.
std::string series_of(const WorkedRow& row, std::int64_t Run::*per_step) {
  std::string text = "0";
  std::int64_t value = 0;
  for (const Run& run : row.runs) {
    const std::int64_t step = run.*per_step;
    text += " " + std::to_string(value + step) + "+" + std::to_string(step) + "x" +
            std::to_string(run.steps - 1);
    value += step * run.steps;
  }
  return text;
}

// Values before the first bad event become "_", as if nobody had counted yet.
std::string born_late_series_of(const WorkedRow& row) {
  std::string text = "_";
  std::int64_t value = 0;
  for (const Run& run : row.runs) {
    for (std::int64_t i = 0; i < run.steps; ++i) {
      value += run.bad;
      text += value == 0 ? " _" : " " + std::to_string(value);
    }
  }
  return text;
}

std::string increase_of(const char* counter, Duration window) {
  const std::string name = counter;
  return "(" + name + " - " + name + " offset " + format_duration(window) + ")";
}

// Burn rate and what remains of the budget, as one division of integers.
std::string burn_of(const WorkedRow& row, Duration window) {
  const Ratio budget = complement(row.target);
  return increase_of("bad", window) + " * " + std::to_string(budget.den) + " / (" +
         increase_of("total", window) + " * " + std::to_string(budget.num) + ")";
}

std::string remaining_of(const WorkedRow& row, Duration window) {
  const Ratio budget = complement(row.target);
  const std::string allowed =
      "(" + increase_of("total", window) + " * " + std::to_string(budget.num) + ")";
  return "(" + allowed + " - " + increase_of("bad", window) + " * " + std::to_string(budget.den) +
         ") / " + allowed;
}

void write_case(Duration at, const std::string& expr, const std::string& value) {
  std::printf("      - expr: '%s'\n        eval_time: %s\n        exp_samples:", expr.c_str(),
              format_duration(at).c_str());
  if (value.empty()) {
    std::printf(" []\n");
  } else {
    std::printf("\n          - {labels: '{}', value: %s}\n", value.c_str());
  }
}

void write_case(const WorkedRow& row, const std::string& expr, const std::string& value) {
  write_case(row.step * steps_of(row), expr, value);
}

// A series that is too young for a window has no value at the window's start; it was 0 there.
Duration reach_of(const WorkedRow& row, BurnWindow window) {
  return std::min(length_of(window), row.step * steps_of(row));
}

void write_pair(const WorkedRow& row, const PairClaim& claim) {
  const auto above = [&](BurnWindow window) {
    return "(" + burn_of(row, reach_of(row, window)) + " > bool " +
           text_of(claim.pair.factor.to_double()) + ")";
  };
  write_case(row, above(claim.pair.long_window) + " * " + above(claim.pair.short_window),
             claim.burns ? "1" : "0");
}

void write_row(const WorkedRow& row) {
  const std::string bad = row.bad_born_late ? born_late_series_of(row) : series_of(row, &Run::bad);
  std::printf("  # %s %s\n", std::string(row.name).c_str(), std::string(row.claim).c_str());
  std::printf("  - interval: %s\n    input_series:\n", format_duration(row.step).c_str());
  std::printf("      - {series: total, values: '%s'}\n", series_of(row, &Run::total).c_str());
  std::printf("      - {series: bad, values: '%s'}\n", bad.c_str());
  std::printf("    promql_expr_test:\n");
  for (const Form& form : row.forms) write_case(row, form.expr, form.value);
  if (row.bad_born_late) return;
  for (const WindowBurn& burn : row.burns) {
    write_case(row, burn_of(row, reach_of(row, burn.window)), text_of(burn.burn));
  }
  if (row.slo_burn) write_case(row, burn_of(row, row.slo_window), text_of(*row.slo_burn));
  if (row.remaining) write_case(row, remaining_of(row, row.slo_window), text_of(*row.remaining));
  if (row.pair) write_pair(row, *row.pair);
}

// T13 as a classic histogram with a last bucket of +Inf. The interpolated percentile is not ours.
void write_latencies() {
  std::printf("  # T13 LatencySliCounts\n  - interval: 1m\n    input_series:\n");
  std::int64_t below = 0;
  for (const CallsAt& at : kLatencies) {
    below += at.calls;
    const std::string le = &at == std::end(kLatencies) - 1 ? "+Inf" : text_of(at.seconds);
    std::printf("      - {series: 'h_bucket{le=\"%s\"}', values: '0 %lld'}\n", le.c_str(),
                static_cast<long long>(below));
  }
  std::printf("    promql_expr_test:\n");
  const std::string within = "sum(h_bucket{le=\"" + text_of(kLatencyBound) + "\"})";
  const Duration at = std::chrono::minutes{1};
  write_case(at, within + " / sum(h_bucket{le=\"+Inf\"})", text_of(kLatencySli));
  write_case(at, "histogram_quantile(0.95, increase(h_bucket[1m]))", "0.7777777777777778");
}

}  // namespace
}  // namespace fusebox::slo

int main() {
  std::printf("rule_files: []\nevaluation_interval: 1m\ntests:\n");
  for (const auto& row : fusebox::slo::worked_rows()) fusebox::slo::write_row(row);
  fusebox::slo::write_latencies();
  return 0;
}
