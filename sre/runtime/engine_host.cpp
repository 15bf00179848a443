#include "sre/runtime/engine_host.hpp"

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <mutex>
#include <thread>
#include <utility>
#include <variant>
#include <vector>

#include "base/assert.hpp"
#include "sre/runtime/detail/lanes.hpp"
#include "sre/runtime/detail/store_thread.hpp"

namespace fusebox::runtime {
namespace {

using detail::append;
using detail::Lanes;
using SteadyClock = std::chrono::steady_clock;

// Events between two looks at the lanes above telemetry: a third of a millisecond.
constexpr std::size_t kSliceEvents = 256;
constexpr Duration kTick = std::chrono::seconds{1};
// A checkpoint once this much would have to be replayed, or this long after the last one.
constexpr std::uint64_t kCheckpointBytes = std::uint64_t{48} << 20;
constexpr Duration kCheckpointInterval = std::chrono::minutes{5};
// Between two attempts while the disk takes nothing, or takes it slowly.
constexpr Duration kCheckpointPause = std::chrono::seconds{2};

bool is_order(const telemetry::Input& input) {
  return std::holds_alternative<telemetry::KillInput>(input.body) ||
         std::holds_alternative<telemetry::RearmInput>(input.body);
}

// A request that was applied and waits for write().
struct Applied {
  InputRequest request;
  engine::Reply reply;
  std::size_t first_record;
  std::size_t end_record;
};

}  // namespace

struct EngineHost::Impl {
  // `read_at`: when the options' wall time was read. Recovery takes a while, and engine time must
  // not lag behind the wall by it.
  Impl(DurableEngine durable_engine, HostOptions from, SteadyClock::time_point read_at);

  [[nodiscard]] Instant now() const {
    return base + std::chrono::duration_cast<Duration>(SteadyClock::now() - started);
  }
  template <class T>
  void post(std::deque<T> Lanes::*lane, T value);

  void begin_journal(std::span<const telemetry::ConfigText> documents);

  // Of the engine thread.
  void run();
  [[nodiscard]] bool take_lanes();
  engine::Reply feed(telemetry::Input input);
  void apply(InputRequest request);
  void apply_slice();
  void tick_if_due();
  void write();
  void take_back_permits();
  void answer(const WriteFault& fault);
  void checkpoint_if_due();
  void on_checkpoint_written(std::uint64_t first_segment, const Result<void>& done);
  void reconfigure(EngineConfiguration configuration,
                   const std::function<void(const Result<void>&)>& answer_to);

  HostOptions options;
  DurableEngine engine;
  const SteadyClock::time_point started;
  const Instant base;

  std::mutex mutex;
  std::condition_variable wake;
  Lanes waiting;          // guarded by mutex
  bool stopping = false;  // guarded by mutex

  Lanes taken;
  std::size_t next_event = 0;  // of the first batch in taken.telemetry
  engine::Effects effects;
  std::vector<Applied> applied;
  std::vector<EventBatch> ended;  // all of whose events were applied
  bool wrote_nothing = true;
  Instant next_tick{};
  Instant next_checkpoint{};  // by time alone
  Instant next_attempt{};     // not before
  Instant kept_until{};       // everything up to here is in the log, or in a checkpoint
  bool checkpointing = false;

  std::atomic<bool> log_in_doubt = false;  // a write or a sync failed: a checkpoint heals it
  std::atomic<std::uint64_t> waiting_events = 0;
  std::atomic<std::uint64_t> shed_events = 0;
  std::atomic<std::uint64_t> checkpoints = 0;
  std::atomic<std::uint64_t> journal_lines_lost = 0;

