// Breakers and limits: state, transitions, and what of each budget is used.
#include <algorithm>
#include <array>
#include <map>

#include "exporters/prometheus/detail/key_labels.hpp"
#include "exporters/prometheus/detail/tables.hpp"

namespace fusebox::prometheus::detail {
namespace {

using breakers::BreakerSnapshot;
using breakers::BreakerState;
using breakers::BudgetUse;
using breakers::Detector;
using breakers::LimitKey;
using breakers::LimitSnapshot;
using breakers::Resource;

constexpr Family kState{MetricType::Gauge, "fusebox_breaker_state",
                        "1 for the state that the breaker is in, 0 for the others."};
constexpr Family kTransitions{MetricType::Counter, "fusebox_breaker_transitions_total",
                              "Times that keys of a breaker moved from one state to another."};

struct Move {
  BreakerState from;
  BreakerState to;
  Detector detector;
};

// The moves that breakers make by themselves. They are shown from the start, at 0, so that the
// first of them is an increase.
constexpr std::array kMoves{
    Move{BreakerState::Closed, BreakerState::Open, Detector::ConsecutiveFailures},
    Move{BreakerState::Closed, BreakerState::Open, Detector::FailureRate},
    Move{BreakerState::Closed, BreakerState::Open, Detector::SlowRate},
    Move{BreakerState::Open, BreakerState::HalfOpen, Detector::None},
    Move{BreakerState::HalfOpen, BreakerState::Closed, Detector::ProbeSucceeded},
    Move{BreakerState::HalfOpen, BreakerState::Open, Detector::ProbeFailed},
    Move{BreakerState::HalfOpen, BreakerState::Open, Detector::ProbePatience},
};

constexpr std::array kStates{BreakerState::Closed, BreakerState::HalfOpen, BreakerState::Open};

// The first keys of a breaker.
KeyLabels labels_of_keys(const BreakerSnapshot& breaker, std::size_t shown) {
  KeyLabels labels;
  for (std::size_t i = 0; i < shown; ++i) {
    labels.add_row();
    labels.add("breaker", breaker.name);
    labels.add_key(breaker.key, breaker.keys[i].key);
  }
  return labels;
}

void write_states(Page& page, const BreakerSnapshot& breaker, std::size_t shown) {
  std::vector<std::string> states;
  states.reserve(kStates.size());
  for (const BreakerState state : kStates) states.push_back(label("state", name_of(state)));
  const KeyLabels labels = labels_of_keys(breaker, shown);
  for (std::size_t i = 0; i < shown; ++i) {
    for (std::size_t state = 0; state < kStates.size(); ++state) {
      const bool is = breaker.keys[i].state == kStates[state];
      page.integer({labels[i], states[state]}, std::int64_t{is});
    }
  }
}

void write_transitions(Page& page, const engine::Status& status) {
  auto moves = status.counters.breaker_moves;
  for (const BreakerSnapshot& breaker : status.breakers) {
    for (const Move& move : kMoves) {
      moves.try_emplace({breaker.name, std::string(name_of(move.from)),
                         std::string(name_of(move.to)), std::string(name_of(move.detector))});
    }
  }
  page.family(kTransitions);
  for (const auto& [move, count] : moves) {
    KeyLabels labels;
    labels.add_row();
    labels.add("breaker", move[0]);
    labels.add("from", move[1]);
    labels.add("to", move[2]);
    labels.add("detector", move[3]);
    page.integer({labels[0], {}}, count);
  }
}

// One budget, concurrency cap or rate of one key, in base units.
struct Use {
  std::string_view dimension;
  double used;
  double reserved;
  double max;
  bool reserves;  // rates and slots are taken, never reserved
};

double in_base_unit(Resource resource, std::int64_t amount) {
  const auto plain = static_cast<double>(amount);
  switch (resource) {
    case Resource::CostUsd:
      return plain / 1e6;
    case Resource::WallClock:
      return plain / 1e9;
    case Resource::Tokens:
    case Resource::TokensIn:
    case Resource::TokensOut:
    case Resource::ToolCalls:
    case Resource::ModelCalls:
    case Resource::FilesChanged:
    case Resource::Depth:
      return plain;
  }
  return plain;
}

Use use_of(const BudgetUse& budget) {
  return {.dimension = name_of(budget.resource),
          .used = in_base_unit(budget.resource, budget.used),
          .reserved = in_base_unit(budget.resource, budget.reserved),
          .max = in_base_unit(budget.resource, budget.max),
          .reserves = true};
}

Use use_of(const breakers::SlotUse& slots) {
  return {.dimension = "concurrency",
          .used = static_cast<double>(slots.in_flight),
          .reserved = 0,
          .max = static_cast<double>(slots.max),
          .reserves = false};
}

Use use_of(const breakers::RateUse& rate) {
  return {.dimension = "rate",
          .used = static_cast<double>(rate.burst - rate.available),
          .reserved = 0,
          .max = static_cast<double>(rate.burst),
          .reserves = false};
}

// The uses that are shown, with their labels by row.
struct LimitTable {
  std::vector<Use> uses;
  KeyLabels labels;

