// Random draws for property tests: SplitMix64, so that a seed gives the same run on every library.
#pragma once

#include <cstdint>
#include <string>

namespace fusebox {

class Draw {
 public:
  explicit Draw(std::uint64_t seed) : state_(seed) {}

  std::uint64_t bits() {
    std::uint64_t mixed = state_ += 0x9e3779b97f4a7c15;
    mixed = (mixed ^ mixed >> 30) * 0xbf58476d1ce4e5b9;
    mixed = (mixed ^ mixed >> 27) * 0x94d049bb133111eb;
    return mixed ^ mixed >> 31;
  }
  // 0 .. end - 1
  std::int64_t below(std::int64_t end) {
    return static_cast<std::int64_t>(bits() % static_cast<std::uint64_t>(end));
  }
  // Any number of either sign, every number of bits as likely as every other.
  std::int64_t any() {
    const auto size = static_cast<std::int64_t>(bits() >> (1 + below(63)));
    return below(2) == 0 ? size : -size;
  }
  // Bytes of every value, NUL and separators included.
  std::string bytes(std::int64_t longest) {
    std::string out(static_cast<std::size_t>(below(longest + 1)), '\0');
    for (char& c : out) c = static_cast<char>(bits());
    return out;
  }

 private:
  std::uint64_t state_;
};

}  // namespace fusebox
