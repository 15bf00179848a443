// The figure of one arm of one comparison under the weights of one resample: the share of bad
// events, the mean, or the 95th percentile. More is always worse.
#pragma once

#include <span>
#include <variant>
#include <vector>

#include "chaos/statistics.hpp"

namespace fusebox::chaos {

// What the figure comes to at least and at most: they differ by the unit more (statistics.hpp).
struct Range {
  double low = 0;
  double high = 0;
};

class ArmFigure {
 public:
  // The data must outlive it.
  ArmFigure(const Measured& data, std::size_t units);

  [[nodiscard]] bool has_data() const { return has_data_; }
  // has_data() must hold; a weight for each unit. Linear in the units, of percentiles also in the
  // values above them.
  [[nodiscard]] Range under(std::span<const float> weights, double weight_of_one_more) const;
  // With every unit counted once.
  [[nodiscard]] double plain() const;

 private:
  struct Share {
    const Proportions* data;
    double one_more_all;  // events of an average unit
    double one_more_bad;  // bad ones of an average unit that failed, all of them if none did
  };
  struct Mean {
    const Means* data;
  };
  struct Percentile {
    std::vector<Values::Value> falling;
    std::vector<double> count;  // of values, by unit
  };

  static Share share_of(const Proportions& data);
  static Percentile percentile_of(const Values& data, std::size_t units);

  static Range range(const Share& share, std::span<const float> weights, double one_more);
  static Range range(const Mean& mean, std::span<const float> weights, double one_more);
  static Range range(const Percentile& values, std::span<const float> weights, double one_more);

  std::size_t units_;
  std::variant<Share, Mean, Percentile> figure_;
  bool has_data_;
};

}  // namespace fusebox::chaos
