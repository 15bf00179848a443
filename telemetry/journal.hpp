// NDJSON in: one journal line to one input (the line grammar of design 4.4), and the JSON bodies
// of events, checks and reports on their own. simdjson lives behind this header.
#pragma once

#include <memory>
#include <string_view>
#include <variant>

#include "base/result.hpp"
#include "telemetry/input.hpp"
#include "telemetry/journal_parts.hpp"

namespace fusebox::telemetry {

inline constexpr std::size_t kJournalLineBytesMax = 1 << 20;
inline constexpr std::size_t kJsonDepthMax = 64;

// Decodes one line at a time and reuses its memory: no allocation once warm. What it returns views
// into the decoder and is valid until the next call. Unknown fields of an event go to
// `attributes`; wrong types and values are errors that name the field. Duplicate members, invalid
// UTF-8, depth above kJsonDepthMax, trailing bytes and more than 65,536 values in `args` or
// `attributes` are errors. About 150 ns for a line of 110 bytes. Not thread-safe.
class JournalDecoder {
 public:
  JournalDecoder();
  ~JournalDecoder();
  JournalDecoder(const JournalDecoder&) = delete;
  JournalDecoder& operator=(const JournalDecoder&) = delete;

  // One whole journal line: an input, {"at":…, "event":{…}}, or a part of what it begins with.
  using Line = std::variant<const Input*, JournalPart>;
  [[nodiscard]] Result<Line> decode_any_line(std::string_view line);
  // The same, where nothing but inputs may stand.
  [[nodiscard]] Result<const Input*> decode_line(std::string_view line);

  // The body of one check, as of POST /v1/check; arrival is `at`, the id is the engine's to give.
  [[nodiscard]] Result<const Input*> decode_check(std::string_view body, Instant at);
  // The bodies of one event and one report, alike. Errors name members without what they stand in:
  // `duration_ms: expected …`.
  [[nodiscard]] Result<const Input*> decode_event(std::string_view body, Instant at);
  [[nodiscard]] Result<const Input*> decode_report(std::string_view body, Instant at);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace fusebox::telemetry
