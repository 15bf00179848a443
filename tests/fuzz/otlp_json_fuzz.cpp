// Trace requests in JSON from arbitrary bytes.
#include <cstddef>
#include <cstdint>

#include "telemetry/otlp.hpp"
#include "tests/fuzz/otlp_examine.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using fusebox::telemetry::OtlpDecoder;
  static OtlpDecoder warm(fusebox::telemetry::fuzz_prices());
  OtlpDecoder fresh(fusebox::telemetry::fuzz_prices());
  const std::string_view body(reinterpret_cast<const char*>(data), size);
  const auto first = warm.decode_json(body);
  fusebox::telemetry::examine(first);
  fusebox::telemetry::expect_same(first, fresh.decode_json(body));
  return 0;
}
