#include "chaos/detail/html_lanes.hpp"

#include <algorithm>
#include <map>
#include <set>
#include <span>
#include <utility>

#include "chaos/detail/engine_watch.hpp"
#include "chaos/detail/figures.hpp"
#include "chaos/detail/markup.hpp"
#include "chaos/detail/plot.hpp"
#include "chaos/detail/run_stages.hpp"

namespace fusebox::chaos {
namespace {

constexpr std::size_t kBreakerLanesMax = 12;
constexpr std::size_t kMarksMax = 200;

struct Lane {
  std::string title;
  std::string note;     // small, under the title
  std::string height;   // a class: "tall", "low"
  std::string drawing;  // SVG
  std::string describe;
  std::string top;  // words at the upper and the lower end of the plot
  std::string bottom;
  std::string marks;  // HTML over the plot
};

// Where faults are injected, behind every lane.
std::string backdrop(const RunStages& stages, const Axis& axis) {
  std::string out;
  for (const PlacedStage& placed : stages.all()) {
    if (placed.begin >= axis.length()) break;
    if (placed.stage->kind != StageKind::Inject) continue;
    out += band(axis, placed.begin, std::min(placed.end, axis.length()), "injecting");
  }
  return out;
}

// The ends of the scale, beside the plot.
std::string scale_of(const Lane& lane) {
  return "<div class=\"scale\"><span>" + escape_markup(lane.top) + "</span><span>" +
         escape_markup(lane.bottom) + "</span></div>";
}

std::string html_of(const Lane& lane, const std::string& backdrop) {
  const std::string title = escape_markup(lane.title);
  return "<div class=\"lane\"><div class=\"name\"><b>" + title + "</b><small>" +
         escape_markup(lane.note) + "</small></div>" + scale_of(lane) + "<div class=\"plot " +
         lane.height +
         "\"><svg viewBox=\"0 0 1000 100\" preserveAspectRatio=\"none\" role=\"img\"><title>" +
         title + "</title><desc>" + escape_markup(lane.describe) + "</desc>" + backdrop +
         lane.drawing + "</svg>" + lane.marks + "</div></div>\n";
}

std::string path(const char* style, const std::string& d) {
  return d.empty() ? d : "<path class=\"" + std::string(style) + "\" d=\"" + d + "\"/>";
}

std::string level(const char* style, double y) {
  const std::string at = fixed(y, 1);
  return "<line class=\"" + std::string(style) + "\" x1=\"0\" x2=\"1000\" y1=\"" + at + "\" y2=\"" +
         at + "\"/>";
}

std::string stage_lane(const RunStages& stages, const Axis& axis) {
  std::string out =
      "<div class=\"lane\"><div class=\"name\"><b>stages</b></div><div></div><div class=\"plot "
      "stages\">";
  for (const PlacedStage& placed : stages.all()) {
    if (placed.begin >= axis.length()) break;
    const double width = axis.x(std::min(placed.end, axis.length())) - axis.x(placed.begin);
    const std::string kind(kStageKindNames[static_cast<std::size_t>(placed.stage->kind)]);
    const std::string name = escape_markup(placed.stage->name);
    out += "<div class=\"stage " + kind + "\" style=\"width:" + fixed(width / 10, 2) +
           "%\" title=\"" + name + ": " + kind + " for " + in_words(placed.stage->duration) +
           "\"><b>" + name + "</b> <span>" + kind + "</span></div>";
  }
  return out + "</div></div>\n";
}

Lane fault_lane(const FaultSummary& fault, Duration step, const Axis& axis) {
  const std::string number = count_of(fault.injected, "injection");
  return {.title = fault.id,
          .note = fault.type + " on " + fault.target + ", " + number,
          .height = "low",
          .drawing = path("fault", bars_path(fault.series, step, axis)),
          .describe = number + " of fault " + fault.id + " over the run",
          .top = {},
          .bottom = {},
          .marks = {}};
}

// The series of an SLO in one arm; nullptr if it has no event.
const SliSeries* series_of(const RunResult& result, std::string_view slo, Arm arm) {
  for (const SliSeries& series : result.series) {
    if (series.slo != slo || series.arm != arm) continue;
    const bool any = std::any_of(series.counts.begin(), series.counts.end(),
                                 [](const slo::Counts& counts) { return counts.total() > 0; });
    return any ? &series : nullptr;
  }
  return nullptr;
}

Curve sli_curve(const SliSeries& series) {
  Curve out{.points = {}, .step = series.step};
  for (const slo::Counts& counts : series.counts) out.points.push_back(slo::sli(counts));
  return out;
}

// What is left of the budget that all events of the run earn.
Curve budget_curve(const SliSeries& series) {
  slo::Counts all;
  for (const slo::Counts& counts : series.counts) {
    all.good += counts.good;
    all.bad += counts.bad;
  }
  const double budget = (1 - series.target.to_double()) * static_cast<double>(all.total());
  Curve out{.points = {}, .step = series.step};
  std::int64_t bad = 0;
  for (const slo::Counts& counts : series.counts) {
    bad += counts.bad;
    out.points.emplace_back(1 - static_cast<double>(bad) / budget);
  }
  return out;
}

double lowest_of(const Curve& curve, double lowest) {
  for (const auto& point : curve.points) lowest = std::min(lowest, point.value_or(lowest));
  return lowest;
}

// The scale begins at a number that people read, below all that is shown.
double floor_of(std::span<const double> steps, double lowest) {
  for (const double step : steps) {
    if (step <= lowest) return step;
  }
  return lowest;
}

struct BothArms {
  const SliSeries* experiment;
  const SliSeries* control;
};

Lane two_curves(const BothArms& arms, Curve (*curve_of)(const SliSeries&), const Scale& scale,
                const Axis& axis) {
  Lane lane;
  lane.height = "tall";
  // Control last: its dashes let the other line be seen where both run together.
  if (arms.experiment != nullptr) {
    lane.drawing += path("experiment", curve_path(curve_of(*arms.experiment), axis, scale));
  }
  if (arms.control != nullptr) {
    lane.drawing += path("control", curve_path(curve_of(*arms.control), axis, scale));
  }
  return lane;
}

double lowest_of(const BothArms& arms, Curve (*curve_of)(const SliSeries&), double lowest) {
  for (const SliSeries* series : {arms.experiment, arms.control}) {
    if (series != nullptr) lowest = lowest_of(curve_of(*series), lowest);
  }
  return lowest;
}

std::string last_of(const SliSeries* series) {
  if (series == nullptr) return "–";
  const std::optional<double> left = budget_curve(*series).points.back();
  return percent(left.value_or(0), 0);
}

Lane sli_lane(const std::string& slo, const BothArms& arms, Ratio target, const Axis& axis) {
  constexpr std::array<double, 8> kFloors{0.999, 0.995, 0.99, 0.98, 0.95, 0.9, 0.8, 0.5};
  const double lowest = lowest_of(arms, &sli_curve, target.to_double());
  const double floor = lowest < kFloors.back() ? 0 : floor_of(kFloors, lowest);
  const Scale scale{.top = 1, .bottom = floor};
  Lane lane = two_curves(arms, &sli_curve, scale, axis);
  lane.title = slo;
  lane.note = "good events, target " + percent(target.to_double(), 1);
  lane.drawing += level("target", scale.y(target.to_double()));
  lane.describe = "Share of good events of both arms over time, lowest " + percent(lowest, 1);
  lane.top = "100 %";
  lane.bottom = percent(floor, floor > 0.99 ? 1 : 0);
  return lane;
}

Lane budget_lane(const std::string& slo, const BothArms& arms, const Axis& axis) {
  constexpr std::array<double, 8> kFloors{0, -1, -2, -5, -10, -20, -50, -100};
  const Scale scale{.top = 1, .bottom = floor_of(kFloors, lowest_of(arms, &budget_curve, 0))};
  Lane lane = two_curves(arms, &budget_curve, scale, axis);
  const std::string left =
      "experiment " + last_of(arms.experiment) + ", control " + last_of(arms.control) + " left";
  lane.title = slo + " budget";
  lane.note = left;
  lane.height = "middle";
  lane.drawing += level("zero", scale.y(0));
  lane.describe = "Error budget of the run's length over time; at its end " + left;
  lane.top = "100 %";
  lane.bottom = percent(scale.bottom, 0);
  return lane;
}

// Keys of one breaker in one arm that are not closed, over time.
struct BreakerLane {
  std::map<std::string, std::string> states;  // by key
  std::string worst = "closed";
  Duration since{};
  std::string drawing;
  std::int64_t openings = 0;

