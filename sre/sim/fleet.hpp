// A fleet of agents under a virtual clock: tasks arrive in an open loop, agents plan, call models
// and tools, retry as SDKs do, fall back, give up, and are governed by the real engine meanwhile.
// One thread, integer time, chance by identity (chaos/random.hpp): a seed is a run.
//
//   a task      rounds of a model call and a tool call, and a last model call
//   a call      one question to the engine, then attempts by the rules of the SDK, then one report
//   an attempt  a place at the arm's own instance of the service, for as long as it lasts
//
// Truth is what agents live through: a task that is refused what it needs has failed, whatever the
// engine calls the refusal.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <optional>
#include <string_view>
#include <vector>

#include "base/time.hpp"
#include "chaos/arm.hpp"
#include "chaos/profile.hpp"
#include "chaos/random.hpp"
#include "chaos/sampler.hpp"
#include "chaos/scenario.hpp"
#include "sre/sim/courier.hpp"
#include "sre/sim/due.hpp"
#include "sre/sim/forms.hpp"
#include "sre/sim/governor.hpp"
#include "sre/sim/injections.hpp"
#include "sre/sim/retry.hpp"
#include "sre/sim/roster.hpp"
#include "sre/sim/service.hpp"
#include "sre/sim/witness.hpp"

namespace fusebox::sim {

struct FleetOptions {
  std::uint64_t seed = 1;
  Instant start{};
  // Absent: nobody governs.
  std::optional<engine::EngineSpec> engine;
  JournalSink journal;                      // may be empty
  std::function<void(Duration)> progress;   // each virtual minute; may be empty
  std::function<void(const Trace&)> trace;  // each event; may be empty
  Watch watch;                              // each input of the engine; may be empty
};

class Fleet {
 public:
  // Scenario, profile and witness must outlive it.
  Fleet(const chaos::Scenario& scenario, const chaos::Profile& profile, FleetOptions options,
        Witness& witness);

  // Until the witness has finished. Call once.
  void run();

  [[nodiscard]] Instant now() const { return now_; }
  [[nodiscard]] std::uint64_t hash() const { return hash_; }
  [[nodiscard]] std::int64_t events() const { return events_; }
  [[nodiscard]] std::int64_t tasks() const { return tasks_begun_; }
  [[nodiscard]] std::int64_t dropped() const { return dropped_; }
  [[nodiscard]] const chaos::Injector& injector() const { return injections_.injector(); }
  [[nodiscard]] Governor& governor() { return governor_; }
  // Memory of agents, sessions and units; of one task under way and what it waits for.
  [[nodiscard]] std::size_t roster_bytes() const { return roster_.bytes(); }
  [[nodiscard]] static constexpr std::size_t bytes_per_task() {
    return sizeof(Task) + sizeof(Agenda::Entry);
  }

 private:
  using TaskIndex = std::uint32_t;

  enum class Phase : std::uint8_t { Free, Paused, Queued, Hung, Served };

  struct Task {
    Instant intended{};
    Instant call_began{};
    Instant attempt_began{};
    Instant ready{};       // the service has its first byte
    Instant first_byte{};  // the caller has
    std::uint64_t number = 0;
    chaos::Stream chance{0};
    std::uint64_t call = 0;      // its number; 0 if none is open
    Impairment met;              // of the running attempt
    std::int64_t tokens_in = 0;  // of the call so far
    std::int64_t tokens_out = 0;
    std::int64_t drawn_in = 0;  // of the running attempt, if no fault came between
    std::int64_t drawn_out = 0;
    std::int64_t will_in = 0;  // with the faults that it meets
    std::int64_t will_out = 0;
    Duration retry_after{};  // that its answer will name; 0 for none
    Membership member;
    std::uint16_t epoch = 0;
    std::uint16_t step = 0;  // even: a model call; odd: a tool call
    std::uint16_t rounds = 0;
    std::uint16_t calls = 0;  // made so far
    std::uint16_t model_calls = 0;
    std::uint16_t attempts = 0;  // of the call
    std::uint8_t asks = 0;       // of the call
    std::uint8_t retries = 0;    // of the call by the agent itself
    std::uint8_t replans = 0;    // of the step
    Callee callee;
    Phase phase = Phase::Free;
    AttemptEnd drawn_end = AttemptEnd::Ok;
    AttemptEnd will_end = AttemptEnd::Ok;
  };

