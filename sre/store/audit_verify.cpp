#include "sre/store/audit_verify.hpp"

namespace fusebox::store {
namespace {

using killswitch::PublicKey;
using EntriesVisit = std::function<void(std::string_view)>;

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

Result<void> walk(Files& files, const std::string& folder, const std::vector<AuditFile>& segments,
                  const PublicKey& key, const EntriesVisit& visit, AuditReport& report) {
  AuditWalk walk(files, folder, key, {.number = 1, .after = {}, .key = report.key_fingerprint});
  for (const AuditFile& file : segments) {
    if (auto done = walk.step(file, file == segments.back(), visit); !done) return done;
  }
  report.at = walk.position();
  report.segments = segments.size();
  report.first_bad = walk.fault();
  report.ends_sealed = walk.seal() == AuditEnd::Stopped;
  if (walk.torn_bytes() > 0 && !walk.fault()) {
    report.torn_tail = {.file = format_name(segments.back()), .bytes = walk.torn_bytes()};
  }
  return {};
}

Result<AuditReport> verify(Files& files, const std::string& folder, const EntriesVisit& visit) {
  const auto found = list_audit(files, folder);
  if (!found) return Unexpected{found.error()};
  AuditReport report;
  if (!found->has_public_key) {
    report.first_bad = fault_of_file(kAuditPublicKeyName, "the file is missing");
    return report;
  }
  const auto key = read_key(files, folder, report);
  if (!key) return Unexpected{key.error()};
  if (!*key) return report;
  if (found->files.empty()) {
    report.first_bad = fault_of_file(format_name(AuditFile{}), "the file is missing");
    return report;
  }
  if (auto done = walk(files, folder, found->files, **key, visit, report); !done) {
    return Unexpected{done.error()};
  }
  if (!report.first_bad && !found->strangers.empty()) {
    report.first_bad = fault_of_file(found->strangers.front(), "the file does not belong here");
  }
  return report;
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

}  // namespace

Result<AuditReport> verify_audit(Files& files, const std::string& folder) {
  return verify(files, folder, [](std::string_view) {});
}

Result<AuditReport> export_audit(Files& files, const std::string& folder, const AuditRange& range,
                                 const std::function<void(std::string_view)>& visit) {
  return verify(files, folder, [&](std::string_view entries) {
    while (!entries.empty()) {
      const std::string_view line = entries.substr(0, entries.find('\n') + 1);
      entries.remove_prefix(line.size());
      const auto at = time_of(line);
      if (at && *at >= range.from && *at < range.until) visit(line);
    }
  });
}

}  // namespace fusebox::store
