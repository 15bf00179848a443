// The latch file: which scopes are stopped, kept apart from everything else, because it is what
// must hold when everything else has failed. A head, then one frame for each change of an order,
// then zeros up to the capacity that the head states:
//
//   "fbxlatch" | version u32 | capacity u64 | crc32c u32 | frames of killswitch::Order | 0 0 0 …
//
// The zeros are written, not only reserved, when the file is made, so that a trip on a full disk
// overwrites blocks that the file has already. The fixed size shows a truncation at any byte.
//
// No doubt arms anything: a byte that is not as the writer leaves it, and not the zeros of room to
// come, means that an order may be missing, and then the daemon has to start with everything
// stopped, until two people have looked.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "killswitch/fence.hpp"
#include "sre/store/files.hpp"

namespace fusebox::store {

// Half of it, the room for trips while no new file can be made, takes more than 500.
inline constexpr std::uint64_t kLatchCapacity = std::uint64_t{256} << 10;
inline constexpr std::size_t kLatchOrderBytesMax = std::size_t{64} << 10;

struct LatchContents {
  // The standing order of each scope, by scope: the one whose register wins; of two with the same
  // register the later. Behind damage, whatever can still be read.
  std::vector<killswitch::Order> orders;
  // In words, what may be lost; absent if all is well.
  std::optional<std::string> must_start_tripped;
  std::uint64_t end = 0;  // bytes up to the last good frame, if all is well
};

// Any bytes. Errors: StateNewer, for a sound file of a version that this program does not know.
[[nodiscard]] Result<LatchContents> read_latch(std::string_view bytes);

struct LatchOptions {
  std::string path;  // a new file is made at PATH.new, before it takes the place of the old one
  // A folder that no daemon has used: a missing latch is no loss then.
  bool is_new_folder = false;
};

// Owned by the engine thread.
class Latch {
 public:
  struct Opened;
  // Reads the latch, or makes an empty one in a new folder. A missing or damaged one is left as it
  // is until an order that stops everything is appended, so that a daemon which dies in between
  // starts stopped as well.
  // Errors: StateNewer, StorageFailed.
  [[nodiscard]] static Result<Opened> open(Files& files, LatchOptions options);

  // Returns when these orders survive a power cut: 0.1 to 1 ms on a good disk. Where the file will
  // not take them a new one is made of all standing orders; a damaged one moves aside to
  // `latch.damaged.N` for that. Errors: StorageFailed, when neither worked, and TooLarge for an
  // order above kLatchOrderBytesMax, which is not taken; StateCorrupt while the trip is owed that
  // Opened::must_start_tripped asks for. What was not durable is tried again with the next append
  // or repair().
  Result<void> append(std::span<const killswitch::Order> orders);
  // Makes durable what an append could not; nothing to do if is_durable().
  Result<void> repair();
  // False from a failed append, or a start without a sound file, until one has succeeded. Re-arming
  // should wait for it: what a crash would bring back must not look armed.
  [[nodiscard]] bool is_durable() const { return is_durable_; }

 private:
  Latch(Files& files, LatchOptions options) : files_(&files), options_(std::move(options)) {}
  [[nodiscard]] Result<LatchContents> load();
  [[nodiscard]] Result<void> append_in_place(std::span<const killswitch::Order> orders);
  [[nodiscard]] Result<void> rewrite();
  [[nodiscard]] Result<void> replace(std::string_view bytes);
  [[nodiscard]] Result<void> move_aside();

  Files* files_;
  LatchOptions options_;
  std::map<killswitch::Scope, killswitch::Order> standing_;
  std::unique_ptr<File> file_;  // null: the file cannot be continued, rewrite
  std::uint32_t seed_ = 0;
  std::uint64_t capacity_ = 0;
  std::uint64_t end_ = 0;
  bool owes_trip_ = false;        // no new file before an order that stops everything
  bool keep_aside_ = false;       // what lies at the path is damaged and kept
  bool folder_unsynced_ = false;  // the new file may not be the one that a power cut leaves
  bool is_durable_ = false;
};

struct Latch::Opened {
  Latch latch;
  std::vector<killswitch::Order> orders;
  // The caller trips `global` with this reason, and appends that order, before it admits anything.
  std::optional<std::string> must_start_tripped;
};

}  // namespace fusebox::store
