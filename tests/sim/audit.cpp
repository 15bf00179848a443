#include "tests/sim/audit.hpp"

#include <algorithm>
#include <variant>

#include "slo/classify.hpp"

namespace fusebox::sim {
namespace {

using telemetry::Check;
using telemetry::DecisionRecord;

std::string text_of(const slo::Counts& counts) {
  return std::to_string(counts.good) + " good and " + std::to_string(counts.bad) + " bad";
}

}  // namespace

bool proceeds(const DecisionRecord& decision) {
  return decision.effect == policy::Effect::Allow || decision.effect == policy::Effect::Degrade;
}

std::string json_of(const KeySpec& spec, std::string_view key) {
  std::string out;
  JsonWriter json(out);
  spec.write_json(json, key);
  return out;
}

void Findings::add(Instant at, std::string_view what) {
  constexpr std::int64_t kMost = 20;  // the first ones tell the cause
  if (++count_ > kMost) return;
  text_ += format_rfc3339(at) + " " + std::string(what) + "\n";
}

Check Granted::check() const {
  Check out;
  out.action = action;
  for (std::size_t i = 0; i < values.size(); ++i) {
    out.dimensions[static_cast<Dimension>(i)] = values[i];
  }
  return out;
}

// ---- permits

void PermitBook::decided(const Check& check, const DecisionRecord& decision, Instant now) {
  if (proceeds(decision) == decision.permit.empty()) {
    findings_.add(now, "decision " + decision.id + " has a permit and is refused, or neither");
  }
  if (!proceeds(decision)) return;
  ++given_;
  const auto [at, fresh] = open_.try_emplace(decision.permit);
  if (!fresh) findings_.add(now, "permit " + decision.permit + " is given out twice");
  Granted& granted = at->second;
  granted.action = check.action;
  for (std::size_t i = 0; i < granted.values.size(); ++i) {
    granted.values[i] = check.dimensions[static_cast<Dimension>(i)];
  }
  granted.demand = breakers::demand_of(check);
  granted.lease_ends = now + std::chrono::milliseconds{decision.ttl_ms.value_or(0)};
}

const Granted* PermitBook::find(std::string_view permit) const {
  const auto found = open_.find(std::string(permit));
  return found == open_.end() ? nullptr : &found->second;
}

void PermitBook::reported(std::string_view permit, engine::ReportReply reply, Instant now) {
  using engine::ReportReply;
  const auto found = open_.find(std::string(permit));
  ReportReply expected = ReportReply::Repeated;
  if (found != open_.end()) {
    const bool lasts = found->second.lasts_at(now);
    expected = lasts ? ReportReply::Committed : ReportReply::Late;
    ++(lasts ? committed_ : late_);
    open_.erase(found);
  }
  if (reply == expected) return;
  findings_.add(now, "the report of " + std::string(permit) + " is " + std::string(name_of(reply)) +
                         ", not " + std::string(name_of(expected)));
}

void PermitBook::look(const engine::Status& status) {
  const auto lasting = std::count_if(open_.begin(), open_.end(), [&](const auto& each) {
    return each.second.lasts_at(status.at);
  });
  const engine::Counters& counters = status.counters;
  const std::pair<const char*, std::pair<std::int64_t, std::int64_t>> rows[] = {
      {"open permits", {status.open_permits, lasting}},
      {"actions that proceeded", {counters.proceeded, given_}},
      {"reports that were committed", {counters.committed, committed_}},
      {"late reports", {counters.late_reports, late_}},
      {"unknown reports", {counters.unknown_reports, 0}}};
  for (const auto& [what, counts] : rows) {
    if (counts.first == counts.second) continue;
    findings_.add(status.at, std::string(what) + ": " + std::to_string(counts.first) + ", not " +
                                 std::to_string(counts.second));
  }
}

// ---- SLOs

void SloBook::told(const telemetry::Event& event, engine::EventReply reply, Instant now) {
  using engine::EventReply;
  if (!began_) began_ = now;
  const std::string id = std::string(event.dimensions[Dimension::Tenant]) + '\n' +
                         std::string(event.dimensions[Dimension::Agent]) + '\n' +
                         std::string(event.id);
  const bool late = now - std::min(event.at.value_or(now), now) > spec_.lateness;
  const EventReply expected = !ids_.insert(id).second ? EventReply::Duplicate
                              : late                  ? EventReply::Late
                                                      : EventReply::Accepted;
  if (reply != expected) {
    findings_.add(now, "event " + std::string(event.id) + " got the wrong answer");
  }
  if (expected == EventReply::Accepted) count(event);
}

void SloBook::reported(const Granted& granted, const telemetry::Report& report) {
  telemetry::Event event;
  event.kind = telemetry::kind_of(granted.action);
  event.dimensions = granted.check().dimensions;
  event.dimensions[Dimension::Kind] = telemetry::name_of(event.kind);
  event.outcome = report.outcome;
  event.error = report.error;
  event.measured = report.measured;
  count(event);
}

void SloBook::count(const telemetry::Event& event) {
  for (std::size_t i = 0; i < spec_.slos.size(); ++i) {
    std::int64_t errors = 0;
    const auto seen = slo::classify(spec_.slos[i], event, errors);
    if (!seen) continue;
    const std::string_view key = spec_.slos[i].group_by.encode(event.dimensions, buffer_);
    auto at = counts_[i].find(key);
    if (at == counts_[i].end()) at = counts_[i].emplace(key, slo::Counts{}).first;
    ++(seen->good ? at->second.good : at->second.bad);
    ++counted_;
  }
}

void SloBook::look(const engine::Status& status) {
  for (std::size_t i = 0; i < status.slos.size(); ++i) look(status.slos[i], counts_[i], status.at);
}

void SloBook::look(const slo::SloSnapshot& slo, Counts expected, Instant now) {
  const bool whole = !began_ || now - *began_ < slo.window;  // the window has forgotten nothing
  for (const slo::SloKey& key : slo.keys) {
    const slo::Counts recount = std::exchange(expected[key.key], {});
    const std::string name = slo.name + " of " + json_of(slo.group_by, key.key);
    if (key.ever != recount) {
      findings_.add(now, name + " counted " + text_of(key.ever) + ", not " + text_of(recount));
    }
    for (const slo::ObjectiveFigures& figures : key.objectives) {
      if (!whole || figures.counts == recount) continue;
      findings_.add(now, name + " has " + text_of(figures.counts) + " in its window, not " +
                             text_of(recount));
    }
  }
  for (const auto& [key, counts] : expected) {
    if (counts.total() == 0) continue;
    findings_.add(now, slo.name + " has no key " + json_of(slo.group_by, key));
  }
}

// ---- all of them

Auditor::Auditor(engine::EngineSpec spec, Duration look_every)
    : spec_(with_arms(std::move(spec))), look_every_(look_every) {}

void Auditor::hear(const telemetry::Input& input, const engine::Reply& reply,
                   const std::vector<telemetry::Record>& records) {
  for (const telemetry::Record& record : records) hear(input, record);
  if (const auto* event = std::get_if<telemetry::Event>(&input.body)) {
    slos_.told(*event, std::get<engine::EventReply>(reply), input.at);
  }
  if (const auto* report = std::get_if<telemetry::Report>(&input.body)) {
    if (const Granted* granted = permits_.find(report->permit)) {
      slos_.reported(*granted, *report);
      budgets_.reported(*granted, *report, input.at);
    }
    breakers_.reported(*report, input.at);
    permits_.reported(report->permit, std::get<engine::ReportReply>(reply), input.at);
  }
}

void Auditor::hear(const telemetry::Input& input, const telemetry::Record& record) {
  if (const auto* move = std::get_if<telemetry::BreakerRecord>(&record.body)) {
    breakers_.moved(*move, record.at);
    next_look_ = record.at;
  } else if (const auto* kill = std::get_if<telemetry::KillRecord>(&record.body)) {
    stops_.changed(*kill, record.at);
    next_look_ = record.at;
  } else if (const auto* limit = std::get_if<telemetry::LimitRecord>(&record.body)) {
    const auto* report = std::get_if<telemetry::Report>(&input.body);
    const Granted* granted = report == nullptr ? nullptr : permits_.find(report->permit);
    budgets_.crossed(*limit, report, granted, record.at);
  } else if (const auto* decision = std::get_if<DecisionRecord>(&record.body)) {
    const Check& check = std::get<telemetry::CheckInput>(input.body).check;
    stops_.decided(check, *decision, record.at);
    budgets_.decided(check, *decision, record.at);
    breakers_.decided(check, *decision, record.at);
    permits_.decided(check, *decision, record.at);
  }
}

void Auditor::look(const engine::Status& status) {
  permits_.look(status);
  budgets_.look(status);
  stops_.look(status);
  breakers_.look(status);
  slos_.look(status);
}

Watch Auditor::watch() {
  return [this](engine::Engine& engine, const telemetry::Input& input, const engine::Reply& reply,
                const engine::Effects& effects) {
    hear(input, reply, effects.records);
    if (!std::holds_alternative<telemetry::Tick>(input.body) || input.at < next_look_) return;
    look(engine.status());
    next_look_ = input.at - input.at.time_since_epoch() % look_every_ + look_every_;
  };
}

}  // namespace fusebox::sim
