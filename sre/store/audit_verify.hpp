// Verifies and reads an audit folder; needs nothing but the folder, and no lock: a daemon may be
// writing to it.
//
// What it finds: every byte that was changed, every entry that was dropped, inserted or moved, a
// sealed segment that was cut, a missing segment before the last, a file that does not belong here.
// What nobody can find from the folder alone, because whoever did it left a folder that a crash or
// an earlier stop may leave: the newest entries cut off the segment that is still open; the newest
// segments removed whole, back to one that a clean stop sealed; everything written anew with
// another key. Against the last two, keep `key_fingerprint` and now and then `entries` and `head`
// elsewhere; the daemon keeps them in its checkpoint.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.hpp"
#include "base/time.hpp"
#include "killswitch/audit.hpp"
#include "sre/store/detail/audit_walk.hpp"
#include "sre/store/files.hpp"

namespace fusebox::store {

struct AuditReport {
  killswitch::AuditPosition at;  // after the last good entry
  std::uint64_t segments = 0;
  killswitch::Digest key_fingerprint{};
  std::optional<AuditFault> first_bad;
  // A crash cut the last entry short, in the segment still open; no change.
  struct TornTail {
    std::string file;
    std::uint64_t bytes;
  };
  std::optional<TornTail> torn_tail;
  bool ends_sealed = false;  // by a clean stop
};

// 10 ms for an audit of 8 MiB. Errors: StorageFailed, for a folder that cannot be read; what is
// wrong with what it holds is in the report.
[[nodiscard]] Result<AuditReport> verify_audit(Files& files, const std::string& folder);

// From `from`, before `until`.
struct AuditRange {
  Instant from{};
  Instant until = kNever;
};
// The same, and shows every good entry whose time is in the range, one line with its end, in order.
[[nodiscard]] Result<AuditReport> export_audit(Files& files, const std::string& folder,
                                               const AuditRange& range,
                                               const std::function<void(std::string_view)>& visit);

}  // namespace fusebox::store
