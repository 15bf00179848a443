// Any bytes as a segment of the input log: refused, or frames up to a place, and what stands before
// that place is a clean segment of the same frames.
#include "sre/store/input_log.hpp"

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "base/assert.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  namespace store = fusebox::store;
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);  // NOLINT: bytes as text
  std::uint64_t visited = 0;
  const auto count = [&visited](std::string_view payload) {
    FUSEBOX_ASSERT(!payload.empty());
    ++visited;
    return fusebox::Result<void>();
  };
  const auto scan = store::scan_segment(bytes, count);
  if (!scan) return 0;
  FUSEBOX_ASSERT(scan->frames == visited);
  FUSEBOX_ASSERT(scan->good <= size);
  FUSEBOX_ASSERT((scan->good == size) == (scan->end == store::SegmentEnd::Clean));
  const auto again = store::scan_segment(bytes.substr(0, scan->good), count);
  FUSEBOX_ASSERT(again.has_value());
  FUSEBOX_ASSERT(again->frames == scan->frames);
  FUSEBOX_ASSERT(again->end == store::SegmentEnd::Clean);
  return 0;
}
