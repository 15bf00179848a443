// The thread that owns the engine, and the thread that waits for its disk.
//
// Everything that happens to the engine comes through here as a value posted by another thread and
// is applied in one place, in this order: stop orders, then requests and questions in the order in
// which they came, then telemetry, in slices so that an order never waits behind a large batch.
// What was applied is written before anyone is answered (DurableEngine), and synced by the store
// thread within five milliseconds.
//
// Every queue is bounded: telemetry beyond its bound is shed, which its sender is told; requests
// are bounded by the connections that wait for them.
//
// When the disk takes nothing more, telemetry is shed, decisions that reserve something are refused
// and stop orders still hold; it is tried again every second.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>

#include "base/result.hpp"
#include "sre/engine/engine.hpp"
#include "sre/runtime/durable_engine.hpp"
#include "sre/runtime/journal_recorder.hpp"
#include "sre/runtime/task.hpp"
#include "telemetry/event.hpp"
#include "telemetry/input.hpp"

namespace fusebox::runtime {

// What the sender of one input is told. Valid during the call.
struct Answer {
  const engine::Reply& reply;
  std::span<const telemetry::Record> records;           // that this input caused, in order
  const telemetry::DecisionRecord* decision = nullptr;  // of a check
  // The state could not be written: what the reply promises does not hold (a permit was taken
  // back).
  const Error* state_fault = nullptr;
  // A stop order stands in memory and would not survive a power cut.
  const Error* latch_fault = nullptr;
};

// One input as views, and what keeps their bytes alive until it is answered.
struct InputRequest {
  std::shared_ptr<const void> owner;
  const telemetry::Input* input = nullptr;  // its time is ignored
  std::function<void(const Answer&)> answer;
};

struct TelemetryCounts {
  std::size_t accepted = 0;  // duplicates and late ones included
};

// Events as views, and what keeps their bytes alive until they are answered.
struct EventBatch {
  std::shared_ptr<const void> owner;
  std::span<const telemetry::Event> events;
  std::function<void(const TelemetryCounts&)> answer;
};

struct HostOptions {
  DurableOptions durable;
  // Events that wait for the engine, at most; a batch that does not fit is shed.
  std::size_t waiting_events_max = 1 << 18;
  // Telemetry is answered only after it is synced.
  bool acknowledge_after_sync = false;
  // Inputs are recorded here, as they were applied, behind the state they were applied to.
  std::optional<JournalRecorder> journal;
  // Every record, after it was written; on the engine thread, so both must be quick. The first is
  // before the answers: who has one may ask at once for what it did, and must find it.
  std::function<void(std::span<const telemetry::Record>)> before_answers = {};
  std::function<void(std::span<const telemetry::Record>)> on_records;
};

struct HostCounters {
  std::uint64_t shed_events = 0;
  std::uint64_t checkpoints = 0;
  std::uint64_t waiting_events = 0;
  std::uint64_t journal_lines_lost = 0;
  bool storage_fault = false;  // now
};

class EngineHost {
 public:
  struct Started;
  // Recovers, writes a checkpoint, and starts both threads. Errors: those of DurableEngine::open.
  [[nodiscard]] static Result<Started> start(store::Files& files, HostOptions options);
  // As stop().
  ~EngineHost();
  EngineHost(const EngineHost&) = delete;
  EngineHost& operator=(const EngineHost&) = delete;

  // Every function below may be called from any thread but the engine's own, unless it says so.

  // Engine time: never steps back, whatever the wall clock does. Any thread.
  [[nodiscard]] Instant now() const;

  // Answered exactly once, on the engine thread, unless the host has stopped: then never.
  void submit(InputRequest request);
  // False: shed, and nothing was taken.
  [[nodiscard]] bool submit(EventBatch batch);
  // Runs on the engine thread between inputs.
  void query(std::function<void(engine::Engine&)> question);
  // Answered on the engine thread. The engine goes on under it even if it could not be written.
  void reconfigure(EngineConfiguration configuration,
                   std::function<void(const Result<void>&)> answer);
  // Takes what waits, writes a checkpoint, seals the audit. Errors: StorageFailed. Repeatable.
  Result<void> stop();

  [[nodiscard]] HostCounters counters() const;
  // For listen.json, before anything is submitted and after stop() only.
  Result<void> publish_listen(const std::string& json);

 private:
  struct Impl;
  explicit EngineHost(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

struct EngineHost::Started {
  std::unique_ptr<EngineHost> host;
  Recovery recovery;
};

}  // namespace fusebox::runtime
