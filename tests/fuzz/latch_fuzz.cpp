// Any bytes as the latch file: they are refused as newer, or give orders that a fence may take;
// all is well only with a file of the size that it states itself.
#include "sre/store/latch.hpp"

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "base/assert.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  namespace store = fusebox::store;
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);  // NOLINT: bytes as text
  const auto contents = store::read_latch(bytes);
  if (!contents) {
    FUSEBOX_ASSERT(contents.error().code == fusebox::ErrorCode::StateNewer);
    return 0;
  }
  FUSEBOX_ASSERT(contents->end <= size);
  fusebox::killswitch::Fence fence;
  for (const auto& order : contents->orders) fence.merge(order);
  if (contents->must_start_tripped || size == 0) return 0;
  // One byte less, and orders may be missing.
  const auto cut = store::read_latch(bytes.substr(0, size - 1));
  FUSEBOX_ASSERT(cut.has_value());
  FUSEBOX_ASSERT(cut->must_start_tripped.has_value());
  return 0;
}
