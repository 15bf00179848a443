// Agent processes under supervision: each has registered, holds a stream open on which it gets the
// orders that cover it, and says what became of them.
//
//   {"process":"proc-1"}
//   {"standing":0}
//   {"order":{"id":"kill-3","scope":"agent:bot","epoch":3,"category":"hard","deadline_ms":5000,…}}
//
// `standing` says how many orders stood before it came; they stand before that line. Empty lines
// keep the stream alive. An order may come twice; ending the work twice does no harm.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "sre/api/terminators.hpp"
#include "sre/runtime/http.hpp"
#include "sre/runtime/io_threads.hpp"

namespace fusebox::api {

struct ProcessSpec {
  std::string agent;
  std::string tenant;    // "" without
  std::string session;   // "" without
  std::string name;      // for people; "" without
  std::int64_t pid = 0;  // on its own machine
};

// Whether a stop order on this scope ends the whole process. Scopes of one task, tool or model do
// not: there the fence refuses the calls.
[[nodiscard]] bool covers(const killswitch::Scope& scope, const ProcessSpec& process);

// Any thread.
class Processes final : public Terminator, public std::enable_shared_from_this<Processes> {
 public:
  static constexpr std::size_t kMax = 10'000;

  explicit Processes(runtime::IoThreads& io) : io_(io) {}
  void start_heartbeat();
  // Ends every stream.
  void close_all();

  [[nodiscard]] bool is_full() const;
  // Its id, or nothing if kMax are here. It is gone when its stream ends.
  [[nodiscard]] std::optional<std::string> add(ProcessSpec spec, runtime::StreamWriter stream);
  [[nodiscard]] std::optional<ProcessSpec> find(std::string_view id) const;
  // Orders that stood before the process came: it is told those that cover it, and their number.
  // Nobody waits for the outcome.
  void tell_standing(std::string_view id, const std::vector<StopOrder>& orders);
  // What became of an order. Ignored once nobody waits for it.
  struct Acknowledgement {
    std::string order;
    StopOutcome outcome = StopOutcome::Unconfirmed;
    std::string detail;
    std::optional<Duration> took;
  };
  void acknowledge(std::string_view id, const Acknowledgement& acknowledgement);

  void stop(const StopOrder& order, Done done) override;

 private:
  struct Process {
    ProcessSpec spec;
    std::shared_ptr<runtime::StreamWriter> stream;
  };
  // An order whose outcomes are awaited.
  struct Stop {
    std::string order;
    std::chrono::steady_clock::time_point began;
    std::map<std::string, std::string, std::less<>> awaited;  // id to name
    std::vector<StopResult> results;
    Done done;
    runtime::Timer timer;
  };
  using Stops = std::map<std::uint64_t, Stop>;

  void remove(const std::string& id);
  // Both with the lock held; what is complete is taken out for the caller to tell.
  void settle(Stop& stop, const std::string& id, const Acknowledgement& what);
  [[nodiscard]] std::vector<Stop> take_complete();
  void give_up(std::uint64_t number);
  void beat();

  runtime::IoThreads& io_;
  mutable std::mutex mutex_;
  std::map<std::string, Process, std::less<>> processes_;
  Stops stops_;
  std::uint64_t last_process_ = 0;
  std::uint64_t last_stop_ = 0;
  runtime::Timer heartbeat_;
};

}  // namespace fusebox::api
