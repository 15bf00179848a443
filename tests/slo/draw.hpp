// Random draws for property tests: SplitMix64, so that a seed gives the same run on every library.
#pragma once

#include <cstdint>

#include "base/time.hpp"

namespace fusebox::slo {

class Draw {
 public:
  explicit Draw(std::uint64_t seed) : state_(seed) {}

  std::uint64_t operator()() {
    std::uint64_t mixed = state_ += 0x9e3779b97f4a7c15;
    mixed = (mixed ^ mixed >> 30) * 0xbf58476d1ce4e5b9;
    mixed = (mixed ^ mixed >> 27) * 0x94d049bb133111eb;
    return mixed ^ mixed >> 31;
  }
  // 0 .. end - 1
  std::int64_t below(std::int64_t end) {
    return static_cast<std::int64_t>((*this)() % static_cast<std::uint64_t>(end));
  }
  // 0 .. 2^63 - 1, every number of bits as likely as every other.
  std::int64_t any_size() { return static_cast<std::int64_t>((*this)() >> (1 + below(63))); }
  bool one_in(std::int64_t n) { return below(n) == 0; }
  Duration up_to(Duration most) { return Duration{below(most.count() + 1)}; }

 private:
  std::uint64_t state_;
};

}  // namespace fusebox::slo