  void add(const LimitSnapshot& limit, const LimitKey& key, const Use& use) {
    uses.push_back(use);
    labels.add_row();
    labels.add("limit", limit.name);
    labels.add_key(limit.scope, key.key);
    labels.add("dimension", use.dimension);
  }
};

void add_uses(LimitTable& table, const LimitSnapshot& limit, const LimitKey& key) {
  for (const BudgetUse& budget : key.budget) table.add(limit, key, use_of(budget));
  if (key.slots) table.add(limit, key, use_of(*key.slots));
  if (key.rate) table.add(limit, key, use_of(*key.rate));
}

template <class Value>
void write_uses(Page& page, const LimitTable& table, const Family& family, Value value) {
  page.family(family);
  for (std::size_t i = 0; i < table.uses.size(); ++i) {
    page.number({table.labels[i], {}}, value(table.uses[i]));
  }
}

void write_reserved(Page& page, const LimitTable& table) {
  page.family({MetricType::Gauge, "fusebox_limit_reserved",
               "What open calls have reserved of a limit, in the unit of its dimension."});
  for (std::size_t i = 0; i < table.uses.size(); ++i) {
    if (table.uses[i].reserves) page.number({table.labels[i], {}}, table.uses[i].reserved);
  }
}

}  // namespace

std::size_t write_breakers(Page& page, const engine::Status& status, const Caps& caps) {
  std::size_t dropped = 0;
  page.family(kState);
  for (const BreakerSnapshot& breaker : status.breakers) {
    const std::size_t shown = std::min(breaker.keys.size(), caps.keys_max);
    write_states(page, breaker, shown);
    dropped += breaker.keys.size() - shown;
  }
  write_transitions(page, status);
  return dropped;
}

std::size_t write_limits(Page& page, std::span<const LimitSnapshot> limits, const Caps& caps) {
  std::size_t dropped = 0;
  LimitTable table;
  for (const LimitSnapshot& limit : limits) {
    const std::size_t shown = std::min(limit.keys.size(), caps.keys_max);
    for (std::size_t i = 0; i < shown; ++i) add_uses(table, limit, limit.keys[i]);
    dropped += limit.keys.size() - shown;
  }
  write_uses(page, table,
             {MetricType::Gauge, "fusebox_limit_used",
              "What is committed of a limit, in the unit of its dimension."},
             [](const Use& use) { return use.used; });
  write_reserved(page, table);
  write_uses(page, table,
             {MetricType::Gauge, "fusebox_limit_max",
              "The limit, with what it is raised by, in the unit of its dimension."},
             [](const Use& use) { return use.max; });
  write_uses(page, table,
             {MetricType::Gauge, "fusebox_limit_used_ratio",
              "Share of a limit that is committed; above 1 when overrun."},
             [](const Use& use) { return use.used / use.max; });
  return dropped;
}

}  // namespace fusebox::prometheus::detail
