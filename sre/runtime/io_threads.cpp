#include "sre/runtime/io_threads.hpp"

#include <atomic>
#include <string>

#include "base/assert.hpp"
#include "sre/runtime/detail/io_core.hpp"

namespace fusebox::runtime {
namespace detail {

// Owned by the wait that is under way, so that it goes with the io_context at the latest.
struct TimerState : std::enable_shared_from_this<TimerState> {
  TimerState(asio::io_context& context, Duration every, Task from)
      : strand(asio::make_strand(context)), timer(strand), interval(every), task(std::move(from)) {}

  void wait() {
    timer.async_wait([self = shared_from_this()](ErrorStatus error) {
      if (!error && !self->cancelled.load()) self->fire();
    });
  }

  void fire() {
    task();
    if (interval == Duration::zero() || cancelled.load()) return;
    const auto now = SteadyClock::now();
    auto next = timer.expiry() + interval;
    if (next <= now) next += (now - next) / interval * interval + interval;
    timer.expires_at(next);
    wait();
  }

  Strand strand;
  SteadyTimer timer;
  Duration interval;  // zero: once
  Task task;
  std::atomic<bool> cancelled = false;
};

namespace {

struct SignalWait : std::enable_shared_from_this<SignalWait> {
  SignalWait(asio::io_context& context, std::function<void(int)> from)
      : signals(context), handler(std::move(from)) {}

  void wait() {
    signals.async_wait([self = shared_from_this()](ErrorStatus error, int number) {
      if (error) return;
      self->handler(number);
      self->wait();
    });
  }

  asio::signal_set signals;
  std::function<void(int)> handler;
};

Timer start_timer(IoCore& core, Duration delay, Duration interval, Task task) {
  FUSEBOX_ASSERT(delay >= Duration::zero());
  auto state = std::make_shared<TimerState>(core.context, interval, std::move(task));
  state->timer.expires_after(delay);
  state->wait();
  return Timer(state);
}

}  // namespace
}  // namespace detail

Timer& Timer::operator=(Timer&& other) noexcept {
  if (this == &other) return *this;
  cancel();
  state_ = std::move(other.state_);
  return *this;
}

void Timer::cancel() {
  const std::shared_ptr<detail::TimerState> state = state_.lock();
  state_.reset();
  if (!state || state->cancelled.exchange(true)) return;
  // A timer is not for two threads at once; the strand is where it is waited for.
  detail::asio::post(state->strand, [state] { state->timer.cancel(); });
}

IoThreads::IoThreads(int threads) {
  FUSEBOX_ASSERT(threads >= 1);
  FUSEBOX_ASSERT(threads <= 64);
  core_ = std::make_unique<detail::IoCore>(threads);
  for (int i = 0; i < threads; ++i) {
    core_->threads.emplace_back([this] { core_->context.run(); });
  }
}

IoThreads::~IoThreads() { stop(); }

void IoThreads::post(Task task) {
  detail::asio::post(core_->context, [task = std::move(task)]() mutable { task(); });
}

Timer IoThreads::after(Duration delay, Task task) {
  return detail::start_timer(*core_, delay, Duration::zero(), std::move(task));
}

Timer IoThreads::every(Duration interval, Task task) {
  FUSEBOX_ASSERT(interval > Duration::zero());
  return detail::start_timer(*core_, interval, interval, std::move(task));
}

Result<void> IoThreads::on_signals(const std::vector<int>& signals,
                                   std::function<void(int)> handler) {
  auto wait = std::make_shared<detail::SignalWait>(core_->context, std::move(handler));
  for (const int number : signals) {
    detail::ErrorStatus error;
    wait->signals.add(number, error);
    if (error) {
      return Unexpected{ErrorCode::InvalidValue,
                        "signal " + std::to_string(number) + ": " + error.message()};
    }
  }
  wait->wait();
  return {};
}

void IoThreads::stop() {
  core_->context.stop();
  for (std::thread& thread : core_->threads) {
    FUSEBOX_ASSERT(thread.get_id() != std::this_thread::get_id());
    thread.join();
  }
  core_->threads.clear();
}

}  // namespace fusebox::runtime
