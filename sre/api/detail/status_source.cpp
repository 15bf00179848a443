#include "sre/api/detail/status_source.hpp"

#include <utility>

#include "sre/engine/engine.hpp"

namespace fusebox::api::detail {
namespace {

constexpr int kPauseFactor = 4;

}  // namespace

void StatusSource::get(runtime::EngineHost& host, Done done) {
  const std::lock_guard lock(mutex_);
  waiting_.push_back(std::move(done));
  if (std::exchange(asked_, true)) return;
  const Clock::duration pause = not_before_ - Clock::now();
  if (pause <= Clock::duration{0}) {
    ask(host);
    return;
  }
  pause_ = io_.after(std::chrono::duration_cast<Duration>(pause),
                     [self = shared_from_this(), &host] { self->ask(host); });
}

void StatusSource::ask(runtime::EngineHost& host) {
  host.query([self = shared_from_this()](engine::Engine& engine) { self->copy(engine); });
}

void StatusSource::copy(engine::Engine& engine) {
  std::vector<Done> asking;
  {
    const std::lock_guard lock(mutex_);
    asking.swap(waiting_);
    asked_ = false;
  }
  const Clock::time_point began = Clock::now();
  const auto status = std::make_shared<const engine::Status>(engine.status());
  const Clock::time_point ended = Clock::now();
  {
    const std::lock_guard lock(mutex_);
    not_before_ = ended + kPauseFactor * (ended - began);
  }
  for (Done& each : asking) {
    io_.post([done = std::move(each), status] { done(status); });
  }
}

}  // namespace fusebox::api::detail
