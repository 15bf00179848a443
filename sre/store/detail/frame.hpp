// A frame: how the store writes one record among others so that a damaged one is seen.
//
//   length u32 | crc32c u32, of length and payload | payload        (little-endian)
//
// The sum starts from a seed that belongs to the file, so that a frame of another file does not
// fit. No frame is empty, so zeros, which a file system shows for what was never written, are none.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace fusebox::store {

inline constexpr std::size_t kFrameHeadBytes = 8;

struct FrameRules {
  std::uint32_t seed;
  std::size_t payload_max;  // longer ones are damage
};

// `payload` is not empty.
void append_frame(std::string& out, std::string_view payload, std::uint32_t seed);

struct Frame {
  std::string_view payload;
  std::size_t bytes = 0;  // with its head
};
// The frame that `bytes` begin with; nullopt if it is not whole or not sound.
[[nodiscard]] std::optional<Frame> read_frame(std::string_view bytes, const FrameRules& rules);

// Offset of the next sound frame behind damage at 0, by trying every offset. Sums at most 64 MiB,
// so that hostile bytes cannot keep it busy; nullopt then too.
[[nodiscard]] std::optional<std::size_t> find_frame(std::string_view bytes,
                                                    const FrameRules& rules);

[[nodiscard]] bool all_zero(std::string_view bytes);

void append_u32(std::string& out, std::uint32_t value);
void append_u64(std::string& out, std::uint64_t value);
// `bytes` has them at `offset`.
[[nodiscard]] std::uint32_t u32_at(std::string_view bytes, std::size_t offset);
[[nodiscard]] std::uint64_t u64_at(std::string_view bytes, std::size_t offset);

}  // namespace fusebox::store
