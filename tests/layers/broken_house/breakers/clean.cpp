// Nothing to report here: names that only look like clocks and chance, and an ordered walk.
#include <map>

#include "breakers/clean.hpp"
#include "slo/window.hpp"

int clean(const std::map<int, int>& by_time, const Event& event) {
  int sum = event.time() + elapsed_time(event) + queue->time();
  for (const auto& entry : by_time) sum += entry.second;  // never std::rand() here
  return sum;
}
