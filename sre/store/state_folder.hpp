// The folder in which one daemon keeps its state, and nobody else at the same time.
//
//   lock      who has it: its process id; the lock itself ends with the process
//   marker    written once, when latch and log exist: from then on a missing one is a loss
//   latch     which scopes are stopped               (latch.hpp)
//   log/      inputs since the checkpoint            (input_log.hpp)
//   fusebox.db  the checkpoint                       (checkpoint.hpp)
//   audit/    the audit chain, for others to verify  (audit_log.hpp)
//   keys/     the key that signs it
//   listen.json  where the running daemon listens; absent while none is ready
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "base/result.hpp"
#include "sre/store/files.hpp"

namespace fusebox::store {

struct StatePaths {
  explicit StatePaths(std::string root_folder);

  std::string root;
  std::string lock, marker, latch, log, database, audit, keys, listen;
  std::string audit_key, audit_public_key;
  std::string scratch;  // of replacements that are under way
};

class StateFolder {
 public:
  // Creates what is missing of the folder (its parent must exist), locks it until the value is
  // destroyed, and removes a listen.json of before. Errors: StateInUse, naming the process;
  // StateNewer and StateCorrupt for a marker that this program would not write, which is left as it
  // is; StorageFailed.
  [[nodiscard]] static Result<StateFolder> open(Files& files, std::string root,
                                                std::int64_t process_id);

  [[nodiscard]] const StatePaths& paths() const { return paths_; }
  // Nothing of a daemon's state is here: a latch that is missing was never written.
  [[nodiscard]] bool is_new() const { return is_new_; }
  [[nodiscard]] bool is_marked() const { return is_marked_; }
  // To be called once latch and log exist durably; nothing happens if it is marked.
  Result<void> mark();

  // The JSON of listen.json, as one step, and its removal.
  Result<void> publish_listen(std::string_view json);
  Result<void> withdraw_listen();

 private:
  StateFolder(Files& files, StatePaths paths) : files_(&files), paths_(std::move(paths)) {}
  [[nodiscard]] Result<void> take_lock(std::int64_t process_id);
  [[nodiscard]] Result<void> look_around();

  Files* files_;
  StatePaths paths_;
  std::unique_ptr<File> lock_;
  bool is_new_ = false;
  bool is_marked_ = false;
};

}  // namespace fusebox::store
