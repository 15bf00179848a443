// Goes through the segments of an audit folder in their order and checks how each follows the one
// before. Both the verifier, from the first one, and a start, from the last but one, use it.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "killswitch/audit.hpp"
#include "killswitch/signing.hpp"
#include "sre/store/detail/audit_segment.hpp"
#include "sre/store/files.hpp"

namespace fusebox::store {

inline constexpr std::string_view kAuditPublicKeyName = "audit.pub";

// 000007.open.audit while it is written, 000007.audit once it is sealed. A sealed segment's name
// says that it must end in a seal; a truncation leaves the name.
struct AuditFile {
  std::uint64_t number = 1;
  bool is_open = false;
  friend bool operator==(const AuditFile&, const AuditFile&) = default;
};
[[nodiscard]] std::string format_name(const AuditFile& file);

struct AuditFolder {
  std::vector<AuditFile> files;  // by number
  bool has_public_key = false;
  std::vector<std::string> strangers;  // names that nothing here writes
};
[[nodiscard]] Result<AuditFolder> list_audit(Files& files, const std::string& folder);

// The first thing that is not as it was written.
struct AuditFault {
  std::string file;        // its name in the folder
  std::int64_t entry = 0;  // of the chain; 0: the file as such
  std::string why;
};
[[nodiscard]] std::string format(const AuditFault& fault);  // "FILE:ENTRY: why"

class AuditWalk {
 public:
  // `first`: the number and the position of the segment that comes first.
  AuditWalk(Files& files, std::string folder, const killswitch::PublicKey& key,
            const AuditSegmentHead& first)
      : files_(files), folder_(std::move(folder)), key_(key), next_(first) {}

  // Checks one more segment, and shows its good entries, whole lines, to `visit`. Nothing happens
  // after a fault.
  Result<void> step(const AuditFile& file, bool is_last,
                    const std::function<void(std::string_view entries)>& visit);

  [[nodiscard]] const std::optional<AuditFault>& fault() const { return fault_; }
  [[nodiscard]] const killswitch::AuditPosition& position() const { return next_.after; }
  // Of the segment checked last.
  [[nodiscard]] std::size_t good_bytes() const { return good_; }
  [[nodiscard]] std::size_t torn_bytes() const { return torn_; }
  [[nodiscard]] std::optional<AuditEnd> seal() const { return seal_; }

 private:
  [[nodiscard]] std::string flaw_of(const AuditFile& file, bool is_last,
                                    const AuditSegmentCheck& check) const;
  void fail(const AuditFile& file, std::string why);

  Files& files_;
  std::string folder_;
  killswitch::PublicKey key_;
  AuditSegmentHead next_;  // of the segment to come
  std::optional<AuditFault> fault_;
  std::optional<AuditEnd> seal_;
  std::size_t good_ = 0;
  std::size_t torn_ = 0;
};

}  // namespace fusebox::store
