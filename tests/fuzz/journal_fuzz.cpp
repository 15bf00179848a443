// Journal lines and check bodies from arbitrary bytes. Besides not crashing: an input that is
// refused says why in valid text of bounded length, and decoding is a function of the bytes.
#include "telemetry/journal.hpp"

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/assert.hpp"
#include "base/text.hpp"
#include "telemetry/facts.hpp"

namespace {

using fusebox::Result;
using fusebox::telemetry::CheckFacts;
using fusebox::telemetry::CheckInput;
using fusebox::telemetry::Event;
using fusebox::telemetry::EventFacts;
using fusebox::telemetry::Input;
using fusebox::telemetry::JournalDecoder;

constexpr std::size_t kLongestMessage = 400;

// Reads everything a condition could read, so that a dangling view is seen.
void touch(const fusebox::policy::Facts& facts, const fusebox::policy::Schema& schema) {
  for (const auto& symbol : schema.symbols) {
    const auto value = facts.get(symbol.slot);
    FUSEBOX_ASSERT(!fusebox::find_invalid_utf8(value.text));
    for (std::size_t i = 0; i < symbol.literals.size(); ++i) {
      static_cast<void>(facts.member(symbol.slot, i));
    }
  }
}

void examine(const Result<const Input*>& input) {
  if (!input) {
    FUSEBOX_ASSERT(input.error().message.size() <= kLongestMessage);
    FUSEBOX_ASSERT(!fusebox::find_invalid_utf8(input.error().message));
    return;
  }
  if (const auto* event = std::get_if<Event>(&(*input)->body)) {
    touch(EventFacts(*event), fusebox::telemetry::indicator_schema());
  }
  if (const auto* check = std::get_if<CheckInput>(&(*input)->body)) {
    touch(CheckFacts(check->check), fusebox::telemetry::request_schema());
  }
}

void decode(JournalDecoder& decoder, JournalDecoder& second, std::string_view line) {
  const auto input = decoder.decode_line(line);
  examine(input);
  const auto again = second.decode_line(line);
  FUSEBOX_ASSERT(input.has_value() == again.has_value());
  if (!input) FUSEBOX_ASSERT(input.error().message == again.error().message);
  // Read by simdjson, because of the tab, and so by the other of the two readers.
  if (line.size() < fusebox::telemetry::kJournalLineBytesMax) {
    const auto full = second.decode_line("\t" + std::string(line));
    FUSEBOX_ASSERT(input.has_value() == full.has_value());
    if (!input) FUSEBOX_ASSERT(input.error().message == full.error().message);
  }
  examine(decoder.decode_check(line, fusebox::from_ns(0)));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static JournalDecoder warm;
  JournalDecoder fresh;
  std::string_view rest(reinterpret_cast<const char*>(data), size);
  for (;;) {
    const std::size_t end = rest.find('\n');
    decode(warm, fresh, rest.substr(0, end));
    if (end == std::string_view::npos) break;
    rest.remove_prefix(end + 1);
  }
  return 0;
}
