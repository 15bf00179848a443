#include "sre/store/detail/log_segment.hpp"

#include "sre/store/detail/crc32c.hpp"
#include "sre/store/detail/frame.hpp"
#include "sre/store/input_log.hpp"

namespace fusebox::store {
namespace {

// The line ends are there to be broken by a transfer that takes it for text.
constexpr std::string_view kMagic = "fbxlog\r\n";
constexpr std::uint32_t kVersion = 1;
constexpr std::size_t kSectorBytes = 512;

Unexpected corrupt(std::string why) { return {ErrorCode::StateCorrupt, std::move(why)}; }

// Does a sector in bytes [from, to), or what `from` leaves of one, hold nothing but zeros? That is
// how a page looks that was not yet written when the power went, though one behind it was.
bool has_lost_sector(std::string_view bytes, std::size_t from, std::size_t to) {
  for (std::size_t at = from; at < to;) {
    const std::size_t end = (at / kSectorBytes + 1) * kSectorBytes;
    if (end <= to && all_zero(bytes.substr(at, end - at))) return true;
    at = end;
  }
  return false;
}

SegmentEnd end_of(std::string_view bytes, std::size_t good, const FrameRules& rules) {
  if (good == bytes.size()) return SegmentEnd::Clean;
  const auto next = find_frame(bytes.substr(good), rules);
  if (!next || has_lost_sector(bytes, good, good + *next)) return SegmentEnd::Torn;
  return SegmentEnd::Damaged;
}

}  // namespace

std::string format_segment_head(const SegmentHead& head) {
  std::string bytes(kMagic);
  append_u32(bytes, kVersion);
  append_u64(bytes, head.number);
  append_u64(bytes, head.previous_end);
  append_u32(bytes, crc32c(bytes));
  return bytes;
}

Result<SegmentHead> parse_segment_head(std::string_view bytes) {
  if (bytes.size() < kSegmentHeadBytes) return corrupt("the head is not whole");
  const std::string_view head = bytes.substr(0, kSegmentHeadBytes);
  if (!head.starts_with(kMagic)) return corrupt("this is no segment of an input log");
  if (u32_at(head, kSegmentHeadBytes - 4) != crc32c(head.substr(0, kSegmentHeadBytes - 4))) {
    return corrupt("the head does not match its checksum");
  }
  const std::uint32_t version = u32_at(head, 8);
  if (version != kVersion) {
    return Unexpected{ErrorCode::StateNewer, "version " + std::to_string(version) +
                                                 " of the input log; this program knows up to " +
                                                 std::to_string(kVersion)};
  }
  return SegmentHead{.number = u64_at(head, 12), .previous_end = u64_at(head, 20)};
}

std::uint32_t frame_seed(const SegmentHead& head) { return crc32c(format_segment_head(head)); }

Result<SegmentScan> scan_segment(std::string_view bytes, const FrameVisit& visit) {
  const auto head = parse_segment_head(bytes);
  if (!head) return Unexpected{head.error()};
  const FrameRules rules{.seed = frame_seed(*head), .payload_max = kLogPayloadMax};
  SegmentScan scan{.head = *head, .good = kSegmentHeadBytes};
  while (const auto frame = read_frame(bytes.substr(scan.good), rules)) {
    if (auto done = visit(frame->payload); !done) return Unexpected{done.error()};
    scan.good += frame->bytes;
    ++scan.frames;
  }
  scan.end = end_of(bytes, scan.good, rules);
  return scan;
}

}  // namespace fusebox::store
