// Encoded inputs from arbitrary bytes. What is accepted keeps its ranges, encodes to bytes that
// decode to the same input, and can be written as a journal line in valid UTF-8.
#include <cstddef>
#include <cstdint>
#include <string>

#include "base/assert.hpp"
#include "base/text.hpp"
#include "telemetry/input_codec.hpp"
#include "telemetry/journal_writer.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace fusebox::telemetry;
  InputDecoder decoder;
  const auto input = decoder.decode({reinterpret_cast<const char*>(data), size});
  if (!input) return 0;
  std::string line;
  append_journal_line(line, **input, Arguments::Full);
  FUSEBOX_ASSERT(!fusebox::find_invalid_utf8(line));
  std::string bytes;
  encode_input(**input, bytes);
  InputDecoder second;
  const auto again = second.decode(bytes);
  FUSEBOX_ASSERT(again.has_value());
  std::string same;
  encode_input(**again, same);
  FUSEBOX_ASSERT(same == bytes);
  return 0;
}