  std::optional<Result<void>> closed;
  std::unique_ptr<detail::StoreThread> disk;
  std::thread thread;
};

EngineHost::Impl::Impl(DurableEngine durable_engine, HostOptions from,
                       SteadyClock::time_point read_at)
    : options(std::move(from)),
      engine(std::move(durable_engine)),
      started(read_at),
      base(engine.engine().now()),
      next_tick(base + kTick),
      next_checkpoint(base + kCheckpointInterval),
      disk(std::make_unique<detail::StoreThread>([this](const Error&) { log_in_doubt = true; })) {}

template <class T>
void EngineHost::Impl::post(std::deque<T> Lanes::*lane, T value) {
  bool was_empty = false;
  {
    const std::lock_guard lock(mutex);
    was_empty = waiting.empty();
    (waiting.*lane).push_back(std::move(value));
  }
  if (was_empty) wake.notify_one();
}

void EngineHost::Impl::begin_journal(std::span<const telemetry::ConfigText> documents) {
  if (!options.journal) return;
  const Instant at = engine.engine().now();
  options.journal->add_configuration(at, documents);
  options.journal->add_state(at, engine.engine().save());
  options.journal->flush();
}

void EngineHost::Impl::run() {
  while (take_lanes()) {
    for (; !taken.orders.empty(); taken.orders.pop_front()) apply(std::move(taken.orders.front()));
    for (; !taken.requests.empty(); taken.requests.pop_front()) {
      apply(std::move(taken.requests.front()));
    }
    apply_slice();
    tick_if_due();
    write();
    for (std::deque<Task> tasks = std::exchange(taken.tasks, {}); !tasks.empty();
         tasks.pop_front()) {
      tasks.front()();
    }
    if (!wrote_nothing || !effects.records.empty()) write();  // of the tasks
    checkpoint_if_due();
  }
}

// Waits until there is something to do; false once stopping and nothing is left.
bool EngineHost::Impl::take_lanes() {
  std::unique_lock lock(mutex);
  if (taken.telemetry.empty()) {
    wake.wait_until(lock, started + (next_tick - base),
                    [this] { return stopping || !waiting.empty(); });
  }
  append(taken.orders, waiting.orders);
  append(taken.requests, waiting.requests);
  append(taken.tasks, waiting.tasks);
  append(taken.telemetry, waiting.telemetry);
  return !stopping || !taken.empty();
}

// One input, at the engine's time of now.
engine::Reply EngineHost::Impl::feed(telemetry::Input input) {
  input.at = std::max(now(), engine.engine().now());
  if (options.journal) options.journal->add(input);
  wrote_nothing = false;
  return engine.apply(input, effects);
}

void EngineHost::Impl::apply(InputRequest request) {
  const std::size_t first = effects.records.size();
  engine::Reply reply = feed(*request.input);
  applied.push_back({std::move(request), std::move(reply), first, effects.records.size()});
}

void EngineHost::Impl::apply_slice() {
  std::size_t left = kSliceEvents;
  for (; left > 0 && !taken.telemetry.empty(); next_event = 0) {
    EventBatch& batch = taken.telemetry.front();
    const std::size_t count = std::min(left, batch.events.size() - next_event);
    for (const telemetry::Event& event : batch.events.subspan(next_event, count)) {
      (void)feed({{}, event});
    }
    waiting_events -= count;
    left -= count;
    next_event += count;
    if (next_event < batch.events.size()) return;
    ended.push_back(std::move(batch));
    taken.telemetry.pop_front();
  }
}

void EngineHost::Impl::tick_if_due() {
  const Instant at = now();
  if (at < next_tick) return;
  // Ticks that a stall kept back are one tick: the engine asks for the time, not for their number.
  next_tick = std::max(next_tick + kTick, at);
  (void)feed({{}, telemetry::Tick{}});
}

void EngineHost::Impl::write() {
  if (std::exchange(wrote_nothing, true) && ended.empty() && effects.records.empty()) return;
  const WriteFault fault = engine.write();
  if (options.journal) {
    options.journal->flush();
    journal_lines_lost = options.journal->lost();
  }
  if (fault.state) {
    log_in_doubt = true;
    take_back_permits();
  }
  if (!log_in_doubt) kept_until = engine.engine().now();
  std::vector<std::function<void()>> after_sync;
  if (options.acknowledge_after_sync) {
    for (EventBatch& batch : std::exchange(ended, {})) {
      after_sync.emplace_back([batch = std::make_shared<EventBatch>(std::move(batch))] {
        batch->answer({.accepted = batch->events.size()});
      });
    }
  }
  disk->sync_soon(engine.pending(), std::move(after_sync));
  if (options.before_answers && !effects.records.empty()) options.before_answers(effects.records);
  answer(fault);
  if (options.on_records && !effects.records.empty()) options.on_records(effects.records);
  effects.clear();
}

// What was promised and could not be written must not be used: the answer will say so, and the
// permit is given back in memory as well.
void EngineHost::Impl::take_back_permits() {
  std::vector<std::string> permits;
  for (const Applied& each : applied) {
    const auto* check = std::get_if<engine::CheckReply>(&each.reply);
    if (check == nullptr) continue;
    const auto* decision =
        std::get_if<telemetry::DecisionRecord>(&effects.records[check->record].body);
    if (decision != nullptr && !decision->permit.empty()) permits.push_back(decision->permit);
  }
  for (const std::string& permit : permits) {
    telemetry::Report report;
    report.permit = permit;
    report.outcome = telemetry::Outcome::Cancelled;
    (void)feed({{}, report});
  }
}

void EngineHost::Impl::answer(const WriteFault& fault) {
  for (Applied& each : applied) {
    if (!each.request.answer) continue;
    const telemetry::DecisionRecord* decision = nullptr;
    if (const auto* check = std::get_if<engine::CheckReply>(&each.reply)) {
      decision = std::get_if<telemetry::DecisionRecord>(&effects.records[check->record].body);
    }
    each.request.answer(
        {.reply = each.reply,
         .records = std::span<const telemetry::Record>(effects.records)
                        .subspan(each.first_record, each.end_record - each.first_record),
         .decision = decision,
         .state_fault = fault.state ? &*fault.state : nullptr,
         .latch_fault = fault.latch ? &*fault.latch : nullptr});
  }
  applied.clear();
  for (const EventBatch& batch : ended) {
    if (batch.answer) batch.answer({.accepted = batch.events.size()});
  }
  ended.clear();
}

void EngineHost::Impl::checkpoint_if_due() {
  const Instant at = now();
  const bool due =
      engine.bytes_since_checkpoint() >= kCheckpointBytes || at >= next_checkpoint || log_in_doubt;
  if (!due || checkpointing || at < next_attempt) return;
  next_attempt = at + kCheckpointPause;
  auto saved = engine.checkpoint();
  if (!saved) {
    log_in_doubt = true;
    return;
  }
  log_in_doubt = false;
  checkpointing = true;
  disk->run([this, checkpoint = std::move(*saved), syncs = engine.pending()] {
    const Result<void> done = engine.write_checkpoint(checkpoint, syncs);
    post(&Lanes::tasks, Task([this, segment = checkpoint.first_segment, done] {
      on_checkpoint_written(segment, done);
    }));
  });
}

void EngineHost::Impl::on_checkpoint_written(std::uint64_t first_segment,
                                             const Result<void>& done) {
  checkpointing = false;
  next_attempt = now() + kCheckpointPause;
  if (!done) {
    log_in_doubt = true;
    return;
  }
  ++checkpoints;
  next_checkpoint = now() + kCheckpointInterval;
  engine.released(first_segment);
}

void EngineHost::Impl::reconfigure(EngineConfiguration configuration,
                                   const std::function<void(const Result<void>&)>& answer_to) {
  disk->wait_for_jobs();  // an older checkpoint must not follow the one that is written here
  if (options.journal) {
    options.journal->add_configuration(engine.engine().now(), configuration.documents);
    wrote_nothing = false;
  }
  const Result<void> done = engine.reconfigure(std::move(configuration), effects);
  if (!done) log_in_doubt = true;
  if (answer_to) answer_to(done);
}

EngineHost::EngineHost(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}

Result<EngineHost::Started> EngineHost::start(store::Files& files, HostOptions options) {
  const SteadyClock::time_point read_at = SteadyClock::now();
  const auto documents = options.durable.configuration.documents;
  auto opened = DurableEngine::open(files, std::move(options.durable));
  if (!opened) return Unexpected{opened.error()};
  auto impl = std::make_unique<Impl>(std::move(opened->engine), std::move(options), read_at);
  impl->begin_journal(documents);
  impl->thread = std::thread([state = impl.get()] { state->run(); });
  return Started{std::unique_ptr<EngineHost>(new EngineHost(std::move(impl))),
                 std::move(opened->recovery)};
}

EngineHost::~EngineHost() { (void)stop(); }

Instant EngineHost::now() const { return impl_->now(); }

void EngineHost::submit(InputRequest request) {
  FUSEBOX_ASSERT(request.input != nullptr);
  const auto lane = is_order(*request.input) ? &Lanes::orders : &Lanes::requests;
  impl_->post(lane, std::move(request));
}

bool EngineHost::submit(EventBatch batch) {
  const std::uint64_t count = batch.events.size();
  const std::uint64_t before = impl_->waiting_events.fetch_add(count);
  if (before + count > impl_->options.waiting_events_max || impl_->log_in_doubt) {
    impl_->waiting_events -= count;
    impl_->shed_events += count;
    return false;
  }
  impl_->post(&Lanes::telemetry, std::move(batch));
  return true;
}

void EngineHost::query(std::function<void(engine::Engine&)> question) {
  impl_->post(&Lanes::tasks, Task([state = impl_.get(), question = std::move(question)] {
    question(state->engine.engine());
  }));
}

void EngineHost::reconfigure(EngineConfiguration configuration,
                             std::function<void(const Result<void>&)> answer) {
  auto shared = std::make_shared<EngineConfiguration>(std::move(configuration));
  impl_->post(&Lanes::tasks, Task([state = impl_.get(), shared, answer = std::move(answer)] {
    state->reconfigure(std::move(*shared), answer);
  }));
}

Result<void> EngineHost::stop() {
  if (impl_->closed) return *impl_->closed;
  {
    const std::lock_guard lock(impl_->mutex);
    impl_->stopping = true;
  }
  impl_->wake.notify_one();
  if (impl_->thread.joinable()) impl_->thread.join();
  impl_->disk.reset();
  impl_->closed =
      impl_->engine.close(impl_->log_in_doubt ? std::optional(impl_->kept_until) : std::nullopt);
  return *impl_->closed;
}

HostCounters EngineHost::counters() const {
  return {.shed_events = impl_->shed_events,
          .checkpoints = impl_->checkpoints,
          .waiting_events = impl_->waiting_events,
          .journal_lines_lost = impl_->journal_lines_lost,
          .storage_fault = impl_->log_in_doubt};
}

Result<void> EngineHost::publish_listen(const std::string& json) {
  return impl_->engine.folder().publish_listen(json);
}

}  // namespace fusebox::runtime
