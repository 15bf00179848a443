// Records as server-sent events, to everyone who listens. The engine's thread only copies what is
// new; an I/O thread writes it out, for each reader from where that reader is.
//
//   id: 17
//   event: kill
//   data: {"at":…,"seq":17,"kill":{…}}
//
// A reader that comes back behind what is kept, or with an id that was never given, is told by the
// event `gap` and goes on with what there is: it must ask for the state it follows anew.
#pragma once

#include <atomic>
#include <bitset>
#include <cstdint>
#include <list>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string_view>

#include "sre/api/detail/record_ring.hpp"
#include "sre/api/identity.hpp"
#include "sre/runtime/http.hpp"
#include "sre/runtime/io_threads.hpp"
#include "telemetry/record.hpp"

namespace fusebox::api::detail {

// By place in RecordBody.
inline constexpr std::array<std::string_view, std::variant_size_v<telemetry::RecordBody>>
    kRecordNames{"decision", "policy", "breaker", "alert", "slo_status", "limit", "kill", "notice"};
using RecordKinds = std::bitset<kRecordNames.size()>;

class RecordStreams : public std::enable_shared_from_this<RecordStreams> {
 public:
  explicit RecordStreams(runtime::IoThreads& io) : io_(io) {}

  // Starts the heartbeat, which keeps proxies from closing quiet streams.
  void start();
  // Ends every stream.
  void stop();

  // On the engine's thread.
  void add(std::span<const telemetry::Record> records);
  void begin_at(std::int64_t next_seq) { ring_.begin_at(next_seq); }

  [[nodiscard]] const RecordRing& ring() const { return ring_; }

  struct Reader {
    runtime::StreamWriter writer;
    Identity identity;                  // a pinned one is shown stop orders that concern it
    RecordKinds kinds;                  // that it wants
    std::optional<std::int64_t> after;  // the last id it has seen; absent: from now on
  };
  void open(Reader reader);

 private:
  struct Listener {
    runtime::StreamWriter writer;
    Identity identity;
    RecordKinds kinds;
    std::int64_t after;
  };

  void pump();
  [[nodiscard]] bool feed(Listener& listener) const;
  void beat();

  runtime::IoThreads& io_;
  RecordRing ring_;
  std::atomic<int> count_ = 0;
  std::atomic<bool> is_pump_posted_ = false;
  std::mutex mutex_;  // of what follows; never taken by the engine's thread
  std::list<Listener> listeners_;
  runtime::Timer heartbeat_;
};

}  // namespace fusebox::api::detail
