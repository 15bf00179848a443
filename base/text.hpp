// Small text helpers that several folders share.
#pragma once

#include <cstddef>
#include <cstdint>
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

// 64-bit hash of bytes: stable over runs, machines and compilers, because
// what it decides (de-duplication) is part of a replay. Not for adversaries who choose both sides.
[[nodiscard]] std::uint64_t stable_hash(std::string_view bytes, std::uint64_t seed = 0);

}  // namespace fusebox
