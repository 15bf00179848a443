#include "killswitch/audit.hpp"

#include <algorithm>
#include <tuple>

#include "base/assert.hpp"
#include "base/json_writer.hpp"

namespace fusebox::killswitch {
namespace {

constexpr std::string_view kPrevKey = ",\"prev\":\"";
constexpr std::string_view kHashKey = "\",\"hash\":\"";
constexpr std::string_view kEnd = "\"}";
constexpr std::size_t kHexSize = 2 * std::tuple_size_v<Digest>;
constexpr std::size_t kSealSize =
    kPrevKey.size() + kHexSize + kHashKey.size() + kHexSize + kEnd.size();

// How entry `n` begins.
std::string opening_of(std::int64_t n) { return "{\"n\":" + std::to_string(n) + ",\"at\":\""; }

// Is `a` the beginning of `b`, or `b` that of `a`?
bool agree(std::string_view a, std::string_view b) {
  const std::size_t shared = std::min(a.size(), b.size());
  return a.substr(0, shared) == b.substr(0, shared);
}

// One entry without its line end: what is wrong with it as the one after `check`, "" if nothing.
// Its digest goes to `digest`.
std::string_view flaw_of(std::string_view line, const AuditCheck& check, Digest& digest) {
  const std::string opening = opening_of(check.entries + 1);
  if (!line.starts_with(opening)) return "it does not begin as this entry";
  if (line.size() < opening.size() + kSealSize) return "it is too short for an entry";
  const std::string_view seal = line.substr(line.size() - kSealSize);
  const std::string_view prev = seal.substr(kPrevKey.size(), kHexSize);
  const std::string_view hash = seal.substr(kSealSize - kEnd.size() - kHexSize, kHexSize);
  if (!seal.starts_with(kPrevKey) || !seal.ends_with(kEnd) ||
      seal.substr(kPrevKey.size() + kHexSize, kHashKey.size()) != kHashKey) {
    return "it does not end as an entry";
  }
  if (prev != to_hex(check.head)) return "it does not follow the entry before it";
  digest = sha256(line.substr(0, line.size() - kEnd.size() - kHexSize));
  if (hash != to_hex(digest)) return "its bytes do not match its hash";
  return {};
}

// The bytes after the last line end: what is wrong with them as the beginning of the next entry.
std::string_view tail_flaw_of(std::string_view tail, const AuditCheck& check) {
  if (!agree(tail, opening_of(check.entries + 1))) return "it does not begin as this entry";
  // A whole entry needs nothing but a line end, so other bytes after it are no crash.
  std::string seal(kPrevKey);
  seal += to_hex(check.head);
  seal += kHashKey;
  const std::size_t found = tail.find(seal);
  const bool past_its_end = found != std::string_view::npos && tail.size() > found + kSealSize;
  return past_its_end ? "bytes that are no line end follow it" : std::string_view{};
}

void break_at(AuditCheck& check, std::string_view flaw) {
  check.first_bad = check.entries + 1;
  check.why = "entry " + std::to_string(*check.first_bad) + ": " + std::string(flaw);
}

}  // namespace

void AuditChain::append(std::string& out, Instant at, std::string_view kind,
                        std::string_view body) {
  FUSEBOX_ASSERT(body.starts_with('{'));
  FUSEBOX_ASSERT(body.find('\n') == std::string_view::npos);
  const std::size_t start = out.size();
  JsonWriter json(out);
  json.begin_object();
  json.field("n", entries_ + 1);
  json.field("at", at);
  json.field("kind", kind);
  json.key("body");
  json.raw(body);
  out += kPrevKey;
  out += to_hex(head_);
  out += kHashKey;
  head_ = sha256(std::string_view(out).substr(start));
  out += to_hex(head_);
  out += kEnd;
  out += '\n';
  ++entries_;
}

AuditCheck verify_chain(std::string_view bytes, const AuditPosition& from) {
  AuditCheck check;
  check.entries = from.entries;
  check.head = from.head;
  while (!bytes.empty()) {
    const std::size_t end = bytes.find('\n');
    if (end == std::string_view::npos) {
      const std::string_view flaw = tail_flaw_of(bytes, check);
      if (!flaw.empty()) break_at(check, flaw);
      check.torn_tail = flaw.empty();
      return check;
    }
    Digest digest{};
    const std::string_view flaw = flaw_of(bytes.substr(0, end), check, digest);
    if (!flaw.empty()) {
      break_at(check, flaw);
      return check;
    }
    ++check.entries;
    check.head = digest;
    bytes.remove_prefix(end + 1);
  }
  return check;
}

}  // namespace fusebox::killswitch
