// One segment of the input log as bytes: a head of 32 bytes, then frames.
//
//   "fbxlog\r\n" | version u32 | number u64 | end of the segment before u64 | crc32c u32
//
// The head says where the segment before ended, so that a whole frame missing there is seen too.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include "base/result.hpp"

namespace fusebox::store {

inline constexpr std::size_t kSegmentHeadBytes = 32;

struct SegmentHead {
  std::uint64_t number = 0;
  std::uint64_t previous_end = 0;
};

[[nodiscard]] std::string format_segment_head(const SegmentHead& head);
// Of a file that begins with these bytes. Errors: StateNewer; StateCorrupt, too few bytes included.
[[nodiscard]] Result<SegmentHead> parse_segment_head(std::string_view bytes);
// What frames of a segment with this head are summed from.
[[nodiscard]] std::uint32_t frame_seed(const SegmentHead& head);

// How the bytes of a segment end.
enum class SegmentEnd : std::uint8_t {
  Clean,
  Torn,     // an unfinished write: frames that no power cut may be asked to keep
  Damaged,  // sound frames follow, and no lost page explains it
};

struct SegmentScan {
  SegmentHead head;
  std::size_t good = 0;  // bytes: head and frames up to the first that is not sound
  std::uint64_t frames = 0;
  SegmentEnd end = SegmentEnd::Clean;
};

using FrameVisit = std::function<Result<void>(std::string_view payload)>;

// Visits the sound frames in order. Errors: those of parse_segment_head and of `visit`.
[[nodiscard]] Result<SegmentScan> scan_segment(std::string_view bytes, const FrameVisit& visit);

}  // namespace fusebox::store
