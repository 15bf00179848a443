// What a recorded journal begins with, beside inputs: the configuration and the state that it goes
// on from. Both may be larger than a line may be, so they come in parts, one behind the other:
//
//   {"at":…,"config":{"part":1,"of":2,"name":"fusebox.yaml","text":"apiVersion: …"}}
//   {"at":…,"config":{"part":2,"of":2,"name":"limits.yaml","text":"…"}}
//   {"at":…,"state":{"part":1,"of":1,"bytes":"…base64…"}}
//
// Parts of one name that follow each other are one text. `part` and `of` may be left out where
// there is one.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/result.hpp"
#include "base/time.hpp"

namespace fusebox::telemetry {

// One file of a configuration, or what stands for it.
struct ConfigText {
  std::string name;
  std::string text;
  friend bool operator==(const ConfigText&, const ConfigText&) = default;
};

enum class PartKind : std::uint8_t { Config, State };

// One decoded line; views into its decoder.
struct JournalPart {
  Instant at;
  PartKind kind = PartKind::Config;
  std::int64_t part = 1;  // 1..of
  std::int64_t of = 1;
  std::string_view name = {};   // of a text
  std::string_view bytes = {};  // the text, or base64 of the state
};

// A saved state, as Engine::save() wrote it.
struct SavedState {
  std::string bytes;
};

// Appends whole lines with their newlines, each well below kJournalLineBytesMax. Without documents
// one empty text says that there is no configuration.
void append_config_lines(std::string& out, Instant at, std::span<const ConfigText> documents);
void append_state_lines(std::string& out, Instant at, std::string_view state);

// Puts parts together.
class JournalParts {
 public:
  using Whole = std::variant<std::vector<ConfigText>, SavedState>;

  // The whole, once its last part is there. Errors: InvalidInput for a part that does not follow
  // the one before it, and for bytes that are no base64.
  [[nodiscard]] Result<std::optional<Whole>> add(const JournalPart& part);
  // Is a part still missing? Nothing but that part may follow then.
  [[nodiscard]] bool is_waiting() const { return next_ > 1; }

 private:
  [[nodiscard]] Result<void> take(const JournalPart& part);

  PartKind kind_ = PartKind::Config;
  std::int64_t next_ = 1;  // part that must come
  std::int64_t of_ = 0;
  std::vector<ConfigText> documents_;
  std::string state_;
};

}  // namespace fusebox::telemetry
