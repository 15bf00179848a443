// The steps of a task, and each call that one takes: asked for, tried, and reported.
#include <algorithm>

#include "sre/sim/fleet.hpp"

namespace fusebox::sim {
namespace {

using telemetry::Outcome;

constexpr std::uint8_t kAsksMax = 3;
// Of a throttle that names no time.
constexpr Duration kThrottleWait = std::chrono::seconds{1};

// What the telemetry of a call says of its last attempt.
Outcome outcome_of(AttemptEnd end) {
  switch (end) {
    case AttemptEnd::Ok:
      return Outcome::Ok;
    case AttemptEnd::RateLimited:
      return Outcome::Throttled;
    case AttemptEnd::TimedOut:
      return Outcome::Timeout;
    case AttemptEnd::Overloaded:
    case AttemptEnd::ServerError:
    case AttemptEnd::StreamError:
    case AttemptEnd::ToolFailed:
    case AttemptEnd::ProtocolError:
      return Outcome::Error;
  }
  return Outcome::Error;
}

std::string_view error_of(AttemptEnd end) {
  return end == AttemptEnd::Ok ? std::string_view{}
                               : kAttemptEndNames[static_cast<std::size_t>(end)];
}

}  // namespace

// Even steps plan, odd ones act; the last writes the answer.
void Fleet::next_step(TaskIndex index) {
  Task& task = tasks_[index];
  if (task.step > last_step(task)) return end_task(index, Outcome::Ok, {});
  if (task.calls >= profile_.calls_max) return end_task(index, Outcome::Error, "calls_exhausted");
  ++task.calls;
  task.retries = 0;
  const bool is_model = task.step % 2 == 0;
  const std::size_t choices = is_model ? 1 : profile_.tools.size();
  task.callee = {is_model, static_cast<std::uint8_t>(task.chance.below(choices))};
  if (is_model) ++task.model_calls;
  begin_call(index);
}

void Fleet::begin_call(TaskIndex index) {
  Task& task = tasks_[index];
  task.call_began = now_;
  task.attempts = 0;
  task.asks = 0;
  task.tokens_in = 0;
  task.tokens_out = 0;
  ask(index);
}

void Fleet::ask(TaskIndex index) {
  Task& task = tasks_[index];
  const Answer answer = governor_.check(forms_.check(question(task)), now_);
  note(task.number,
       static_cast<std::uint64_t>(answer.effect) << 8 | static_cast<std::uint64_t>(answer.reason));
  if (answer.proceeds()) {
    task.call = answer.permit;
    return attempt(index);
  }
  witness_.refused(origin_of(task));
  if (answer.effect == policy::Effect::Throttle && task.asks < kAsksMax) {
    ++task.asks;
    const Duration wait =
        answer.retry_after > Duration::zero() ? answer.retry_after : kThrottleWait;
    return schedule(index, now_ + wait, DueKind::Ask);
  }
  refused(index, answer);
}

void Fleet::refused(TaskIndex index, const Answer& answer) {
  if (answer.reason == policy::Reason::Killed) return stop_agent(index);
  if (fall_back(index)) return;
  end_task(index, Outcome::Error, policy::name_of(answer.reason));
}

// The fallback takes the place of the call that it replaces, and is asked for like any other.
bool Fleet::fall_back(TaskIndex index) {
  Task& task = tasks_[index];
  if (!task.callee.is_model || !profile_.fallback) return false;
  if (task.callee.index == *profile_.fallback) return false;
  task.callee.index = static_cast<std::uint8_t>(*profile_.fallback);
  begin_call(index);
  return true;
}

// The SDK has given up. Another model is for calls that were refused: an agent that nobody tells
// has no reason to change.
void Fleet::call_failed(TaskIndex index) {
  Task& task = tasks_[index];
  const AttemptEnd end = task.will_end;
  end_call(index, outcome_of(end), error_of(end));
  const bool may_retry = task.callee.is_model && task.retries < profile_.agent_retries &&
                         task.calls < profile_.calls_max;
  if (may_retry) {
    ++task.retries;
    ++task.calls;
    return begin_call(index);
  }
  end_task(index, Outcome::Error, error_of(end));
}

// The tool did its part and says that it failed: the model sees that and plans again.
void Fleet::tool_failed(TaskIndex index) {
  Task& task = tasks_[index];
  end_call(index, Outcome::Error, error_of(task.will_end));
  if (task.replans >= profile_.tool_retries) {
    return end_task(index, Outcome::Error, error_of(task.will_end));
  }
  ++task.replans;
  --task.step;
  next_step(index);
}

void Fleet::end_call(TaskIndex index, Outcome outcome, std::string_view error) {
  Task& task = tasks_[index];
  Work work;
  work.subject = subject_of(task);
  work.callee = task.callee;
  work.call = task.call;
  work.outcome = outcome;
  work.error = error;
  work.ended = now_;
  work.duration = now_ - task.call_began;
  if (task.callee.is_model) {
    if (outcome == Outcome::Ok) work.ttft = task.first_byte - task.call_began;
    work.usage = {task.tokens_in, task.tokens_out,
                  cost_of(profile_.models[task.callee.index], task.tokens_in, task.tokens_out)};
  }
  task.call = 0;
  note(task.number, static_cast<std::uint64_t>(outcome));
  witness_.observe(forms_.event(work), origin_of(task), now_);
  courier_.send(work, task.member, now_);
}

// A stop order covers the agent, or something that it is part of: whatever it has under way ends.
// Its next task asks again, in a new session.
void Fleet::stop_agent(TaskIndex index) {
  const AgentIndex agent = tasks_[index].member.agent;
  roster_.end_session(agent);
  if (roster_.open_tasks(agent) > 1) {
    for (TaskIndex other = 0; other < tasks_.size(); ++other) {
      if (tasks_[other].phase == Phase::Free || tasks_[other].member.agent != agent) continue;
      if (other != index) stop_task(other, Outcome::Error, "killed");
    }
  }
  stop_task(index, Outcome::Error, "killed");
}

void Fleet::stop_task(TaskIndex index, Outcome outcome, std::string_view why) {
  leave_service(index);
  if (tasks_[index].call != 0) end_call(index, Outcome::Cancelled, why);
  end_task(index, outcome, why);
}

Forms::Question Fleet::question(const Task& task) const {
  Forms::Question out;
  out.subject = subject_of(task);
  out.callee = task.callee;
  if (!task.callee.is_model) return out;
  const chaos::ModelProfile& model = profile_.models[task.callee.index];
  const std::int64_t in = context_tokens(task);
  out.expected = {in, model.tokens_out, cost_of(model, in, model.tokens_out)};
  return out;
}

// Each call reads what the ones before it have written, and the results of their tools, which are
// about as long.
std::int64_t Fleet::context_tokens(const Task& task) const {
  const chaos::ModelProfile& model = profile_.models[task.callee.index];
  return model.tokens_in + 2 * model.tokens_out * std::max(task.model_calls - 1, 0);
}

}  // namespace fusebox::sim