  // fleet.cpp: the clock, arrivals, tasks
  void handle(const Agenda::Entry& entry);
  void fetch(const Due& due) const;
  void handle_task(const Due& due);
  void on_tick();
  void on_arrival();
  void push_next_arrival();
  void begin_task(AgentIndex agent);
  void drop_task(AgentIndex agent);
  [[nodiscard]] Work work_of(const Task& task, telemetry::Outcome outcome,
                             std::string_view error) const;
  void tell_unfinished();
  void tell_end(const Task& task, telemetry::Outcome outcome, std::string_view error);
  void end_task(TaskIndex index, telemetry::Outcome outcome, std::string_view error);
  void withdraw();
  [[nodiscard]] std::int64_t held() const;
  [[nodiscard]] TaskIndex new_task();
  void schedule(TaskIndex index, Instant at, DueKind kind);
  void note(std::uint64_t entity, std::uint64_t outcome);

  // calls.cpp: steps and calls of a task
  void next_step(TaskIndex index);
  void begin_call(TaskIndex index);
  void ask(TaskIndex index);
  void refused(TaskIndex index, const Answer& answer);
  [[nodiscard]] bool fall_back(TaskIndex index);
  void call_failed(TaskIndex index);
  void tool_failed(TaskIndex index);
  void end_call(TaskIndex index, telemetry::Outcome outcome, std::string_view error);
  void stop_agent(TaskIndex index);
  void stop_task(TaskIndex index, telemetry::Outcome outcome, std::string_view why);
  [[nodiscard]] Forms::Question question(const Task& task) const;

  // attempts.cpp: one attempt at a service
  void attempt(TaskIndex index);
  void reach_service(TaskIndex index);
  void serve(TaskIndex index);
  void draw_answer(Task& task);
  void conclude(TaskIndex index);
  void answer_soon(TaskIndex index, AttemptEnd end, Duration retry_after);
  void on_answer(TaskIndex index);
  void on_give_up(TaskIndex index);
  void attempt_failed(TaskIndex index);
  void leave_service(TaskIndex index);
  void serve_waiters(Callee callee, chaos::Arm arm);
  void release(TaskIndex index);

  [[nodiscard]] Subject subject_of(const Task& task) const;
  [[nodiscard]] chaos::Origin origin_of(const Task& task) const;
  [[nodiscard]] std::int64_t context_tokens(const Task& task) const;
  [[nodiscard]] std::int64_t last_step(const Task& task) const { return 2 * task.rounds; }

  // What calls of one model or tool need to know.
  struct Endpoint {
    chaos::Sampler latency;  // of a model to its first byte
    std::int64_t tokens_per_s = 1;
    chaos::Chance fails;
    std::vector<std::size_t> targets;
    std::array<Service, chaos::kArmCount> services;  // by arm
  };
  [[nodiscard]] Endpoint make_model(std::size_t index) const;
  [[nodiscard]] Endpoint make_tool(std::size_t index) const;
  [[nodiscard]] std::array<Service, chaos::kArmCount> make_services(
      const chaos::ServiceModel& model) const;
  [[nodiscard]] Endpoint& endpoint(Callee callee) {
    return callee.is_model ? models_[callee.index] : tools_[callee.index];
  }
  [[nodiscard]] Service& service(Callee callee, chaos::Arm arm) {
    return endpoint(callee).services[static_cast<std::size_t>(arm)];
  }

  const chaos::Scenario& scenario_;
  const chaos::Profile& profile_;
  FleetOptions options_;
  Witness& witness_;
  Agenda agenda_;
  Roster roster_;
  Governor governor_;
  Injections injections_;
  Forms forms_;
  Courier courier_;
  std::vector<Endpoint> models_;
  std::vector<Endpoint> tools_;
  std::vector<Task> tasks_;
  std::vector<TaskIndex> free_tasks_;
  chaos::Stream arrivals_;
  chaos::Sampler gaps_;  // between arrivals of a Poisson process
  Instant now_{};
  Instant next_arrival_{};
  std::uint64_t hash_ = 0;
  std::int64_t events_ = 0;
  std::int64_t arrived_ = 0;
  std::int64_t tasks_begun_ = 0;
  std::int64_t dropped_ = 0;
  bool withdrawn_ = false;
  bool finished_ = false;
};

}  // namespace fusebox::sim
