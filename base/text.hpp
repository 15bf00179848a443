// Small text helpers that several folders share.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace fusebox {

// Offset of the first byte that is not UTF-8 (surrogates, overlong forms and values above
// U+10FFFF are not); nullopt if all is well. Linear.
[[nodiscard]] std::optional<std::size_t> find_invalid_utf8(std::string_view bytes);

// The candidate nearest to `word` by edit distance, at most a third of its length away; "" if none.
[[nodiscard]] std::string_view nearest(std::string_view word,
                                       std::span<const std::string_view> candidates);

// "a, b or c".
[[nodiscard]] std::string join_or(std::span<const std::string_view> words);

// a == b, without a call: for the short texts that a hot path compares, a call of memcmp costs more
// than the comparison. Whole words from the front, and one that ends with the text.
[[nodiscard]] inline bool same_text(std::string_view a, std::string_view b) {
  if (a.size() != b.size()) return false;
  const auto same = [&]<class Word>(std::size_t at, Word) {
    Word left;
    Word right;
    std::memcpy(&left, a.data() + at, sizeof left);
    std::memcpy(&right, b.data() + at, sizeof right);
    return left == right;
  };
  const std::size_t size = a.size();
  if (size >= 8) {
    for (std::size_t at = 0; at + 8 < size; at += 8) {
      if (!same(at, std::uint64_t{})) return false;
    }
    return same(size - 8, std::uint64_t{});
  }
  if (size >= 4) return same(0, std::uint32_t{}) && same(size - 4, std::uint32_t{});
  if (size >= 2) return same(0, std::uint16_t{}) && same(size - 2, std::uint16_t{});
  return size == 0 || a[0] == b[0];
}

// 64-bit hash of bytes: stable over runs, machines and compilers, because
// what it decides (de-duplication) is part of a replay. Not for adversaries who choose both sides.
[[nodiscard]] std::uint64_t stable_hash(std::string_view bytes, std::uint64_t seed = 0);

}  // namespace fusebox
