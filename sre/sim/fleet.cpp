// The clock of a run, arrivals, and tasks from their begin to their end.
#include "sre/sim/fleet.hpp"

#include <algorithm>
#include <utility>

#include "base/assert.hpp"
#include "base/ratio.hpp"
#include "chaos/population.hpp"

namespace fusebox::sim {
namespace {

constexpr Duration kSecond = std::chrono::seconds{1};

// Chance of the fleet itself, apart from that of the faults.
enum class Draws : std::uint64_t { Arrivals = 1, Tasks = 2 };
std::uint64_t key_of(std::uint64_t seed, Draws draws) {
  return chaos::mix(chaos::mix(0, seed), static_cast<std::uint64_t>(draws));
}

Duration mean_gap(const chaos::Workload& workload) {
  return Duration{std::max<std::int64_t>(workload.per.count() / workload.rate, 1)};
}

bool names_model(const chaos::Target& target, const chaos::Profile& profile, std::size_t model) {
  if (target.kind != chaos::TargetKind::Llm) return false;
  return target.model.empty() ? model == 0 : target.model == profile.models[model].name;
}

bool names_tool(const chaos::Target& target, const std::string& tool) {
  return target.kind == chaos::TargetKind::Tool && (target.tool.empty() || target.tool == tool);
}

// Indices of the targets that `names` says yes to.
template <class Names>
std::vector<std::size_t> targets_where(const chaos::Scenario& scenario, Names names) {
  std::vector<std::size_t> out;
  for (std::size_t i = 0; i < scenario.targets.size(); ++i) {
    if (names(scenario.targets[i])) out.push_back(i);
  }
  return out;
}

}  // namespace

Fleet::Fleet(const chaos::Scenario& scenario, const chaos::Profile& profile, FleetOptions options,
             Witness& witness)
    : scenario_(scenario),
      profile_(profile),
      options_(std::move(options)),
      witness_(witness),
      roster_(scenario, profile.turns),
      governor_(std::move(options_.engine), witness, options_.journal, options_.watch),
      injections_({scenario, options_.seed, options_.start}, roster_, witness, options_.journal),
      forms_(profile),
      courier_({scenario, injections_, governor_, witness, forms_, agenda_}),
      arrivals_(key_of(options_.seed, Draws::Arrivals)),
      gaps_(chaos::Exponential{mean_gap(scenario.workload)}),
      now_(options_.start),
      next_arrival_(options_.start) {
  for (std::size_t i = 0; i < profile.models.size(); ++i) models_.push_back(make_model(i));
  for (std::size_t i = 0; i < profile.tools.size(); ++i) tools_.push_back(make_tool(i));
}

Fleet::Endpoint Fleet::make_model(std::size_t index) const {
  const chaos::ModelProfile& model = profile_.models[index];
  const auto named = [&](const chaos::Target& target) {
    return names_model(target, profile_, index);
  };
  return {.latency = chaos::Sampler(model.service.latency.value_or(model.ttft)),
          .tokens_per_s = model.service.tokens_per_s.value_or(model.tokens_per_s),
          .fails = chaos::Chance(model.service.errors.value_or(Ratio{})),
          .targets = targets_where(scenario_, named),
          .services = make_services(model.service)};
}

Fleet::Endpoint Fleet::make_tool(std::size_t index) const {
  const chaos::ToolProfile& tool = profile_.tools[index];
  const auto named = [&](const chaos::Target& target) { return names_tool(target, tool.name); };
  return {.latency = chaos::Sampler(tool.service.latency.value_or(tool.latency)),
          .tokens_per_s = 1,
          .fails = chaos::Chance(tool.service.errors.value_or(Ratio{})),
          .targets = targets_where(scenario_, named),
          .services = make_services(tool.service)};
}

std::array<Service, chaos::kArmCount> Fleet::make_services(const chaos::ServiceModel& model) const {
  const chaos::PopulationSplit split(scenario_);
  const auto part = [&](chaos::Arm arm) { return Service(model, split.share(arm)); };
  return {part(chaos::Arm::Outside), part(chaos::Arm::Experiment), part(chaos::Arm::Control)};
}

void Fleet::run() {
  agenda_.push(now_, {.kind = DueKind::Tick});
  push_next_arrival();
  while (!finished_) {
    const Agenda::Entry entry = agenda_.pop();
    if (!agenda_.empty()) fetch(agenda_.next().payload);
    now_ = entry.at;
    handle(entry);
  }
  tell_unfinished();
}

// The task of what is due next is on its way into the cache while this one is handled: with a
// hundred thousand tasks under way it would have to be waited for.
void Fleet::fetch(const Due& due) const {
  if (due.subject >= tasks_.size()) return;
  const auto* line = reinterpret_cast<const char*>(&tasks_[due.subject]);
  constexpr std::size_t kCacheLine = 64;
  for (std::size_t at = 0; at < sizeof(Task); at += kCacheLine) __builtin_prefetch(line + at);
}

void Fleet::handle(const Agenda::Entry& entry) {
  switch (entry.payload.kind) {
    case DueKind::Tick:
      on_tick();
      break;
    case DueKind::Arrival:
      on_arrival();
      break;
    case DueKind::Delivery:
      courier_.deliver_late(entry.payload.subject, now_);
      break;
    case DueKind::Ask:
    case DueKind::Attempt:
    case DueKind::Answer:
    case DueKind::GiveUp:
    case DueKind::Deadline:
      if (tasks_[entry.payload.subject].epoch != entry.payload.epoch) return;
      handle_task(entry.payload);
      break;
  }
  ++events_;
  hash_ = chaos::mix(chaos::mix(hash_, static_cast<std::uint64_t>(to_ns(now_))),
                     static_cast<std::uint64_t>(entry.payload.kind));
  if (options_.trace) options_.trace({now_, entry.payload.kind, hash_});
}

void Fleet::handle_task(const Due& due) {
  switch (due.kind) {
    case DueKind::Ask:
      return ask(due.subject);
    case DueKind::Attempt:
      return attempt(due.subject);
    case DueKind::Answer:
      return on_answer(due.subject);
    case DueKind::GiveUp:
      return on_give_up(due.subject);
    case DueKind::Deadline:
      return stop_task(due.subject, telemetry::Outcome::Timeout, "deadline");
    case DueKind::Tick:
    case DueKind::Arrival:
    case DueKind::Delivery:
      break;
  }
  FUSEBOX_ASSERT(false);
}

// What happened to whom becomes part of the run's hash; handle() adds when and what was due.
void Fleet::note(std::uint64_t entity, std::uint64_t outcome) {
  hash_ = chaos::mix(hash_, entity << 16 | outcome);
}

void Fleet::on_tick() {
  governor_.tick(now_);
  if (withdrawn_) witness_.held(held(), now_);
  const chaos::Directive directive = witness_.tick(now_);
  if (directive.kill) governor_.kill(*directive.kill, "a guardrail of " + scenario_.name, now_);
  if (directive.withdraw_faults) withdraw();
  const Duration since_start = now_ - options_.start;
  if (options_.progress && since_start % std::chrono::minutes{1} == Duration::zero()) {
    options_.progress(since_start);
  }
  finished_ = directive.finished;
  agenda_.push(now_ + kSecond, {.kind = DueKind::Tick});
}

// The arrivals of a run are drawn from its seed alone, so that nothing that happens to tasks can
// hold back the ones behind them.
void Fleet::push_next_arrival() {
  const chaos::Workload& workload = scenario_.workload;
  ++arrived_;
  switch (workload.process) {
    case chaos::ArrivalProcess::Poisson:
      next_arrival_ += gaps_.draw(arrivals_.next());
      break;
    case chaos::ArrivalProcess::Uniform:
      next_arrival_ =
          options_.start + Duration{static_cast<std::int64_t>(
                               Int128{arrived_} * workload.per.count() / workload.rate)};
      break;
  }
  agenda_.push(next_arrival_, {.kind = DueKind::Arrival});
}

void Fleet::on_arrival() {
  push_next_arrival();
  const auto agent = static_cast<AgentIndex>(arrivals_.below(roster_.agents()));
  const std::size_t under_way = tasks_.size() - free_tasks_.size();
  ++tasks_begun_;
  if (under_way >= static_cast<std::size_t>(scenario_.workload.in_flight_max)) {
    drop_task(agent);
  } else {
    begin_task(agent);
  }
}

void Fleet::begin_task(AgentIndex agent) {
  const TaskIndex index = new_task();
  Task& task = tasks_[index];
  const auto number = static_cast<std::uint64_t>(tasks_begun_);
  const std::uint16_t epoch = task.epoch;
  task = Task{};
  task.epoch = epoch;
  task.phase = Phase::Paused;
  task.intended = now_;
  task.number = number;
  task.chance = chaos::Stream(chaos::mix(key_of(options_.seed, Draws::Tasks), number));
  task.member = roster_.begin_task(agent, now_ - options_.start);
  const std::int64_t spread = profile_.rounds_max - profile_.rounds_min + 1;
  task.rounds = static_cast<std::uint16_t>(
      profile_.rounds_min +
      static_cast<std::int64_t>(task.chance.below(static_cast<std::uint64_t>(spread))));
  next_step(index);
}

// Nobody had room for it: whoever wanted it did not get it.
void Fleet::drop_task(AgentIndex agent) {
  ++dropped_;
  Task dropped;
  dropped.intended = now_;
  dropped.number = static_cast<std::uint64_t>(tasks_begun_);
  dropped.member = roster_.begin_task(agent, now_ - options_.start);
  tell_end(dropped, telemetry::Outcome::Error, "dropped");
  roster_.end_task(dropped.member);
}

Fleet::TaskIndex Fleet::new_task() {
  if (free_tasks_.empty()) {
    tasks_.emplace_back();
    return static_cast<TaskIndex>(tasks_.size() - 1);
  }
  const TaskIndex index = free_tasks_.back();
  free_tasks_.pop_back();
  return index;
}

void Fleet::end_task(TaskIndex index, telemetry::Outcome outcome, std::string_view error) {
  Task& task = tasks_[index];
  tell_end(task, outcome, error);
  roster_.end_task(task.member);
  task.phase = Phase::Free;
  ++task.epoch;
  free_tasks_.push_back(index);
}

Work Fleet::work_of(const Task& task, telemetry::Outcome outcome, std::string_view error) const {
  Work work;
  work.subject = subject_of(task);
  work.is_task = true;
  work.outcome = outcome;
  work.error = error;
  work.ended = now_;
  work.duration = now_ - task.intended;
  return work;
}

// A run that ends shows what is still waiting: left out, the worst that a fault can do would be
// what nobody sees. Of truth alone; no telemetry tells it, and no hash depends on it.
void Fleet::tell_unfinished() {
  for (const Task& task : tasks_) {
    if (task.phase == Phase::Free) continue;
    const Work work = work_of(task, telemetry::Outcome::Timeout, "unfinished");
    witness_.observe(forms_.event(work), origin_of(task), now_);
  }
}

void Fleet::tell_end(const Task& task, telemetry::Outcome outcome, std::string_view error) {
  const Work work = work_of(task, outcome, error);
  note(task.number, static_cast<std::uint64_t>(outcome));
  witness_.observe(forms_.event(work), origin_of(task), now_);
  courier_.send(work, task.member, now_);
}

// Everything a task waits for ends at its deadline.
void Fleet::schedule(TaskIndex index, Instant at, DueKind kind) {
  const Task& task = tasks_[index];
  const Instant deadline = add_saturated(task.intended, profile_.task_deadline);
  if (at > deadline) {
    agenda_.push(deadline, {.subject = index, .epoch = task.epoch, .kind = DueKind::Deadline});
  } else {
    agenda_.push(at, {.subject = index, .epoch = task.epoch, .kind = kind});
  }
}

void Fleet::withdraw() {
  if (withdrawn_) return;
  withdrawn_ = true;
  injections_.withdraw();
  for (TaskIndex index = 0; index < tasks_.size(); ++index) release(index);
  courier_.release(now_);
}

std::int64_t Fleet::held() const {
  std::int64_t count = courier_.held();
  for (const Task& task : tasks_) {
    const bool paced = task.phase == Phase::Served && task.first_byte > now_ &&
                       task.met.first_byte_held > Duration::zero();
    if (paced || task.phase == Phase::Hung) ++count;
  }
  return count;
}

Subject Fleet::subject_of(const Task& task) const {
  return {.agent = task.member.agent,
          .session = task.member.session_number,
          .task = task.number,
          .arm = task.member.arm};
}

chaos::Origin Fleet::origin_of(const Task& task) const {
  return {.arm = task.member.arm, .unit = task.member.unit, .started = task.intended};
}

}  // namespace fusebox::sim
