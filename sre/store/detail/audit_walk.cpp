#include "sre/store/detail/audit_walk.hpp"

#include <algorithm>
#include <tuple>

#include "sre/store/detail/numbered.hpp"

namespace fusebox::store {
namespace {

constexpr NumberedName kSealedName{.digits = 6, .ending = ".audit"};
constexpr NumberedName kOpenName{.digits = 6, .ending = ".open.audit"};
// One that is larger was not written here; it is not read into memory.
constexpr std::uint64_t kSegmentReadMax = std::uint64_t{1} << 30;

std::optional<AuditFile> parse_audit_name(std::string_view name) {
  if (const auto number = parse_name(kOpenName, name)) return AuditFile{*number, true};
  if (const auto number = parse_name(kSealedName, name)) return AuditFile{*number, false};
  return std::nullopt;
}

}  // namespace

std::string format_name(const AuditFile& file) {
  return format_name(file.is_open ? kOpenName : kSealedName, file.number);
}

std::string format(const AuditFault& fault) {
  return fault.file + ":" + std::to_string(fault.entry) + ": " + fault.why;
}

Result<AuditFolder> list_audit(Files& files, const std::string& folder) {
  auto names = files.list(folder);
  if (!names) return Unexpected{names.error()};
  AuditFolder found;
  for (std::string& name : *names) {
    if (name == kAuditPublicKeyName) {
      found.has_public_key = true;
    } else if (const auto file = parse_audit_name(name)) {
      found.files.push_back(*file);
    } else {
      found.strangers.push_back(std::move(name));
    }
  }
  std::sort(found.files.begin(), found.files.end(), [](const AuditFile& a, const AuditFile& b) {
    return std::tie(a.number, a.is_open) < std::tie(b.number, b.is_open);
  });
  return found;
}

Result<void> AuditWalk::step(const AuditFile& file, bool is_last,
                             const std::function<void(std::string_view)>& visit) {
  if (fault_) return {};
  if (file.number != next_.number) {
    fail(file, "segment " + std::to_string(next_.number) + " was expected here");
    return {};
  }
  auto bytes = read_file(files_, folder_ + "/" + format_name(file), kSegmentReadMax);
  if (!bytes && file.is_open) {
    // A daemon that is writing may have sealed it since the folder was listed.
    bytes = read_file(files_, folder_ + "/" + format_name(AuditFile{file.number, false}),
                      kSegmentReadMax);
  }
  if (!bytes && bytes.error().code != ErrorCode::TooLarge) return Unexpected{bytes.error()};
  if (!bytes) {
    fail(file, bytes.error().message);
    return {};
  }
  const AuditSegmentCheck check = check_audit_segment(*bytes, next_, key_);
  visit(check.entries);
  next_.after = check.at;
  good_ = check.good;
  torn_ = check.torn;
  seal_ = check.seal;
  if (std::string flaw = flaw_of(file, is_last, check); !flaw.empty()) fail(file, std::move(flaw));
  ++next_.number;
  return {};
}

// Whether the segment may end as it does.
std::string AuditWalk::flaw_of(const AuditFile& file, bool is_last,
                               const AuditSegmentCheck& check) const {
  if (!check.why.empty()) return check.why;
  const bool may_be_torn = file.is_open && is_last;
  if (!check.seal && !may_be_torn) {
    return "the segment ends here without its seal, although it was sealed";
  }
  if (check.torn > 0 && !may_be_torn) return "bytes follow the seal";
  if (is_last && !file.is_open && check.seal == AuditEnd::Rolled) {
    return "the segment that followed is missing";
  }
  return {};
}

void AuditWalk::fail(const AuditFile& file, std::string why) {
  fault_ = {.file = format_name(file), .entry = next_.after.entries + 1, .why = std::move(why)};
}

}  // namespace fusebox::store
