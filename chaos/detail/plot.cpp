#include "chaos/detail/plot.hpp"

#include <algorithm>

#include "chaos/detail/figures.hpp"

namespace fusebox::chaos {
namespace {

using std::chrono::seconds;

std::string at_point(char command, double x, double y) {
  return command + fixed(x, 1) + " " + fixed(y, 1);
}

}  // namespace

double Axis::x(Duration at) const {
  if (length_ <= Duration{}) return 0;
  const double share = static_cast<double>(at.count()) / static_cast<double>(length_.count());
  return kPlotWidth * std::clamp(share, 0.0, 1.0);
}

std::string Axis::left(Duration at) const { return fixed(100 * x(at) / kPlotWidth, 2) + "%"; }

// A margin of 4 above and below keeps lines at the ends from being cut in half.
double Scale::y(double value) const {
  constexpr double kMargin = 4;
  const double share = std::clamp((top - value) / (top - bottom), 0.0, 1.0);
  return kMargin + share * (kPlotHeight - 2 * kMargin);
}

std::string curve_path(const Curve& curve, const Axis& axis, const Scale& scale) {
  std::string out;
  bool drawing = false;
  for (std::size_t i = 0; i < curve.points.size(); ++i) {
    const std::optional<double>& point = curve.points[i];
    if (point) {
      const double x = axis.x(curve.step * static_cast<std::int64_t>(i + 1));
      out += at_point(drawing ? 'L' : 'M', x, scale.y(*point));
    }
    drawing = point.has_value();
  }
  return out;
}

std::string bars_path(const std::vector<std::int64_t>& counts, Duration step, const Axis& axis) {
  const std::int64_t tallest = counts.empty() ? 0 : *std::max_element(counts.begin(), counts.end());
  std::string out;
  for (std::size_t i = 0; i < counts.size(); ++i) {
    if (counts[i] == 0) continue;
    const double height = 90 * static_cast<double>(counts[i]) / static_cast<double>(tallest);
    const double begin = axis.x(step * static_cast<std::int64_t>(i));
    const double end = axis.x(step * static_cast<std::int64_t>(i + 1));
    out += at_point('M', begin, kPlotHeight) + "V" + fixed(kPlotHeight - height, 1) + "H" +
           fixed(end, 1) + "V" + fixed(kPlotHeight, 0) + "Z";
  }
  return out;
}

std::string band(const Axis& axis, Duration begin, Duration end, const char* style) {
  constexpr double kSliver = 2;
  const double x = axis.x(begin);
  const double width = std::max(axis.x(end) - x, kSliver);
  return "<rect class=\"" + std::string(style) + "\" x=\"" + fixed(x, 1) + "\" y=\"0\" width=\"" +
         fixed(width, 1) + "\" height=\"100\"/>";
}

std::vector<Duration> ticks(Duration length) {
  Duration step = seconds{1};
  for (const int each :
       {1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1'800, 3'600, 7'200, 14'400}) {
    step = seconds{each};
    if (length <= step * 8) break;
  }
  std::vector<Duration> out;
  for (Duration at{}; at <= length && out.size() < 60; at += step) out.push_back(at);
  return out;
}

}  // namespace fusebox::chaos
