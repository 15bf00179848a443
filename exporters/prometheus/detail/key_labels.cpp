#include "exporters/prometheus/detail/key_labels.hpp"

#include "exporters/prometheus/detail/page.hpp"
#include "slo/slo.hpp"

namespace fusebox::prometheus::detail {

void KeyLabels::add(std::string_view name, std::string_view value) {
  append_label(text_, starts_.back(), name, value);
}

void KeyLabels::add_key(const KeySpec& spec, std::string_view key) {
  const Dimensions values = spec.decode(key);
  for (const Dimension dimension : spec.dimensions()) add(name_of(dimension), values[dimension]);
}

std::string_view KeyLabels::operator[](std::size_t row) const {
  const std::size_t end = row + 1 < starts_.size() ? starts_[row + 1] : text_.size();
  return std::string_view(text_).substr(starts_[row], end - starts_[row]);
}

std::string overflow_key(const KeySpec& spec) {
  Dimensions values;
  for (const Dimension dimension : spec.dimensions()) values[dimension] = slo::kOverflowValue;
  KeyBuffer buffer;
  return std::string(spec.encode(values, buffer));
}

}  // namespace fusebox::prometheus::detail
