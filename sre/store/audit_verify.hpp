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
#include <utility>
#include <vector>

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
  // The first entry that this reading checked; an earlier one of the same reader checked those
  // before it.
  std::int64_t verified_from = 1;
};

// 10 ms for an audit of 8 MiB. Errors: StorageFailed, for a folder that cannot be read; what is
// wrong with what it holds is in the report.
[[nodiscard]] Result<AuditReport> verify_audit(Files& files, const std::string& folder);

// From `from`, before `until`.
struct AuditRange {
  Instant from{};
  Instant until = kNever;
};

// Of an entry's line, which begins {"n":17,
[[nodiscard]] std::int64_t entry_number(std::string_view line);

// For who reads page by page. A sealed segment does not change, so one that was found good is not
// read again unless its entries are wanted; the open one always is. After a fault, or when a
// segment it knows is gone, it begins anew. One thread at a time.
class AuditReader {
 public:
  // `files` outlives it.
  AuditReader(Files& files, std::string folder) : files_(&files), folder_(std::move(folder)) {}

  // Shows good entries behind number `after` whose time is in the range, one line with its end, in
  // order, until `visit` says false. Cost: the segments that hold them, and the last. Errors as
  // those of verify_audit.
  struct Wanted {
    AuditRange range{};
    std::int64_t after = 0;
  };
  [[nodiscard]] Result<AuditReport> read(const Wanted& wanted,
                                         const std::function<bool(std::string_view line)>& visit);

 private:
  using Visit = std::function<bool(std::string_view)>;
  [[nodiscard]] Result<void> walk(const std::vector<AuditFile>& segments,
                                  const killswitch::PublicKey& key, const Wanted& wanted,
                                  const Visit& visit, AuditReport& report);
  void trust(const std::vector<AuditFile>& segments, const killswitch::Digest& key);

  Files* files_;
  std::string folder_;
  // Heads by number, from the first segment on, whose predecessors were all found good.
  std::vector<AuditSegmentHead> known_;
};

// verify_audit, and shows every good entry whose time is in the range, one line with its end, in
// order.
[[nodiscard]] Result<AuditReport> export_audit(Files& files, const std::string& folder,
                                               const AuditRange& range,
                                               const std::function<void(std::string_view)>& visit);

}  // namespace fusebox::store
