// An engine whose state survives: the pure engine, and beside it the log of its inputs, the latch,
// the audit and the checkpoint. No thread and no clock of its own, so that tests take the power
// away between any two of its steps.
//
// The order of one batch is the durability rule: apply every input, write() once, then give the
// replies. A killed process loses nothing that was written; a power cut loses what was not synced,
// and of that only an end. Stop orders are the exception: whenever a scope's register has moved,
// write() returns after the latch is safe.
//
// What a start finds is replayed by the configuration that made it, which the checkpoint holds, and
// only then carried over to the one that is asked for: a restart with another file decides nothing
// anew.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "sre/engine/engine.hpp"
#include "sre/store/audit_log.hpp"
#include "sre/store/checkpoint.hpp"
#include "sre/store/files.hpp"
#include "sre/store/input_log.hpp"
#include "sre/store/latch.hpp"
#include "sre/store/state_folder.hpp"
#include "telemetry/input_codec.hpp"
#include "telemetry/journal_parts.hpp"

namespace fusebox::runtime {

// A configuration as the engine wants it, and as the text it came from.
struct EngineConfiguration {
  std::string text;
  engine::EngineSpec spec;
  std::vector<telemetry::ConfigText> documents = {};  // as a recorded journal has it
};
// Text of a checkpoint to the specification it was.
using ParseConfiguration = std::function<Result<engine::EngineSpec>(const std::string& text)>;

// The next input of a frame, encoded (telemetry/input_codec.hpp), and the frame moves behind it;
// nullopt at its end, and where it ends in the middle of one.
[[nodiscard]] std::optional<std::string_view> take_input(std::string_view& frame);

struct DurableOptions {
  std::string root;               // the state folder
  std::int64_t process_id = 0;    // for people who find the folder locked
  killswitch::KeyBytes secret{};  // becomes the audit's key in a new folder
  EngineConfiguration configuration;
  ParseConfiguration parse;
  Instant wall{};  // wall time as an instant: engine time begins here or later
  // Every frame of inputs, as the log has it, when it goes there; those that a start replays, too.
  // Valid during the call.
  std::function<void(std::string_view frame)> on_frame = {};
};

// What a start found, for people.
struct Recovery {
  bool is_new = false;
  std::uint64_t replayed = 0;        // inputs behind the checkpoint
  std::uint64_t torn_log_bytes = 0;  // cut off by a crash
  std::uint64_t torn_audit_bytes = 0;
  std::optional<std::string> tripped;  // why everything starts stopped
  std::vector<std::string> notices;    // what began afresh under a changed configuration
};

// What one write() could not do. Both may hold; the daemon then refuses what it cannot keep.
struct WriteFault {
  std::optional<Error> state;  // log or audit: replies that promise something must not be given
  std::optional<Error> latch;  // a stop order holds in memory only
};

using OrdersById = std::map<std::string, killswitch::Order, std::less<>>;

// Owned by the engine thread.
class DurableEngine {
 public:
  struct Opened;
  // Locks the folder, recovers, carries the state over to the configuration, and writes a
  // checkpoint before it returns. Errors: those of the store; nothing is overwritten then.
  [[nodiscard]] static Result<Opened> open(store::Files& files, DurableOptions options);

  // Applies one input, whose time is raised to the engine's own if it is earlier, and adds it to
  // what the next write() writes. Records are appended to `effects`, its audit bytes are taken.
  engine::Reply apply(const telemetry::Input& input, engine::Effects& effects);

  // Writes what was applied since the last call: log, audit, and the latch where it has changed.
  [[nodiscard]] WriteFault write();

  // What a power cut would still lose; to be run by another thread. First the log, then the audit.
  struct Syncs {
    store::PendingSync log;
    store::PendingSync audit;
    Result<void> run() const;
  };
  [[nodiscard]] Syncs pending() const { return {log_.pending_sync(), audit_.pending_sync()}; }

  // The state as of now, and the log segment that follows it. save() runs here, O(state); the
  // writing may run on another thread, after which released() drops what is superfluous.
  [[nodiscard]] Result<store::Checkpoint> checkpoint();
  Result<void> write_checkpoint(const store::Checkpoint& checkpoint, const Syncs& before);
  void released(std::uint64_t first_segment);
  // Log bytes written since the last checkpoint() call.
  [[nodiscard]] std::uint64_t bytes_since_checkpoint() const { return log_bytes_; }

  // Another configuration, at once and durably: what changed begins afresh, with a notice in
  // `effects` each. On an error the old one is still in force on disk, and the new one in memory.
  Result<void> reconfigure(EngineConfiguration configuration, engine::Effects& effects);

  // A clean stop: checkpoint, audit sealed. Nothing may be applied afterwards. `doubt`: the time of
  // the last input that is known to be in the log, if a later one may not be; absent if all are.
  //
  // On a disk that takes no checkpoint the state is kept all the same where log, audit and latch
  // have everything: the next start replays it. Errors: StorageFailed, which says what is lost.
  Result<void> close(std::optional<Instant> doubt);

  [[nodiscard]] engine::Engine& engine() { return engine_; }
  [[nodiscard]] store::StateFolder& folder() { return folder_; }
  [[nodiscard]] bool latch_is_durable() const { return latch_.is_durable(); }

 private:
  struct Parts;
  explicit DurableEngine(Parts parts);
  [[nodiscard]] Result<void> begin(DurableOptions options, const std::string& torn_audit_file,
                                   std::span<const killswitch::Order> latched, Recovery& recovery);
  [[nodiscard]] Result<void> save_now();
  [[nodiscard]] Error loss(const Error& why, std::optional<Instant> since) const;
  [[nodiscard]] Result<void> latch_news();
  void note_latched(const engine::Effects& effects, std::size_t first);
  void add_frame();

  store::StateFolder folder_;
  std::string configuration_;
  engine::Engine engine_;
  store::InputLog log_;
  store::AuditLog audit_;
  store::Latch latch_;
  std::unique_ptr<store::CheckpointStore> checkpoints_;
  std::string frame_;        // inputs applied since the last write
  std::string audit_bytes_;  // and what they added to the chain
  std::function<void(std::string_view)> on_frame_;
  std::optional<Error> fault_;  // of a frame that the log did not take
  OrdersById latched_;          // as the latch has them
  bool latch_changed_ = false;
  std::uint64_t log_bytes_ = 0;  // since the last checkpoint
};

struct DurableEngine::Opened {
  DurableEngine engine;
  Recovery recovery;
};

}  // namespace fusebox::runtime
