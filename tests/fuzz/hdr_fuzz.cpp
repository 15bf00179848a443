// HDR histograms from hostile bytes: whatever is accepted must come back from its own encodings
// unchanged, and answer every question.
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "base/assert.hpp"
#include "slo/histogram.hpp"

namespace {

using fusebox::Result;
using fusebox::slo::Histogram;

void check_round_trip(const Histogram& histogram) {
  const std::string bytes = histogram.encode();
  const Result<Histogram> plain = Histogram::decode(bytes);
  FUSEBOX_ASSERT(plain.has_value());
  FUSEBOX_ASSERT(plain->encode() == bytes);
  const Result<Histogram> text = Histogram::decode_base64(histogram.encode_base64());
  FUSEBOX_ASSERT(text.has_value());
  FUSEBOX_ASSERT(text->encode() == bytes);
}

void check_answers(const Histogram& histogram) {
  FUSEBOX_ASSERT(histogram.total() >= 0);
  FUSEBOX_ASSERT(histogram.min() <= histogram.value_at_percentile(50));
  FUSEBOX_ASSERT(histogram.value_at_percentile(50) <= histogram.max());
  FUSEBOX_ASSERT(histogram.stddev() >= 0);
  FUSEBOX_ASSERT(histogram.mean() >= 0);
}

void check(const Result<Histogram>& read) {
  if (!read) return;
  check_round_trip(*read);
  check_answers(*read);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes{reinterpret_cast<const char*>(data), size};
  check(Histogram::decode(bytes));
  check(Histogram::decode_base64(bytes));
  return 0;
}
