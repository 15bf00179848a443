// Chance as a function: what a draw comes to depends on what is drawn for, never on what was drawn
// before. So a session's third call meets the same fate whatever else goes on, on any thread, with
// any compiler, and live as in simulation.
#pragma once

#include <cstdint>

#include "base/ratio.hpp"

namespace fusebox::chaos {

// A bijection of 64 bits that scatters them (the finisher of SplitMix64: Steele, Lea, Flood 2014).
[[nodiscard]] constexpr std::uint64_t scatter(std::uint64_t x) {
  x ^= x >> 30;
  x *= 0xbf58476d1ce4e5b9;
  x ^= x >> 27;
  x *= 0x94d049bb133111eb;
  return x ^ (x >> 31);
}

// One more word into a hash. Order matters.
[[nodiscard]] constexpr std::uint64_t mix(std::uint64_t hash, std::uint64_t word) {
  return scatter(hash + 0x9e3779b97f4a7c15 + scatter(word));
}

// A share as a threshold of a draw that is uniform over 64 bits; exact to 2^-64.
class Chance {
 public:
  Chance() = default;
  explicit Chance(Ratio share);  // [0, 1]

  [[nodiscard]] bool hits(std::uint64_t draw) const { return always_ || draw < below_; }

 private:
  std::uint64_t below_ = 0;
  bool always_ = false;
};

// Draws for one subject, in order: draw i of stream s is a hash of both. For simulated chance that
// nothing else must agree on. Eight bytes of state.
class Stream {
 public:
  explicit constexpr Stream(std::uint64_t key) : state_(key) {}
  [[nodiscard]] constexpr std::uint64_t next() { return scatter(state_ += 0x9e3779b97f4a7c15); }
  // 0..bound-1; bound > 0. The bias is below 2^-32 for the bounds that are used here.
  [[nodiscard]] constexpr std::uint64_t below(std::uint64_t bound) {
    return ((next() >> 32) * bound) >> 32;
  }

 private:
  std::uint64_t state_;
};

}  // namespace fusebox::chaos
