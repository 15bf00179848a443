#include "chaos/detail/forest.hpp"

#include <algorithm>

#include "chaos/detail/figures.hpp"
#include "chaos/detail/markup.hpp"

namespace fusebox::chaos {
namespace {

constexpr double kWidth = 300;
constexpr double kMiddle = 15;  // the height of the interval
constexpr double kFoot = 30;    // where lines end and words begin

// Numbers to places: worse is always to the left, so a ratio runs from right to left.
struct Placement {
  double left;
  double right;

  [[nodiscard]] double x(double value) const {
    constexpr double kInset = 10;
    const double share = std::clamp((value - left) / (right - left), 0.0, 1.0);
    return kInset + share * (kWidth - 2 * kInset);
  }
};

struct Marks {
  double same;   // no difference
  double limit;  // the margin
};

Placement placement_of(const Estimate& estimate, const Marks& marks) {
  const double lowest = std::min({estimate.lower, marks.limit, marks.same});
  const double highest = std::max({estimate.upper, marks.limit, marks.same});
  const double room = std::max((highest - lowest) * 0.12, 1e-9);
  if (marks.limit < marks.same) return {.left = lowest - room, .right = highest + room};
  return {.left = highest + room, .right = lowest - room};
}

std::string number(double value) { return fixed(value, 1); }

std::string upright(const char* style, double x) {
  return "<line class=\"" + std::string(style) + "\" x1=\"" + number(x) + "\" x2=\"" + number(x) +
         "\" y1=\"2\" y2=\"" + number(kFoot) + "\"/>";
}

std::string interval(double from, double to) {
  const double left = std::min(from, to);
  const double right = std::max(from, to);
  const auto tick = [](double x) { return "M" + number(x) + " 10V20"; };
  return "<path class=\"interval\" d=\"M" + number(left) + " " + number(kMiddle) + "H" +
         number(right) + tick(left) + tick(right) + "\"/>";
}

std::string words(double x, double y, const std::string& text) {
  const char* anchor = x < 60 ? "start" : x > kWidth - 60 ? "end" : "middle";
  return "<text x=\"" + number(x) + "\" y=\"" + number(y) + "\" text-anchor=\"" + anchor + "\">" +
         escape_markup(text) + "</text>";
}

std::string value_text(ComparisonKind kind, double value) {
  return kind == ComparisonKind::Proportion ? fixed(100 * value, 2) : fixed(value, 3);
}

std::string words_of(const Finding& finding, ComparisonKind kind) {
  return "Estimate " + value_text(kind, finding.estimate->value) + ", from " +
         value_text(kind, finding.estimate->lower) + " to " +
         value_text(kind, finding.estimate->upper);
}

std::string drawing(const Estimate& estimate, const Marks& marks, const Placement& at) {
  const double limit = at.x(marks.limit);
  return "<rect class=\"beyond\" x=\"0\" y=\"2\" width=\"" + number(limit) + "\" height=\"" +
         number(kFoot - 2) + "\"/>" + upright("limit", limit) + upright("same", at.x(marks.same)) +
         interval(at.x(estimate.lower), at.x(estimate.upper)) + "<circle class=\"value\" cx=\"" +
         number(at.x(estimate.value)) + "\" cy=\"" + number(kMiddle) + "\" r=\"4.5\"/>";
}

}  // namespace

std::string forest_svg(const Finding& finding, ComparisonKind kind) {
  if (!finding.estimate || !finding.margin) return {};
  const bool proportion = kind == ComparisonKind::Proportion;
  const Marks marks{.same = proportion ? 0.0 : 1.0,
                    .limit = proportion ? -*finding.margin : 1 + *finding.margin};
  const Placement at = placement_of(*finding.estimate, marks);
  const std::string margin = "margin " + value_text(kind, marks.limit);
  return "<svg class=\"forest\" viewBox=\"0 0 300 50\" role=\"img\"><title>" +
         escape_markup(finding.name) + " against control</title><desc>" + words_of(finding, kind) +
         ", " + margin + "</desc>" + drawing(*finding.estimate, marks, at) +
         words(at.x(marks.limit), 41, margin) + words(at.x(marks.same), 50, "as control") +
         "</svg>";
}

}  // namespace fusebox::chaos
