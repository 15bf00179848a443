// Everything that readers outside the engine's thread may want to know of it, copied out as one
// value: tables, metrics and the API are written from this and ask nothing else.
//
// It costs O(keys + open permits) on the engine's thread, some microseconds for each key of an SLO,
// so a host takes it when somebody asks and not after each input. Lists are whole: filters and
// pages belong to the API.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/archive.hpp"
#include "base/money.hpp"
#include "base/time.hpp"
#include "breakers/snapshot.hpp"
#include "killswitch/fence.hpp"
#include "killswitch/sha256.hpp"
#include "slo/snapshot.hpp"
#include "sre/engine/counters.hpp"
#include "telemetry/event.hpp"

namespace fusebox::engine {

// Upper bounds of the duration histogram in milliseconds, ascending; a last bucket is unbounded.
inline constexpr std::array<double, 15> kDurationBucketsMs{
    5, 10, 25, 50, 100, 250, 500, 1'000, 2'500, 5'000, 10'000, 30'000, 60'000, 120'000, 300'000};

// Sums of one series of events. They stop short of overflow.
struct ActivitySums {
  OutcomeCounts events;
  std::int64_t tokens_in = 0;
  std::int64_t tokens_out = 0;
  MicroUsd cost;
  // Events by duration, each in its own bucket (not cumulative); those without one are left out.
  std::array<std::int64_t, kDurationBucketsMs.size() + 1> durations{};
  std::int64_t duration_us = 0;  // of all of them together
  Instant heard{};               // last

  template <class Archive>
  void visit(Archive& archive) {
    archive(events, tokens_in, tokens_out, cost, durations, duration_us, heard);
  }
};

struct ActivitySeries {
  std::string tenant;  // "" without
  std::string agent;
  std::string kind;   // "llm"
  std::string model;  // "" without
  ActivitySums sums;
};

struct AgentStatus {
  std::string tenant;  // "" without
  std::string name;
  Instant heard{};      // last telemetry
  bool silent = false;  // for longer than is allowed: what its SLOs say is uncertain
  std::int64_t events = 0;
  std::int64_t tokens_in = 0;
  std::int64_t tokens_out = 0;
  MicroUsd cost;
  std::int64_t open_permits = 0;
};

// A request that waits for a person, or the answer that it got.
struct ApprovalStatus {
  std::string id;
  std::string_view state;  // "pending", "granted", "refused"
  Instant asked{};
  Instant expires{};
  std::string tenant;
  std::string agent;
  std::string session;
  std::string task;
  std::string_view action;
  std::string target;
  std::string rule;   // that asks for a person
  std::string actor;  // who answered; "" while pending
};

// A forced breaker or a raised limit.
struct OverrideStatus {
  std::string id;         // "tools:search"
  std::string_view what;  // "force", "raise"
  std::string state;      // of a force: "open", "closed"
  std::string dimension;  // of a raise: "tokens"
  std::int64_t max = 0;   // of a raise, in the unit of its dimension
  Instant until{};
  std::string actor;
  std::string reason;
};

// A rule on SLO state that is on, and what it covers.
struct RestrictionStatus {
  std::string rule;
  std::string scope;  // "agent:bot"
  policy::Enforcement mode = policy::Enforcement::Enforce;
};

struct Status {
  Instant at{};
  std::string policy_digest;           // "" without policies
  std::int64_t next_seq = 1;           // of the next record
  std::vector<slo::SloSnapshot> slos;  // in the order of the configuration
  std::vector<breakers::BreakerSnapshot> breakers;
  std::vector<breakers::LimitSnapshot> limits;
  std::vector<AgentStatus> agents;  // by tenant and name
  std::vector<ActivitySeries> activity;
  std::vector<ApprovalStatus> approvals;  // by id
  std::vector<OverrideStatus> overrides;  // in the order given
  std::vector<RestrictionStatus> restrictions;
  std::vector<killswitch::Order> kills;  // by number, armed ones too
  Counters counters;
  std::int64_t condition_errors = 0;  // of all conditions
  std::int64_t open_permits = 0;
  std::int64_t audit_entries = 0;
  killswitch::Digest audit_head{};
};

}  // namespace fusebox::engine
