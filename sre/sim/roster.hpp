// Who there is: agents, their tenants, the sessions that they are in, and the units of the
// experiment with the number of calls that each has made on each target.
//
// An agent has one session at a time, of as many tasks as the profile says; tasks of an earlier
// one may still be under way. What belongs to one agent takes at most 128 bytes.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "base/time.hpp"
#include "chaos/arm.hpp"
#include "chaos/population.hpp"
#include "chaos/scenario.hpp"
#include "sre/sim/names.hpp"

namespace fusebox::sim {

using SessionIndex = std::uint32_t;

// A task's place in the roster, with what is asked of it again and again: looking that up would be
// a miss of the cache each time.
struct Membership {
  AgentIndex agent = 0;
  SessionIndex session = 0;
  std::uint32_t session_number = 0;  // of the agent's, from 0
  chaos::Arm arm = chaos::Arm::Outside;
  std::uint64_t unit = 0;  // chaos::PopulationSplit::unit_hash
};

class Roster {
 public:
  // The scenario must outlive it. `turns` is the number of tasks in a session.
  Roster(const chaos::Scenario& scenario, std::int64_t turns);

  [[nodiscard]] std::uint32_t agents() const { return static_cast<std::uint32_t>(agents_.size()); }

  // A task of this agent begins: in its session, or in its next one if that has had its turns. The
  // arm is the unit's at this time, and the task's for as long as it lasts.
  [[nodiscard]] Membership begin_task(AgentIndex agent, Duration since_start);
  void end_task(const Membership& member);
  // The agent's session is over; its next task begins another.
  void end_session(AgentIndex agent);
  // Tasks of the agent that are under way.
  [[nodiscard]] std::uint32_t open_tasks(AgentIndex agent) const { return agents_[agent].open; }

  // The number of the unit's next call on the target, from 0; counts it.
  [[nodiscard]] std::int64_t count_call(const Membership& member, std::size_t target);

  void name_unit(const Membership& member, Name& out) const;

  [[nodiscard]] std::size_t bytes() const;

 private:
  static constexpr SessionIndex kNone = ~SessionIndex{0};

  struct Agent {
    SessionIndex session = kNone;
    std::uint32_t sessions = 0;  // begun so far
    std::uint32_t open = 0;      // tasks under way
  };
  struct Session {
    AgentIndex agent = 0;
    std::uint32_t number = 0;  // of the agent's, from 0
    std::uint32_t open = 0;    // tasks under way
    std::uint32_t turns = 0;   // tasks that it may still begin
  };

  [[nodiscard]] SessionIndex begin_session(AgentIndex agent);
  void free_if_done(SessionIndex session);
  [[nodiscard]] std::size_t unit_slot(AgentIndex agent, SessionIndex session) const;
  void reset_unit(std::size_t slot, const Name& name);
  void make_units(std::size_t units);

  const chaos::Scenario& scenario_;
  chaos::PopulationSplit split_;
  std::uint32_t turns_;
  std::vector<Agent> agents_;
  std::vector<Session> sessions_;
  std::vector<SessionIndex> free_sessions_;
  std::vector<std::uint64_t> units_;  // hashes, by slot
  std::vector<std::uint32_t> calls_;  // by slot and target
};

}  // namespace fusebox::sim
