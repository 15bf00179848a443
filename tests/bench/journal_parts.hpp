// What make_journal is made of: chance, the world that its agents work in, and lines.
#pragma once

#include <array>
#include <charconv>
#include <cstdint>
#include <cstdio>
#include <string>
#include <string_view>

#include "base/time.hpp"

namespace fusebox::bench {

// splitmix64 (Steele, Lea, Flood 2014): one multiply-xor chain a draw, every seed is good.
class Random {
 public:
  explicit Random(std::uint64_t seed) : state_(seed) {}

  std::uint64_t next() {
    std::uint64_t z = state_ += 0x9E3779B97F4A7C15;
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
    return z ^ (z >> 31);
  }
  // 0..bound-1. The bias of the remainder is below 2^-40 for the bounds used here.
  std::int64_t below(std::int64_t bound) {
    return static_cast<std::int64_t>(next() % static_cast<std::uint64_t>(bound));
  }
  template <class Item, std::size_t N>
  const Item& pick(const std::array<Item, N>& items) {
    return items[static_cast<std::size_t>(next() % N)];
  }
  bool one_in(std::int64_t n) { return below(n) == 0; }
  bool percent(std::int64_t share) { return below(100) < share; }

 private:
  std::uint64_t state_;
};

struct Tool {
  std::string_view name;
  std::int64_t typical_ms;
  std::int64_t failures_in_1000;
};
inline constexpr std::array<Tool, 12> kTools{{{"search", 120, 6},
                                              {"fetch", 300, 12},
                                              {"sql.query", 40, 3},
                                              {"file_read", 5, 1},
                                              {"file_write", 8, 2},
                                              {"shell", 900, 15},
                                              {"browser", 2500, 25},
                                              {"calendar", 180, 4},
                                              {"email", 220, 5},
                                              {"vector_search", 60, 2},
                                              {"python", 700, 10},
                                              {"ticket", 150, 4}}};

struct Model {
  std::string_view name;
  std::string_view provider;
  std::int64_t typical_ms;
  std::int64_t micro_usd_per_token;
};
inline constexpr std::array<Model, 4> kModels{{{"m1", "p1", 900, 5},
                                               {"m1-mini", "p1", 350, 1},
                                               {"m2", "p2", 1200, 8},
                                               {"m2-fast", "p2", 250, 1}}};

// Traffic by hour of the day, UTC: a working day with a dip at noon.
inline constexpr std::array<std::int64_t, 24> kHourWeights{22, 18, 15, 13, 14, 18, 30, 48,
                                                           70, 88, 96, 94, 80, 86, 98, 100,
                                                           95, 84, 70, 58, 48, 40, 33, 27};

// Lines into a buffer that goes to stdout in large pieces.
class Lines {
 public:
  Lines() { buffer_.reserve(2 * kPiece); }

  Lines& text(std::string_view text) {
    buffer_ += text;
    return *this;
  }
  Lines& number(std::int64_t value) {
    std::array<char, 24> digits{};
    const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), value).ptr;
    buffer_.append(digits.data(), end);
    return *this;
  }
  Lines& padded2(std::int64_t value) { return text(value < 10 ? "0" : "").number(value); }
  Lines& time(Instant at) {
    buffer_ += '"';
    append_rfc3339(buffer_, at);
    return text("\"");
  }
  Lines& open(Instant at) { return text("{\"at\":").time(at).text(","); }
  void close() {
    text("}\n");
    if (buffer_.size() >= kPiece) flush();
  }
  void flush() {
    good_ = std::fwrite(buffer_.data(), 1, buffer_.size(), stdout) == buffer_.size() && good_;
    buffer_.clear();
  }
  [[nodiscard]] std::string_view since(std::size_t start) const {
    return std::string_view(buffer_).substr(start);
  }
  [[nodiscard]] std::size_t size() const { return buffer_.size(); }
  [[nodiscard]] bool good() const { return good_; }

 private:
  static constexpr std::size_t kPiece = 1 << 20;
  std::string buffer_;
  bool good_ = true;
};

}  // namespace fusebox::bench
