#include "chaos/scenario.hpp"

namespace fusebox::chaos {

bool holds(double value, Compare op, double bound) {
  switch (op) {
    case Compare::Lt:
      return value < bound;
    case Compare::Lte:
      return value <= bound;
    case Compare::Gt:
      return value > bound;
    case Compare::Gte:
      return value >= bound;
  }
  return false;
}

Duration Scenario::duration() const {
  Duration sum{};
  for (const Stage& stage : stages) sum += stage.duration;
  return sum;
}

Duration Scenario::inject_begin() const {
  Duration sum{};
  for (const Stage& stage : stages) {
    if (stage.kind == StageKind::Inject) return sum;
    sum += stage.duration;
  }
  return sum;
}

Duration Scenario::inject_end() const {
  Duration sum{};
  Duration end{};
  for (const Stage& stage : stages) {
    sum += stage.duration;
    if (stage.kind == StageKind::Inject) end = sum;
  }
  return end;
}

}  // namespace fusebox::chaos
