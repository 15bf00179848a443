// Inputs as bytes and back: what a log of inputs holds, so that a host can feed its engine again
// what it was fed before. Several times smaller and faster than JSON.
//
// The arguments of a check are never written. Its recorded outcome stands in their place
// (RecordedOutcome), and what was said for `explain` is not kept.
//
// The bytes carry no length, no checksum and no version: those belong to the log around them.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "telemetry/input.hpp"

namespace fusebox::telemetry {

// Appends the input. A check must carry its recorded outcome. About 100 ns for an event; allocates
// only if `out` must grow.
void encode_input(const Input& input, std::string& out);

// Decodes one input at a time and reuses its memory. What it returns views into the decoder and
// into the bytes, and is valid until the next call. Not thread-safe.
class InputDecoder {
 public:
  // `bytes` is exactly one input. Whatever they are, what is returned keeps the ranges stated at
  // the fields of events, checks and reports. Errors: InvalidInput. About 100 ns for an event.
  [[nodiscard]] Result<const Input*> decode(std::string_view bytes);

 private:
  Input input_;
  policy::DynamicDocument attributes_;
  std::vector<RuleOutcome> rules_;
};

}  // namespace fusebox::telemetry
