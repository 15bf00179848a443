#include "sre/store/detail/audit_segment.hpp"

#include <algorithm>
#include <charconv>

#include "base/json_writer.hpp"

namespace fusebox::store {
namespace {

using killswitch::Digest;
using killswitch::PublicKey;
using killswitch::Signature;
using killswitch::to_hex;

constexpr std::string_view kSealOpening = "{\"seal\":";
constexpr std::string_view kSignatureKey = ",\"signature\":\"";
constexpr std::string_view kLineEnd = "\"}\n";
constexpr std::size_t kSignatureDigits = 2 * std::tuple_size_v<Signature>;
constexpr std::string_view kDigits = "0123456789abcdef";

std::string_view name_of(AuditEnd end) {
  switch (end) {
    case AuditEnd::Rolled:
      return "rolled";
    case AuditEnd::Stopped:
      return "stopped";
  }
  return "";
}

// What the signature covers.
std::string text_of(const AuditSeal& seal) {
  std::string text;
  JsonWriter json(text);
  json.begin_object();
  json.field("seal", static_cast<std::int64_t>(seal.number));
  json.field("entries", seal.at.entries);
  json.field("head", to_hex(seal.at.head));
  json.field("ends", name_of(seal.end));
  return text;
}

std::string to_digits(const Signature& signature) {
  std::string digits;
  for (const std::uint8_t byte : signature) {
    digits += kDigits[byte >> 4];
    digits += kDigits[byte & 15];
  }
  return digits;
}

// Both halves of every byte, lower-case alone, so that a signature has one text.
template <class Bytes>
std::optional<Bytes> bytes_of(std::string_view digits) {
  Bytes bytes{};
  if (digits.size() != 2 * bytes.size()) return std::nullopt;
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    const auto high = kDigits.find(digits[2 * i]);
    const auto low = kDigits.find(digits[2 * i + 1]);
    if (high == std::string_view::npos || low == std::string_view::npos) return std::nullopt;
    bytes[i] = static_cast<std::uint8_t>(high << 4 | low);
  }
  return bytes;
}

bool is_seal(std::string_view line, const AuditSeal& seal, const PublicKey& key) {
  const std::string text = text_of(seal);
  if (!line.starts_with(text + std::string(kSignatureKey)) || !line.ends_with(kLineEnd)) {
    return false;
  }
  line.remove_prefix(text.size() + kSignatureKey.size());
  if (line.size() != kSignatureDigits + kLineEnd.size()) return false;
  const auto signature = bytes_of<Signature>(line.substr(0, kSignatureDigits));
  return signature && key.verify(text, *signature);
}

// Could a seal of this segment begin like that? Whoever checks has no key to make the signature.
bool is_torn_seal(std::string_view tail, const AuditSeal& seal) {
  const std::string opening = text_of(seal) + std::string(kSignatureKey);
  if (tail.size() <= opening.size()) return opening.starts_with(tail);
  if (!tail.starts_with(opening)) return false;
  tail.remove_prefix(opening.size());
  const std::string_view digits = tail.substr(0, kSignatureDigits);
  if (digits.find_first_not_of(kDigits) != std::string_view::npos) return false;
  return kLineEnd.starts_with(tail.substr(digits.size()));
}

// The lines of a segment behind its head.
struct Parts {
  std::string_view entries;
  std::string_view seal;       // a last whole line that looks like one
  std::string_view torn_seal;  // bytes without line end that look like one
};
Parts parts_of(std::string_view body) {
  const bool is_ended = body.ends_with('\n');
  const std::string_view lines = is_ended ? body.substr(0, body.size() - 1) : body;
  const auto before = lines.rfind('\n');
  const std::size_t start = before == std::string_view::npos ? 0 : before + 1;
  const std::string_view last = body.substr(start);
  // Two bytes, `{"`, would do for an entry as well; both readings cut the same.
  const bool looks_sealed = last.size() > 2 && last[2] == kSealOpening[2];
  if (!looks_sealed) return {.entries = body, .seal = {}, .torn_seal = {}};
  return {.entries = body.substr(0, start),
          .seal = is_ended ? last : std::string_view{},
          .torn_seal = is_ended ? std::string_view{} : last};
}

// The first `count` lines, with their ends; there are that many.
std::string_view first_lines(std::string_view text, std::int64_t count) {
  std::size_t end = 0;
  for (; count > 0; --count) end = text.find('\n', end) + 1;
  return text.substr(0, end);
}

class SegmentChecker {
 public:
  SegmentChecker(const AuditSegmentHead& head, const PublicKey& key) : head_(head), key_(key) {
    check_.at = head.after;
  }

