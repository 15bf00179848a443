#include "sre/sim/roster.hpp"

#include <algorithm>
#include <limits>

#include "base/assert.hpp"

namespace fusebox::sim {
namespace {

template <class T>
std::size_t bytes_of(const std::vector<T>& items) {
  return items.capacity() * sizeof(T);
}

}  // namespace

Roster::Roster(const chaos::Scenario& scenario, std::int64_t turns)
    : scenario_(scenario),
      split_(scenario),
      turns_(static_cast<std::uint32_t>(
          std::clamp<std::int64_t>(turns, 1, std::numeric_limits<std::uint32_t>::max()))),
      agents_(static_cast<std::size_t>(scenario.workload.agents)) {
  const auto count = static_cast<std::uint32_t>(agents_.size());
  Name name;
  switch (scenario.population.unit) {
    case chaos::Unit::Session:
      sessions_.reserve(count);
      units_.reserve(count);
      calls_.reserve(count * scenario.targets.size());
      return;
    case chaos::Unit::Agent:
      make_units(count);
      for (AgentIndex agent = 0; agent < count; ++agent) {
        reset_unit(agent, name_agent(agent, name));
      }
      return;
    case chaos::Unit::Tenant:
      make_units(tenant_of(count - 1) + 1);
      for (std::uint32_t tenant = 0; tenant < units_.size(); ++tenant) {
        reset_unit(tenant, name_tenant(tenant, name));
      }
      return;
  }
}

void Roster::make_units(std::size_t units) {
  units_.resize(units);
  calls_.resize(units * scenario_.targets.size());
}

void Roster::reset_unit(std::size_t slot, const Name& name) {
  if (slot >= units_.size()) make_units(slot + 1);
  units_[slot] = split_.unit_hash(name.view());
  const std::size_t targets = scenario_.targets.size();
  std::fill_n(calls_.begin() + static_cast<std::ptrdiff_t>(slot * targets), targets, 0U);
}

Membership Roster::begin_task(AgentIndex agent, Duration since_start) {
  if (agents_[agent].session == kNone) agents_[agent].session = begin_session(agent);
  const SessionIndex index = agents_[agent].session;
  Session& session = sessions_[index];
  ++agents_[agent].open;
  ++session.open;
  if (--session.turns == 0) agents_[agent].session = kNone;
  const std::uint64_t unit = units_[unit_slot(agent, index)];
  return {.agent = agent,
          .session = index,
          .session_number = session.number,
          .arm = split_.arm(unit, since_start),
          .unit = unit};
}

SessionIndex Roster::begin_session(AgentIndex agent) {
  SessionIndex index = static_cast<SessionIndex>(sessions_.size());
  if (free_sessions_.empty()) {
    sessions_.emplace_back();
  } else {
    index = free_sessions_.back();
    free_sessions_.pop_back();
  }
  sessions_[index] = {.agent = agent, .number = agents_[agent].sessions++, .turns = turns_};
  if (scenario_.population.unit == chaos::Unit::Session) {
    Name name;
    reset_unit(index, name_session(agent, sessions_[index].number, name));
  }
  return index;
}

void Roster::end_task(const Membership& member) {
  FUSEBOX_ASSERT(agents_[member.agent].open > 0);
  --agents_[member.agent].open;
  --sessions_[member.session].open;
  free_if_done(member.session);
}

void Roster::end_session(AgentIndex agent) {
  const SessionIndex session = agents_[agent].session;
  if (session == kNone) return;
  agents_[agent].session = kNone;
  sessions_[session].turns = 0;
  free_if_done(session);
}

void Roster::free_if_done(SessionIndex session) {
  if (sessions_[session].open == 0 && sessions_[session].turns == 0) {
    free_sessions_.push_back(session);
  }
}

std::size_t Roster::unit_slot(AgentIndex agent, SessionIndex session) const {
  switch (scenario_.population.unit) {
    case chaos::Unit::Session:
      return session;
    case chaos::Unit::Agent:
      return agent;
    case chaos::Unit::Tenant:
      return tenant_of(agent);
  }
  return session;
}

std::int64_t Roster::count_call(const Membership& member, std::size_t target) {
  const std::size_t slot = unit_slot(member.agent, member.session);
  return calls_[slot * scenario_.targets.size() + target]++;
}

void Roster::name_unit(const Membership& member, Name& out) const {
  switch (scenario_.population.unit) {
    case chaos::Unit::Session:
      name_session(member.agent, member.session_number, out);
      return;
    case chaos::Unit::Agent:
      name_agent(member.agent, out);
      return;
    case chaos::Unit::Tenant:
      name_tenant(tenant_of(member.agent), out);
      return;
  }
}

std::size_t Roster::bytes() const {
  return bytes_of(agents_) + bytes_of(sessions_) + bytes_of(free_sessions_) + bytes_of(units_) +
         bytes_of(calls_);
}

}  // namespace fusebox::sim
