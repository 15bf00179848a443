// One attempt of a call at a service: the faults that it meets, its place, its answer.
#include <algorithm>
#include <utility>
#include <variant>

#include "base/overload.hpp"
#include "base/ratio.hpp"
#include "sre/sim/fleet.hpp"

namespace fusebox::sim {
namespace {

// How long an answer takes that is given before any work is done.
constexpr Duration kQuickAnswer = std::chrono::milliseconds{50};
// What a service that is asked too often says about when to come back.
constexpr Duration kRateLimitWait = std::chrono::seconds{1};

template <class Effect>
const Effect* find(const chaos::FaultEffect* effect) {
  return effect == nullptr ? nullptr : std::get_if<Effect>(effect);
}

std::int64_t inflated(std::int64_t tokens, std::int64_t millionths) {
  return static_cast<std::int64_t>(Int128{tokens} * millionths / Impairment::kWhole);
}

AttemptEnd end_of(chaos::ToolErrorKind kind) {
  switch (kind) {
    case chaos::ToolErrorKind::Execution:
      return AttemptEnd::ToolFailed;
    case chaos::ToolErrorKind::Protocol:
      return AttemptEnd::ProtocolError;
    case chaos::ToolErrorKind::Http:
      return AttemptEnd::ServerError;
  }
  return AttemptEnd::ServerError;
}

Duration time_for(std::int64_t tokens, std::int64_t tokens_per_s) {
  constexpr std::int64_t kNsPerS = 1'000'000'000;
  return Duration{static_cast<std::int64_t>(Int128{tokens} * kNsPerS / tokens_per_s)};
}

}  // namespace

void Fleet::attempt(TaskIndex index) {
  Task& task = tasks_[index];
  Endpoint& at = endpoint(task.callee);
  ++task.attempts;
  task.attempt_began = now_;
  const bool first = task.attempts == 1;
  const chaos::Origin origin = origin_of(task);
  for (const std::size_t target : at.targets) witness_.attempted({target, first}, origin);
  if (at.targets.empty()) witness_.attempted({scenario_.targets.size(), first}, origin);
  Injections::Call call{.targets = at.targets, .caller = task.member, .model = {}, .tool = {}};
  (task.callee.is_model ? call.model : call.tool) =
      task.callee.is_model ? std::string_view(profile_.models[task.callee.index].name)
                           : std::string_view(profile_.tools[task.callee.index].name);
  task.met = injections_.meet(call, now_);
  if (const auto* limited = find<chaos::RateLimit>(task.met.ends)) {
    answer_soon(index, AttemptEnd::RateLimited, limited->retry_after.value_or(Duration::zero()));
  } else if (find<chaos::Hang>(task.met.ends) != nullptr) {
    task.phase = Phase::Hung;
    schedule(index, now_ + profile_.retry.timeout, DueKind::GiveUp);
  } else {
    reach_service(index);
  }
}

void Fleet::answer_soon(TaskIndex index, AttemptEnd end, Duration retry_after) {
  Task& task = tasks_[index];
  task.phase = Phase::Paused;
  task.will_end = end;
  task.retry_after = retry_after;
  task.will_in = 0;
  task.will_out = 0;
  schedule(index, now_ + kQuickAnswer, DueKind::Answer);
}

void Fleet::reach_service(TaskIndex index) {
  Task& task = tasks_[index];
  Service& at = service(task.callee, task.member.arm);
  switch (at.admit(now_)) {
    case Admission::Serve:
      return serve(index);
    case Admission::Wait:
      task.phase = Phase::Queued;
      at.enqueue({index, task.epoch});
      return schedule(index, task.attempt_began + profile_.retry.timeout, DueKind::GiveUp);
    case Admission::Overloaded:
      return answer_soon(index, AttemptEnd::Overloaded, Duration::zero());
    case Admission::RateLimited:
      return answer_soon(index, AttemptEnd::RateLimited, kRateLimitWait);
  }
}

void Fleet::serve(TaskIndex index) {
  Task& task = tasks_[index];
  task.phase = Phase::Served;
  draw_answer(task);
  conclude(index);
}

// What the service would answer if no fault came between.
void Fleet::draw_answer(Task& task) {
  const Endpoint& at = endpoint(task.callee);
  task.ready = now_ + at.latency.draw(task.chance.next());
  const bool fails = at.fails.hits(task.chance.next());
  task.drawn_in = 0;
  task.drawn_out = 0;
  if (!task.callee.is_model) {
    task.drawn_end = fails ? AttemptEnd::ToolFailed : AttemptEnd::Ok;
    return;
  }
  task.drawn_end = fails ? AttemptEnd::ServerError : AttemptEnd::Ok;
  if (fails) return;
  const std::int64_t average = profile_.models[task.callee.index].tokens_out;
  task.drawn_in = context_tokens(task);
  task.drawn_out = average / 2 + static_cast<std::int64_t>(
                                     task.chance.below(static_cast<std::uint64_t>(average + 1)));
}

// When and how the attempt ends, with what the faults do to it. The SDK's timeout is for the first
// byte; a stream that has begun may take its time.
void Fleet::conclude(TaskIndex index) {
  Task& task = tasks_[index];
  task.first_byte = task.ready + task.met.first_byte_held;
  task.retry_after = Duration::zero();
  task.will_in = 0;
  task.will_out = 0;
  const Instant patience_ends = task.attempt_began + profile_.retry.timeout;
  if (task.first_byte > patience_ends) {
    task.will_end = AttemptEnd::TimedOut;
    return schedule(index, patience_ends, DueKind::Answer);
  }
  task.will_end = task.drawn_end;
  task.will_in = task.drawn_in;
  task.will_out = task.drawn_out;
  if (const auto* error = find<chaos::ToolError>(task.met.ends)) {
    task.will_end = end_of(error->kind);
  }
  const auto* cut = find<chaos::InStreamError>(task.met.ends);
  if (cut != nullptr && task.will_end == AttemptEnd::Ok && cut->after_events < task.will_out) {
    task.will_end = AttemptEnd::StreamError;
    task.will_out = cut->after_events;  // an event of a stream brings about one token
  }
  const Duration stream = time_for(task.will_out, endpoint(task.callee).tokens_per_s);
  schedule(index, task.first_byte + stream, DueKind::Answer);
}

void Fleet::on_answer(TaskIndex index) {
  Task& task = tasks_[index];
  leave_service(index);
  task.tokens_in += inflated(task.will_in, task.met.usage_millionths);
  task.tokens_out += inflated(task.will_out, task.met.usage_millionths);
  switch (task.will_end) {
    case AttemptEnd::Ok:
      end_call(index, telemetry::Outcome::Ok, {});
      ++task.step;
      if (!task.callee.is_model) task.replans = 0;
      return next_step(index);
    case AttemptEnd::ToolFailed:
      return tool_failed(index);
    case AttemptEnd::RateLimited:
    case AttemptEnd::Overloaded:
    case AttemptEnd::ServerError:
    case AttemptEnd::TimedOut:
    case AttemptEnd::StreamError:
    case AttemptEnd::ProtocolError:
      return attempt_failed(index);
  }
}

void Fleet::on_give_up(TaskIndex index) {
  leave_service(index);
  tasks_[index].will_end = AttemptEnd::TimedOut;
  tasks_[index].retry_after = Duration::zero();
  attempt_failed(index);
}

void Fleet::attempt_failed(TaskIndex index) {
  Task& task = tasks_[index];
  FailedAttempt failed{.end = task.will_end, .retry_after = std::nullopt};
  if (task.retry_after > Duration::zero()) failed.retry_after = task.retry_after;
  const auto wait = retry_wait(profile_.retry, task.attempts - 1, failed, task.chance.next());
  if (!wait) return call_failed(index);
  schedule(index, now_ + *wait, DueKind::Attempt);
}

// Whatever the attempt holds of its service goes back, and what was due for it is off.
void Fleet::leave_service(TaskIndex index) {
  Task& task = tasks_[index];
  const Phase was = task.phase;
  task.phase = Phase::Paused;
  ++task.epoch;
  if (was == Phase::Queued) service(task.callee, task.member.arm).leave();
  if (was != Phase::Served) return;
  service(task.callee, task.member.arm).release();
  serve_waiters(task.callee, task.member.arm);
}

void Fleet::serve_waiters(Callee callee, chaos::Arm arm) {
  const auto is_waiting = [this](const Waiter& waiter) {
    return tasks_[waiter.task].phase == Phase::Queued && tasks_[waiter.task].epoch == waiter.epoch;
  };
  while (const auto waiter = service(callee, arm).next(is_waiting)) {
    ++tasks_[waiter->task].epoch;  // its timeout in the queue is off
    serve(waiter->task);
  }
}

// The faults are withdrawn: a call that one of them holds, or would still end, goes on as if it had
// never met it. What a fault kept from the caller arrives now.
void Fleet::release(TaskIndex index) {
  Task& task = tasks_[index];
  const Impairment met = std::exchange(task.met, Impairment{});
  if (task.phase == Phase::Hung) {
    ++task.epoch;
    return reach_service(index);
  }
  const bool touched = met.ends != nullptr || met.first_byte_held > Duration::zero();
  if (task.phase != Phase::Served || !touched) return;
  ++task.epoch;
  task.ready = task.first_byte > now_ ? std::max(task.ready, now_) : task.first_byte;
  conclude(index);
}

}  // namespace fusebox::sim