  AuditSegmentCheck check(std::string_view bytes) {
    const std::string head = format_audit_head(head_);
    if (head.starts_with(bytes)) {
      // Nothing, or a beginning of the head.
      if (bytes == head) check_.good = head.size();
      check_.torn = bytes.size() - check_.good;
    } else if (!bytes.starts_with(head)) {
      check_.why = "the segment does not begin as one after entry " +
                   std::to_string(head_.after.entries) + " with this audit.pub";
    } else {
      check_.good = head.size();
      check_body(parts_of(bytes.substr(head.size())));
    }
    return check_;
  }

 private:
  void check_body(const Parts& parts) {
    const auto chain = killswitch::verify_chain(parts.entries, head_.after);
    check_.at = {.entries = chain.entries, .head = chain.head};
    check_.entries = first_lines(parts.entries, chain.entries - head_.after.entries);
    check_.good += check_.entries.size();
    if (chain.first_bad) {
      check_.why = chain.why;
      return;
    }
    check_.torn = parts.entries.size() - check_.entries.size();
    if (!parts.seal.empty()) check_seal(parts.seal);
    if (!parts.torn_seal.empty()) check_torn_seal(parts.torn_seal);
  }

  [[nodiscard]] AuditSeal seal(AuditEnd end) const {
    return {.number = head_.number, .at = check_.at, .end = end};
  }

  void check_seal(std::string_view line) {
    for (const AuditEnd end : {AuditEnd::Rolled, AuditEnd::Stopped}) {
      if (is_seal(line, seal(end), key_)) check_.seal = end;
    }
    if (check_.seal) {
      check_.good += line.size();
    } else {
      check_.why = "the seal does not fit the entries before it";
    }
  }

  void check_torn_seal(std::string_view tail) {
    if (is_torn_seal(tail, seal(AuditEnd::Rolled)) || is_torn_seal(tail, seal(AuditEnd::Stopped))) {
      check_.torn = tail.size();
    } else {
      check_.why = "it begins as neither an entry nor a seal that fits";
    }
  }

  const AuditSegmentHead& head_;
  const PublicKey& key_;
  AuditSegmentCheck check_;
};

// Where a file grew and its bytes were never written, it shows zeros; no line has one.
std::size_t unwritten_bytes(std::string_view bytes) {
  const auto last = bytes.find_last_not_of('\0');
  return last == std::string_view::npos ? bytes.size() : bytes.size() - 1 - last;
}

// The value after `key` in `text`, up to the next comma; moves behind it.
std::string_view take_value(std::string_view& text, std::string_view key) {
  if (!text.starts_with(key)) return {};
  text.remove_prefix(key.size());
  const std::string_view value = text.substr(0, text.find_first_of(",}"));
  text.remove_prefix(value.size());
  return value;
}

template <class Number>
bool parse_number(std::string_view digits, Number& number) {
  return std::from_chars(digits.data(), digits.data() + digits.size(), number).ec == std::errc{};
}

std::optional<Digest> parse_digest(std::string_view quoted) {
  if (quoted.size() < 2) return std::nullopt;
  return bytes_of<Digest>(quoted.substr(1, quoted.size() - 2));
}

}  // namespace

std::string format_audit_head(const AuditSegmentHead& head) {
  std::string line;
  JsonWriter json(line);
  json.begin_object();
  json.field("segment", static_cast<std::int64_t>(head.number));
  json.field("after", head.after.entries);
  json.field("head", to_hex(head.after.head));
  json.field("key", to_hex(head.key));
  json.end_object();
  line += '\n';
  return line;
}

std::optional<AuditSegmentHead> parse_audit_head(std::string_view bytes) {
  AuditSegmentHead head;
  std::string_view rest = bytes.substr(0, bytes.find('\n'));
  if (!parse_number(take_value(rest, "{\"segment\":"), head.number)) return std::nullopt;
  if (!parse_number(take_value(rest, ",\"after\":"), head.after.entries)) return std::nullopt;
  const auto digest = parse_digest(take_value(rest, ",\"head\":"));
  const auto key = parse_digest(take_value(rest, ",\"key\":"));
  if (!digest || !key) return std::nullopt;
  head.after.head = *digest;
  head.key = *key;
  if (!bytes.starts_with(format_audit_head(head))) return std::nullopt;
  return head;
}

std::string format_audit_seal(const AuditSeal& seal, const killswitch::SigningKey& key) {
  std::string line = text_of(seal);
  const Signature signature = key.sign(line);
  line += kSignatureKey;
  line += to_digits(signature);
  line += kLineEnd;
  return line;
}

AuditSegmentCheck check_audit_segment(std::string_view bytes, const AuditSegmentHead& head,
                                      const PublicKey& key) {
  const std::size_t unwritten = unwritten_bytes(bytes);
  bytes.remove_suffix(unwritten);
  AuditSegmentCheck check = SegmentChecker(head, key).check(bytes);
  check.torn += unwritten;
  return check;
}

}  // namespace fusebox::store
