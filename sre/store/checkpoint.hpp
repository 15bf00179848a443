// The checkpoint: the whole state of the engine at one moment, from which a start replays the input
// log. One at a time, replaced by one transaction of an SQLite database, so that a crash leaves the
// old one or the new one. Every byte of it is covered by a digest.
//
// Before one is written the audit must be safe as far as it says; after, and only after, the log
// segments before `first_segment` may go.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "base/result.hpp"
#include "base/time.hpp"
#include "killswitch/audit.hpp"
#include "sre/store/files.hpp"

namespace fusebox::store {

struct Checkpoint {
  std::string engine;               // what Engine::save gave
  Instant engine_time{};            // the engine's now()
  std::string configuration;        // text of the configuration that the state belongs to
  std::uint64_t first_segment = 1;  // of the input log that is not in `engine`
  killswitch::AuditPosition audit;
  std::chrono::sys_time<std::chrono::nanoseconds> created{};  // wall time, for people

  friend bool operator==(const Checkpoint&, const Checkpoint&) = default;
};

// One thread at a time: the store thread.
class CheckpointStore {
 public:
  // Opens the database, or creates it if there is none; rolls back what a crash left half written.
  // Errors: StateNewer and StateCorrupt, with the file's name and what to do; such a file is left
  // as it is. StorageFailed.
  [[nodiscard]] static Result<CheckpointStore> open(Files& files, std::string path);
  ~CheckpointStore();
  CheckpointStore(CheckpointStore&&) noexcept;
  CheckpointStore& operator=(CheckpointStore&&) noexcept;

  // The checkpoint; nullopt if none was written yet. Errors: as open.
  [[nodiscard]] Result<std::optional<Checkpoint>> read();
  // Returns when it survives a power cut. 50 MB take about half a second, and four times as many
  // bytes written. After an error the old one stands, or, if only its end could not be made safe,
  // either.
  Result<void> write(const Checkpoint& checkpoint);

 private:
  struct Impl;
  explicit CheckpointStore(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace fusebox::store
