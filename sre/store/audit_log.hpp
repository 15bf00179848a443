// The audit folder as the daemon writes it: segments of the chain, each sealed by a signature when
// it is full or the daemon stops. How one looks is in detail/audit_segment.hpp, who checks them in
// audit_verify.hpp.
//
// The folder is the truth about the chain. At a start the engine first restores and replays, and
// gives the entries that this makes to catch_up(), which adds those that a crash kept from the
// disk; then its chain goes on from position(), which may be further than the replay came if the
// log lost its end and the audit did not. A checkpoint must follow before new input, or the next
// replay would make other entries with the same numbers.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.hpp"
#include "killswitch/audit.hpp"
#include "killswitch/signing.hpp"
#include "sre/store/detail/append_file.hpp"
#include "sre/store/detail/audit_segment.hpp"
#include "sre/store/detail/audit_walk.hpp"
#include "sre/store/files.hpp"
#include "sre/store/pending_sync.hpp"
#include "sre/store/state_folder.hpp"

namespace fusebox::store {

// A segment is sealed by the append that passes this size.
inline constexpr std::uint64_t kAuditSegmentBytes = std::uint64_t{8} << 20;
// Entries that wait for a full disk.
inline constexpr std::size_t kAuditBacklogMax = std::size_t{16} << 20;

// The key of this state folder, made of `secret` if there is none yet. Errors: StateCorrupt for a
// file that is no key, and for a missing one whose signatures are there; StorageFailed.
[[nodiscard]] Result<killswitch::SigningKey> load_or_create_audit_key(
    Files& files, const StatePaths& paths, const killswitch::KeyBytes& secret);

// Owned by the engine thread.
class AuditLog {
 public:
  struct Opened;
  // Finishes what a crash interrupted: cuts a torn tail, completes a sealing. Reads the last two
  // segments; the rest is for verify_audit. Errors: AuditBroken, naming FILE:ENTRY, for anything
  // that no crash leaves; the folder is then left as it is, and a daemon that must start needs it
  // moved away. StorageFailed.
  [[nodiscard]] static Result<Opened> open(Files& files, const StatePaths& paths,
                                           const killswitch::SigningKey& key);

  // Takes whole entries that continue position(), and writes them. Errors: AuditBroken for entries
  // that do not, and StorageFailed when more than kAuditBacklogMax would wait: nothing is taken.
  // StorageFailed too when the disk did not take them, or not the seal of a full segment: what
  // unwritten() counts waits, and goes with the next call. After a failed sync no further segment
  // begins: what is full then waits for a restart.
  Result<void> append(std::string_view entries);
  // What waits.
  Result<void> flush();
  // Entries that a replay makes again: those up to position() must be the same, those behind it are
  // appended. Errors: those of append.
  Result<void> catch_up(std::string_view entries);

  [[nodiscard]] PendingSync pending_sync() const;
  Result<void> sync() const { return pending_sync().run(); }
  // A clean stop: everything written, sealed, and safe. A later append begins the next segment.
  Result<void> seal();

  // After all entries taken.
  [[nodiscard]] const killswitch::AuditPosition& position() const { return position_; }
  [[nodiscard]] std::size_t unwritten() const { return backlog_.size(); }

 private:
  AuditLog(Files& files, std::string folder, const killswitch::SigningKey& key)
      : files_(&files), folder_(std::move(folder)), key_(key) {}
  [[nodiscard]] Result<void> resume(const AuditFolder& found, Opened& opened);
  [[nodiscard]] Result<void> resume_segment(const AuditWalk& walk, const AuditFile& last);
  [[nodiscard]] Result<void> begin_segment();
  [[nodiscard]] Result<void> write_seal(AuditEnd end);
  [[nodiscard]] Result<void> roll();
  [[nodiscard]] Result<void> name_sealed();
  [[nodiscard]] std::string path_of(const AuditFile& file) const;

  Files* files_;
  std::string folder_;
  killswitch::SigningKey key_;
  killswitch::AuditPosition position_;
  std::string backlog_;
  std::uint64_t number_ = 0;          // of the last segment begun
  std::optional<AppendFile> file_;    // it; absent once it is sealed
  std::shared_ptr<File> last_file_;   // the one that may need a sync, sealed or not
  killswitch::AuditPosition sealed_;  // where the next segment begins
  bool owes_segment_ = false;         // the seal of the last one promises the next
  std::uint64_t misnamed_ = 0;        // a sealed segment that still has its open name; 0: none
};

struct AuditLog::Opened {
  AuditLog log;
  // Of an entry that a crash cut short; for the audit to record.
  std::string cut_file;
  std::uint64_t cut_bytes = 0;
};

}  // namespace fusebox::store
