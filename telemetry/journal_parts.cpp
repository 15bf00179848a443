#include "telemetry/journal_parts.hpp"

#include <algorithm>
#include <utility>

#include "base/base64.hpp"
#include "base/json_writer.hpp"

namespace fusebox::telemetry {
namespace {

// A control character takes six bytes in JSON, so the longest line is three quarters of a mebibyte.
constexpr std::size_t kTextBytes = std::size_t{128} << 10;
// A multiple of three: parts have no padding but the last.
constexpr std::size_t kStateBytes = std::size_t{3} << 17;

// The next piece of at most `max` bytes that cuts no character of UTF-8 in two.
std::string_view take_piece(std::string_view& rest, std::size_t max) {
  std::size_t length = std::min(rest.size(), max);
  while (length < rest.size() && (static_cast<unsigned char>(rest[length]) & 0xC0) == 0x80) {
    --length;
  }
  const std::string_view piece = rest.substr(0, length);
  rest.remove_prefix(length);
  return piece;
}

struct Piece {
  std::string_view name;
  std::string_view text;
};

std::vector<Piece> pieces_of(std::span<const ConfigText> documents) {
  std::vector<Piece> pieces;
  for (const ConfigText& document : documents) {
    std::string_view rest = document.text;
    do {
      pieces.push_back({document.name, take_piece(rest, kTextBytes)});
    } while (!rest.empty());
  }
  if (pieces.empty()) pieces.push_back({});
  return pieces;
}

struct Numbered {
  std::size_t part;
  std::size_t of;
};

// {"at":…,"config":{"part":1,"of":2, and what `write` adds.
template <class Write>
void append_line(std::string& out, Instant at, std::string_view member, Numbered number,
                 const Write& write) {
  JsonWriter json(out);
  json.begin_object();
  json.field("at", at);
  json.key(member);
  json.begin_object();
  json.field("part", static_cast<std::int64_t>(number.part));
  json.field("of", static_cast<std::int64_t>(number.of));
  write(json);
  json.end_object();
  json.end_object();
  out += '\n';
}

}  // namespace

void append_config_lines(std::string& out, Instant at, std::span<const ConfigText> documents) {
  const std::vector<Piece> pieces = pieces_of(documents);
  for (std::size_t i = 0; i < pieces.size(); ++i) {
    append_line(out, at, "config", {i + 1, pieces.size()}, [&](JsonWriter& json) {
      json.field("name", pieces[i].name);
      json.field("text", pieces[i].text);
    });
  }
}

void append_state_lines(std::string& out, Instant at, std::string_view state) {
  const std::size_t count =
      std::max<std::size_t>(1, (state.size() + kStateBytes - 1) / kStateBytes);
  for (std::size_t i = 0; i < count; ++i) {
    append_line(out, at, "state", {i + 1, count}, [&](JsonWriter& json) {
      json.field("bytes", base64_encode(state.substr(i * kStateBytes, kStateBytes)));
    });
  }
}

Result<void> JournalParts::take(const JournalPart& part) {
  if (part.kind == PartKind::Config) {
    if (documents_.empty() || documents_.back().name != part.name) {
      documents_.push_back({std::string(part.name), {}});
    }
    documents_.back().text += part.bytes;
    return {};
  }
  const auto bytes = base64_decode(part.bytes);
  if (!bytes) return Unexpected{ErrorCode::InvalidInput, "state.bytes: expected base64"};
  state_ += *bytes;
  return {};
}

Result<std::optional<JournalParts::Whole>> JournalParts::add(const JournalPart& part) {
  const bool goes_on = !is_waiting() || (part.kind == kind_ && part.of == of_);
  if (!goes_on || part.part != next_) {
    return Unexpected{ErrorCode::InvalidInput,
                      "part " + std::to_string(part.part) + " of " + std::to_string(part.of) +
                          " does not follow the line above; expected part " +
                          std::to_string(next_)};
  }
  if (!is_waiting()) {
    documents_.clear();
    state_.clear();
  }
  if (auto taken = take(part); !taken) return Unexpected{taken.error()};
  kind_ = part.kind;
  of_ = part.of;
  next_ = part.part == part.of ? 1 : part.part + 1;
  if (is_waiting()) return std::optional<Whole>();
  if (kind_ == PartKind::Config) return std::optional<Whole>(std::exchange(documents_, {}));
  return std::optional<Whole>(SavedState{std::exchange(state_, {})});
}

}  // namespace fusebox::telemetry
