// Curves and bars in the coordinates of a lane: x from 0 to 1000 over the run, y from 0 (top) to
// 100.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/time.hpp"

namespace fusebox::chaos {

inline constexpr double kPlotWidth = 1'000;
inline constexpr double kPlotHeight = 100;

class Axis {
 public:
  explicit Axis(Duration length) : length_(length) {}

  [[nodiscard]] double x(Duration at) const;
  // "42.5%" of the width, for what is placed by style.
  [[nodiscard]] std::string left(Duration at) const;
  [[nodiscard]] Duration length() const { return length_; }

 private:
  Duration length_;
};

// What a lane shows from top to bottom.
struct Scale {
  double top = 1;
  double bottom = 0;

  [[nodiscard]] double y(double value) const;
};

// Points `step` apart from 0, each at the end of its step; a gap where there is none.
struct Curve {
  std::vector<std::optional<double>> points;
  Duration step{};
};
// The `d` of a path: "M10 20L30 40".
[[nodiscard]] std::string curve_path(const Curve& curve, const Axis& axis, const Scale& scale);

// One bar a step, the tallest as high as the lane.
[[nodiscard]] std::string bars_path(const std::vector<std::int64_t>& counts, Duration step,
                                    const Axis& axis);

// <rect> from `begin` to `end` over the whole height, at least a visible sliver wide.
[[nodiscard]] std::string band(const Axis& axis, Duration begin, Duration end, const char* style);

// Times at which the axis says what time it is: at most nine, on steps that people read.
[[nodiscard]] std::vector<Duration> ticks(Duration length);

}  // namespace fusebox::chaos
