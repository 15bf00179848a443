#include "base/text.hpp"

#include <algorithm>
#include <bit>
#include <cstring>
#include <numeric>
#include <vector>

namespace fusebox {
namespace {

__extension__ typedef unsigned __int128 Uint128;  // NOLINT: `using` takes no __extension__

// Length of the well-formed UTF-8 sequence at the front of `bytes`, 0 if there is none.
std::size_t sequence_length(std::string_view bytes) {
  const auto at = [&](std::size_t i) { return static_cast<unsigned char>(bytes[i]); };
  const unsigned char lead = at(0);
  if (lead < 0x80) return 1;
  const std::size_t length = lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : 2;
  if (lead < 0xC2 || lead > 0xF4 || bytes.size() < length) return 0;
  for (std::size_t i = 1; i < length; ++i) {
    if ((at(i) & 0xC0) != 0x80) return 0;
  }
  if (lead == 0xE0 && at(1) < 0xA0) return 0;  // overlong
  if (lead == 0xED && at(1) > 0x9F) return 0;  // surrogates
  if (lead == 0xF0 && at(1) < 0x90) return 0;  // overlong
  if (lead == 0xF4 && at(1) > 0x8F) return 0;  // above U+10FFFF
  return length;
}

std::size_t edit_distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> row(b.size() + 1);
  std::iota(row.begin(), row.end(), std::size_t{0});
  for (std::size_t i = 1; i <= a.size(); ++i) {
    std::size_t diagonal = row[0];
    row[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t substituted = diagonal + (a[i - 1] == b[j - 1] ? 0 : 1);
      diagonal = row[j];
      row[j] = std::min({row[j] + 1, row[j - 1] + 1, substituted});
    }
  }
  return row[b.size()];
}

template <class Word>
std::uint64_t load(const char* from) {
  Word word;
  std::memcpy(&word, from, sizeof word);
  return word;
}

// The last `left` bytes, 1 to 7 of them, zero-padded: in reads of fixed sizes that overlap, as a
// memcpy of a length unknown to the compiler is a call.
std::uint64_t tail_of(std::string_view bytes, std::size_t left) {
  static_assert(std::endian::native == std::endian::little, "hashes must be the same everywhere");
  const char* const tail = bytes.data() + bytes.size() - left;
  if (bytes.size() >= 8) return load<std::uint64_t>(tail + left - 8) >> (64 - 8 * left);
  if (left >= 4) {
    return load<std::uint32_t>(tail) | load<std::uint32_t>(tail + left - 4) << (8 * left - 32);
  }
  // One to three bytes: the first, the middle and the last are all of them.
  return load<std::uint8_t>(tail) | load<std::uint8_t>(tail + left / 2) << (left / 2 * 8) |
         load<std::uint8_t>(tail + left - 1) << (left * 8 - 8);
}

}  // namespace

std::optional<std::size_t> find_invalid_utf8(std::string_view bytes) {
  for (std::size_t pos = 0; pos < bytes.size();) {
    const std::size_t length = sequence_length(bytes.substr(pos));
    if (length == 0) return pos;
    pos += length;
  }
  return std::nullopt;
}

std::string_view nearest(std::string_view word, std::span<const std::string_view> candidates) {
  constexpr std::size_t kLongestName = 64;
  if (word.size() > kLongestName) return {};
  std::string_view best;
  std::size_t best_distance = std::max<std::size_t>(1, word.size() / 3) + 1;
  for (const std::string_view candidate : candidates) {
    const std::size_t distance = edit_distance(word, candidate);
    if (distance < best_distance) {
      best = candidate;
      best_distance = distance;
    }
  }
  return best;
}

std::string join_or(std::span<const std::string_view> words) {
  std::string out;
  for (std::size_t i = 0; i < words.size(); ++i) {
    if (i > 0) out += i + 1 == words.size() ? " or " : ", ";
    out += words[i];
  }
  return out;
}

std::uint64_t stable_hash(std::string_view bytes, std::uint64_t seed) {
  // Eight bytes a step with a multiply and a fold (the wyhash idea); the tail is zero-padded and
  // the length is mixed in, so "a" and "a\0" differ.
  constexpr std::uint64_t kMultiplier = 0x9E3779B97F4A7C15;
  std::uint64_t hash = seed ^ (bytes.size() * kMultiplier);
  const auto mix = [&hash](std::uint64_t word) {
    const auto product = static_cast<Uint128>(hash ^ word) * static_cast<Uint128>(kMultiplier);
    hash = static_cast<std::uint64_t>(product) ^ static_cast<std::uint64_t>(product >> 64) ^ word;
  };
  const char* const data = bytes.data();
  std::size_t left = bytes.size();
  for (; left >= 8; left -= 8) mix(load<std::uint64_t>(data + bytes.size() - left));
  if (left > 0) mix(tail_of(bytes, left));
  mix(kMultiplier);
  return hash;
}

}  // namespace fusebox
