// What the engine counted as a whole, and which scopes are stopped.
#include <algorithm>
#include <array>
#include <initializer_list>

#include "exporters/prometheus/detail/key_labels.hpp"
#include "exporters/prometheus/detail/tables.hpp"
#include "policy/decision.hpp"

namespace fusebox::prometheus::detail {
namespace {

using engine::Counters;
using policy::Effect;
using policy::Gate;
using policy::Reason;

template <class Enum>
std::size_t index(Enum value) {
  return static_cast<std::size_t>(value);
}

std::string labels(std::initializer_list<std::pair<std::string_view, std::string_view>> pairs) {
  std::string out;
  for (const auto& [name, value] : pairs) append_label(out, 0, name, value);
  return out;
}

void write_events(Page& page, const Counters& counters) {
  page.family({MetricType::Counter, "fusebox_events_total",
               "Telemetry events and reports that were counted; without an outcome it is empty."});
  for (std::size_t kind = 0; kind < counters.events_by_kind.size(); ++kind) {
    const engine::OutcomeCounts& counts = counters.events_by_kind[kind];
    const std::string_view name = telemetry::kEventKindNames[kind];
    for (std::size_t outcome = 0; outcome < counts.by_outcome.size(); ++outcome) {
      page.integer({labels({{"kind", name}, {"outcome", telemetry::kOutcomeNames[outcome]}}), {}},
                   counts.by_outcome[outcome]);
    }
    page.integer({labels({{"kind", name}, {"outcome", ""}}), {}}, counts.without);
  }
}

struct Answer {
  Effect effect;
  Gate gate;
  Reason reason;
  friend bool operator==(const Answer&, const Answer&) = default;
};

// What gates usually say, shown from the start at 0 so that the first refusal is an increase.
constexpr std::array kUsualAnswers{
    Answer{Effect::RequireApproval, Gate::Governance, Reason::ApprovalRequired},
    Answer{Effect::Deny, Gate::Kill, Reason::Killed},
    Answer{Effect::Deny, Gate::Governance, Reason::PolicyDenied},
    Answer{Effect::Deny, Gate::Governance, Reason::BudgetExceeded},
    Answer{Effect::Deny, Gate::Governance, Reason::RateLimited},
    Answer{Effect::Deny, Gate::Governance, Reason::ConcurrencyLimited},
    Answer{Effect::Deny, Gate::Governance, Reason::DepthExceeded},
    Answer{Effect::Deny, Gate::Reliability, Reason::BreakerOpen},
    Answer{Effect::Deny, Gate::Reliability, Reason::BreakerProbing},
    Answer{Effect::Deny, Gate::Reliability, Reason::Restricted},
};

std::int64_t count_of(const Counters& counters, const Answer& answer) {
  return counters.decisions[index(answer.effect)][index(answer.gate)][index(answer.reason)];
}

// A plain allow, whose gate says nothing.
std::int64_t plain_allows(const Counters& counters) {
  std::int64_t out = 0;
  for (const auto& gate : counters.decisions[index(Effect::Allow)]) {
    engine::add_capped(out, gate[index(Reason::None)]);
  }
  return out;
}

void write_decision(Page& page, const Counters& counters, const Answer& answer) {
  const std::int64_t count = count_of(counters, answer);
  const bool usual =
      std::find(kUsualAnswers.begin(), kUsualAnswers.end(), answer) != kUsualAnswers.end();
  if (count == 0 && !usual) return;
  page.integer({labels({{"effect", name_of(answer.effect)},
                        {"gate", name_of(answer.gate)},
                        {"reason", name_of(answer.reason)}}),
                {}},
               count);
}

void write_decisions(Page& page, const Counters& counters) {
  page.family({MetricType::Counter, "fusebox_decisions_total",
               "Answers to checks; gate and reason are empty where nothing spoke against it."});
  page.integer({R"(effect="allow",gate="",reason="")", {}}, plain_allows(counters));
  for (std::size_t effect = 0; effect <= index(last_of(Effect{})); ++effect) {
    for (std::size_t gate = 0; gate <= index(last_of(Gate{})); ++gate) {
      for (std::size_t reason = 0; reason <= index(last_of(Reason{})); ++reason) {
        const Answer answer{static_cast<Effect>(effect), static_cast<Gate>(gate),
                            static_cast<Reason>(reason)};
        const bool plain = answer.effect == Effect::Allow && answer.reason == Reason::None;
        if (!plain) write_decision(page, counters, answer);
      }
    }
  }
}

void write_reports(Page& page, const Counters& counters) {
  page.family({MetricType::Counter, "fusebox_reports_total", "Reports of permitted actions."});
  page.integer({R"(result="committed")", {}}, counters.committed);
  page.integer({R"(result="repeated")", {}}, counters.repeated);
  page.integer({R"(result="late")", {}}, counters.late_reports);
  page.integer({R"(result="unknown")", {}}, counters.unknown_reports);
}

}  // namespace

void write_counters(Page& page, const engine::Status& status) {
  const Counters& counters = status.counters;
  write_events(page, counters);
  page.single({MetricType::Counter, "fusebox_telemetry_late_total",
               "Events that came too late for windows and were only counted."},
              counters.late);
  page.single({MetricType::Counter, "fusebox_telemetry_future_total",
               "Events dated more than 5 s ahead of their arrival."},
              counters.future);
  page.single({MetricType::Counter, "fusebox_telemetry_duplicate_total",
               "Events whose id was known already."},
              counters.duplicate);
  page.single({MetricType::Counter, "fusebox_telemetry_sampled_total",
               "Events that stand for more than one."},
              counters.sampled);
  write_decisions(page, counters);
  write_reports(page, counters);
  page.single({MetricType::Counter, "fusebox_condition_errors_total",
               "Conditions that had an error for a value, which never match."},
              status.condition_errors);
}

std::size_t write_kills(Page& page, std::span<const killswitch::Order> orders, const Caps& caps) {
  page.family({MetricType::Gauge, "fusebox_kill_active",
               "1 while a stop order stands on the scope, 0 after it was re-armed."});
  std::size_t shown = 0;
  for (const auto state : {killswitch::RegisterState::Tripped, killswitch::RegisterState::Armed}) {
    for (const killswitch::Order& order : orders) {
      if (order.reg.state != state || shown == caps.keys_max) continue;
      ++shown;
      const std::int64_t active{state == killswitch::RegisterState::Tripped};
      page.integer({label("scope", killswitch::format(order.scope)), {}}, active);
    }
  }
  return orders.size() - shown;
}

}  // namespace fusebox::prometheus::detail