  void move(const Moment& moment, const Axis& axis);
  void close_band(Duration at, const Axis& axis);
};

void BreakerLane::close_band(Duration at, const Axis& axis) {
  if (worst != "closed") drawing += band(axis, since, at, worst == "open" ? "open" : "half");
}

void BreakerLane::move(const Moment& moment, const Axis& axis) {
  states[moment.key] = moment.state;
  if (moment.state == "open") ++openings;
  std::string now = "closed";
  for (const auto& [key, state] : states) {
    if (state == "open" || (state != "closed" && now == "closed")) now = state;
  }
  if (now == worst) return;
  close_band(moment.at, axis);
  worst = now;
  since = moment.at;
}

std::vector<Lane> breaker_lanes(const RunResult& result, const Axis& axis) {
  std::map<std::pair<std::string, std::string>, BreakerLane> found;  // by breaker and arm
  for (const Moment& moment : result.timeline) {
    if (moment.kind != MomentKind::Breaker) continue;
    const auto arm = arm_of_key(moment.key);
    found[{moment.subject, arm ? std::string(name_of(*arm)) : "all"}].move(moment, axis);
  }
  std::vector<Lane> out;
  for (auto& [name, lane] : found) {
    if (out.size() == kBreakerLanesMax) break;
    lane.close_band(axis.length(), axis);
    out.push_back({.title = "breaker " + name.first,
                   .note = name.second + ", opened " + count_of(lane.openings, "time"),
                   .height = "low",
                   .drawing = lane.drawing,
                   .describe = "When any key of the breaker was open (solid) or half-open (light)",
                   .top = {},
                   .bottom = {},
                   .marks = {}});
  }
  return out;
}

bool is_happening(const Moment& moment) {
  switch (moment.kind) {
    case MomentKind::Alert:
    case MomentKind::Kill:
    case MomentKind::Guardrail:
    case MomentKind::Abort:
      return true;
    case MomentKind::Stage:
    case MomentKind::Breaker:
    case MomentKind::Status:
      return false;
  }
  return false;
}

// A sign of its own for each kind, so that colour says nothing alone.
const char* sign_of(const Moment& moment) {
  if (moment.kind == MomentKind::Alert) return moment.state == "firing" ? "▲" : "△";
  if (moment.kind == MomentKind::Kill) return moment.state == "tripped" ? "✖" : "○";
  return moment.kind == MomentKind::Guardrail ? "◆" : "■";
}

std::string mark(const Moment& moment, const Axis& axis) {
  const auto kind = kMomentKindNames[static_cast<std::size_t>(moment.kind)];
  const std::string words =
      clock_text(moment.at) + " " + moment.subject + " " + moment.state + ": " + moment.text;
  return "<span class=\"mark " + std::string(kind) + "\" style=\"left:" + axis.left(moment.at) +
         "\" title=\"" + escape_markup(words) + "\">" + sign_of(moment) + "</span>";
}

std::optional<Lane> happenings(const RunResult& result, const Axis& axis) {
  Lane lane{.title = "alerts and stops",
            .note = "▲ alert, ✖ stop order, ◆ guardrail, ■ abort",
            .height = "low",
            .drawing = {},
            .describe = "Each is named with its time under Moments",
            .top = {},
            .bottom = {},
            .marks = {}};
  std::size_t marks = 0;
  for (const Moment& moment : result.timeline) {
    if (is_happening(moment) && ++marks <= kMarksMax) lane.marks += mark(moment, axis);
  }
  if (marks == 0) return std::nullopt;
  return lane;
}

std::string clock_lane(const Axis& axis) {
  std::string out =
      "<div class=\"lane\"><div class=\"name\"></div><div></div><div class=\"plot clock\">";
  std::size_t number = 0;
  for (const Duration at : ticks(axis.length())) {
    out += std::string("<span") + (number++ % 2 == 1 ? " class=\"minor\"" : "") +
           " style=\"left:" + axis.left(at) + "\">" + clock_text(at) + "</span>";
  }
  return out + "</div></div>\n";
}

}  // namespace

std::string html_lanes(const RunResult& result) {
  const Axis axis(result.length);
  std::vector<Lane> lanes;
  const Duration step = result.series.empty() ? std::chrono::seconds{1} : result.series[0].step;
  for (const FaultSummary& fault : result.faults) lanes.push_back(fault_lane(fault, step, axis));
  std::set<std::string> seen;
  for (const SliSeries& series : result.series) {
    const BothArms arms{.experiment = series_of(result, series.slo, Arm::Experiment),
                        .control = series_of(result, series.slo, Arm::Control)};
    if (!seen.insert(series.slo).second) continue;
    if (arms.experiment == nullptr && arms.control == nullptr) continue;
    lanes.push_back(sli_lane(series.slo, arms, series.target, axis));
    lanes.push_back(budget_lane(series.slo, arms, axis));
  }
  for (Lane& lane : breaker_lanes(result, axis)) lanes.push_back(std::move(lane));
  if (auto lane = happenings(result, axis)) lanes.push_back(std::move(*lane));

  const RunStages stages(result.scenario);
  const std::string behind = backdrop(stages, axis);
  std::string out = stage_lane(stages, axis);
  for (const Lane& lane : lanes) out += html_of(lane, behind);
  return out + clock_lane(axis);
}

}  // namespace fusebox::chaos
