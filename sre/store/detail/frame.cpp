#include "sre/store/detail/frame.hpp"

#include <array>

#include "base/assert.hpp"
#include "sre/store/detail/crc32c.hpp"

namespace fusebox::store {
namespace {

constexpr std::size_t kSearchBytesMax = std::size_t{64} << 20;

std::uint32_t sum_of(std::string_view length, std::string_view payload, std::uint32_t seed) {
  return crc32c(payload, crc32c(length, seed));
}

template <class Unsigned>
Unsigned value_at(std::string_view bytes, std::size_t offset) {
  FUSEBOX_ASSERT(offset + sizeof(Unsigned) <= bytes.size());
  Unsigned value = 0;
  for (std::size_t i = sizeof value; i-- > 0;) {
    value = static_cast<Unsigned>(value << 8 | static_cast<unsigned char>(bytes[offset + i]));
  }
  return value;
}

template <class Unsigned>
void append_value(std::string& out, Unsigned value) {
  std::array<char, sizeof value> bytes{};
  for (std::size_t i = 0; i < bytes.size(); ++i)
    bytes[i] = static_cast<char>(value >> 8 * i & 0xFF);
  out.append(bytes.data(), bytes.size());
}

}  // namespace

void append_u32(std::string& out, std::uint32_t value) { append_value(out, value); }
void append_u64(std::string& out, std::uint64_t value) { append_value(out, value); }
std::uint32_t u32_at(std::string_view bytes, std::size_t offset) {
  return value_at<std::uint32_t>(bytes, offset);
}
std::uint64_t u64_at(std::string_view bytes, std::size_t offset) {
  return value_at<std::uint64_t>(bytes, offset);
}

void append_frame(std::string& out, std::string_view payload, std::uint32_t seed) {
  FUSEBOX_ASSERT(!payload.empty());
  const std::size_t start = out.size();
  append_u32(out, static_cast<std::uint32_t>(payload.size()));
  append_u32(out, sum_of(std::string_view(out).substr(start, 4), payload, seed));
  out += payload;
}

std::optional<Frame> read_frame(std::string_view bytes, const FrameRules& rules) {
  if (bytes.size() < kFrameHeadBytes) return std::nullopt;
  const std::size_t length = u32_at(bytes, 0);
  if (length == 0 || length > rules.payload_max || length > bytes.size() - kFrameHeadBytes) {
    return std::nullopt;
  }
  const std::string_view payload = bytes.substr(kFrameHeadBytes, length);
  if (u32_at(bytes, 4) != sum_of(bytes.substr(0, 4), payload, rules.seed)) return std::nullopt;
  return Frame{.payload = payload, .bytes = kFrameHeadBytes + length};
}

std::optional<std::size_t> find_frame(std::string_view bytes, const FrameRules& rules) {
  std::size_t summed = 0;
  for (std::size_t at = 1; at + kFrameHeadBytes < bytes.size(); ++at) {
    const std::size_t length = u32_at(bytes, at);
    if (length == 0 || length > rules.payload_max) continue;
    if (length > bytes.size() - at - kFrameHeadBytes) continue;
    if (read_frame(bytes.substr(at), rules)) return at;
    summed += length;
    if (summed > kSearchBytesMax) return std::nullopt;
  }
  return std::nullopt;
}

bool all_zero(std::string_view bytes) {
  // The first is zero, and every other is as the one before it: a comparison that runs in words.
  if (bytes.empty()) return true;
  return bytes[0] == '\0' && bytes.substr(1) == bytes.substr(0, bytes.size() - 1);
}

}  // namespace fusebox::store
