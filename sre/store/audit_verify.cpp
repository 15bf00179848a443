#include "sre/store/audit_verify.hpp"

#include <algorithm>
#include <utility>

namespace fusebox::store {
namespace {

using killswitch::PublicKey;
constexpr std::uint64_t kKeyBytesMax = 4096;

AuditFault fault_of_file(std::string_view name, std::string why) {
  return {.file = std::string(name), .entry = 0, .why = std::move(why)};
}

// The key, or what is wrong with it in `report`.
Result<std::optional<PublicKey>> read_key(Files& files, const std::string& folder,
                                          AuditReport& report) {
  const auto text = read_file(files, folder + "/" + std::string(kAuditPublicKeyName), kKeyBytesMax);
  if (!text && text.error().code != ErrorCode::TooLarge) return Unexpected{text.error()};
  auto key = PublicKey::from_pem(text ? *text : "");
  if (!key) {
    report.first_bad = fault_of_file(kAuditPublicKeyName, key.error().message);
    return std::optional<PublicKey>();
  }
  report.key_fingerprint = key->fingerprint();
  return std::optional<PublicKey>(*key);
}

// The time of a good entry; absent for one whose time nobody here wrote.
std::optional<Instant> time_of(std::string_view line) {
  constexpr std::string_view kKey = "\"at\":\"";
  const auto key = line.find(kKey);
  if (key == std::string_view::npos) return std::nullopt;
  const std::string_view text = line.substr(key + kKey.size());
  const auto at = parse_rfc3339(text.substr(0, text.find('"')));
  return at ? std::optional(*at) : std::nullopt;
}

bool is_wanted(std::string_view line, const AuditReader::Wanted& wanted) {
  if (entry_number(line) <= wanted.after) return false;
  const auto at = time_of(line);
  return at && *at >= wanted.range.from && *at < wanted.range.until;
}

// False once `visit` has had enough.
bool show(std::string_view entries, const AuditReader::Wanted& wanted,
          const std::function<bool(std::string_view)>& visit) {
  while (!entries.empty()) {
    const std::string_view line = entries.substr(0, entries.find('\n') + 1);
    entries.remove_prefix(line.size());
    if (is_wanted(line, wanted) && !visit(line)) return false;
  }
  return true;
}

}  // namespace

std::int64_t entry_number(std::string_view line) {
  constexpr std::string_view kKey = "{\"n\":";
  std::int64_t number = 0;
  for (const char c : line.substr(std::min(kKey.size(), line.size()))) {
    if (c < '0' || c > '9') break;
    number = number * 10 + (c - '0');
  }
  return number;
}

// What is known of segments stands for those that are there, under the key that is there.
void AuditReader::trust(const std::vector<AuditFile>& segments, const killswitch::Digest& key) {
  const AuditSegmentHead first{.number = 1, .after = {}, .key = key};
  if (known_.empty() || known_.front() != first) known_ = {first};
  for (std::size_t i = 0; i < known_.size(); ++i) {
    if (i < segments.size() && segments[i].number == i + 1) continue;
    known_.resize(1);
  }
}

Result<void> AuditReader::walk(const std::vector<AuditFile>& segments, const PublicKey& key,
                               const Wanted& wanted, const Visit& visit, AuditReport& report) {
  std::size_t at = known_.size() - 1;
  while (at > 0 && known_[at].after.entries > wanted.after) --at;
  report.verified_from = known_[at].after.entries + 1;
  std::optional<AuditWalk> walk;
  walk.emplace(*files_, folder_, key, known_[at]);
  bool more = true;
  for (; at < segments.size() && !walk->fault(); ++at) {
    if (!more && at + 1 < known_.size()) {
      at = known_.size() - 1;
      walk.emplace(*files_, folder_, key, known_[at]);
    }
    const bool is_last = at + 1 == segments.size();
    auto done = walk->step(segments[at], is_last, [&](std::string_view entries) {
      more = more && show(entries, wanted, visit);
    });
    if (!done) return done;
    const bool is_news = at + 1 == known_.size() && !is_last && !walk->fault();
    if (is_news) known_.push_back({at + 2, walk->position(), report.key_fingerprint});
  }
  report.at = walk->position();
  report.segments = segments.size();
  report.first_bad = walk->fault();
  report.ends_sealed = walk->seal() == AuditEnd::Stopped;
  if (walk->torn_bytes() > 0 && !walk->fault()) {
    report.torn_tail = {.file = format_name(segments.back()), .bytes = walk->torn_bytes()};
  }
  if (walk->fault()) known_.clear();
  return {};
}

Result<AuditReport> AuditReader::read(const Wanted& wanted, const Visit& visit) {
  const auto found = list_audit(*files_, folder_);
  if (!found) return Unexpected{found.error()};
  AuditReport report;
  if (!found->has_public_key) {
    report.first_bad = fault_of_file(kAuditPublicKeyName, "the file is missing");
    return report;
  }
  const auto key = read_key(*files_, folder_, report);
  if (!key) return Unexpected{key.error()};
  if (!*key) return report;
  if (found->files.empty()) {
    report.first_bad = fault_of_file(format_name(AuditFile{}), "the file is missing");
    return report;
  }
  trust(found->files, report.key_fingerprint);
  if (auto done = walk(found->files, **key, wanted, visit, report); !done) {
    return Unexpected{done.error()};
  }
  if (!report.first_bad && !found->strangers.empty()) {
    report.first_bad = fault_of_file(found->strangers.front(), "the file does not belong here");
  }
  return report;
}

Result<AuditReport> verify_audit(Files& files, const std::string& folder) {
  return AuditReader(files, folder).read({}, [](std::string_view) { return true; });
}

Result<AuditReport> export_audit(Files& files, const std::string& folder, const AuditRange& range,
                                 const std::function<void(std::string_view)>& visit) {
  return AuditReader(files, folder).read({.range = range}, [&](std::string_view line) {
    visit(line);
    return true;
  });
}

}  // namespace fusebox::store
