// gzip from arbitrary bytes: never more than the limit, and the same answer from a warm inflater.
#include <cstddef>
#include <cstdint>

#include "base/assert.hpp"
#include "telemetry/inflate.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using fusebox::telemetry::Inflater;
  constexpr std::size_t kLimit = 1 << 20;
  static Inflater warm;
  Inflater fresh;
  const std::string_view compressed(reinterpret_cast<const char*>(data), size);
  const auto first = warm.gunzip(compressed, kLimit);
  const auto second = fresh.gunzip(compressed, kLimit);
  FUSEBOX_ASSERT(first.has_value() == second.has_value());
  if (!first) return 0;
  FUSEBOX_ASSERT(first->size() <= kLimit);
  FUSEBOX_ASSERT(*first == *second);
  return 0;
}
