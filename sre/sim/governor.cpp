#include "sre/sim/governor.hpp"

#include <charconv>
#include <utility>
#include <variant>
#include <vector>

#include "sre/sim/names.hpp"

namespace fusebox::sim {
namespace {

KeySpec with_arm(const KeySpec& spec) {
  std::vector<Dimension> dimensions = spec.dimensions();
  dimensions.push_back(Dimension::Arm);
  return KeySpec(std::move(dimensions));
}

// Permits of checks that bring no id of their own are named d-1, d-2, …: a number is all that has
// to be kept of one, and the engine need not ask whether the id was used before.
std::uint64_t permit_number(std::string_view permit) {
  std::uint64_t number = 0;
  if (permit.empty()) return number;
  permit.remove_prefix(kPermitPrefix.size());
  std::from_chars(permit.data(), permit.data() + permit.size(), number);
  return number;
}

Answer answer_of(const telemetry::DecisionRecord& decision) {
  return {.effect = decision.effect,
          .reason = decision.reason,
          .retry_after = std::chrono::milliseconds{decision.retry_after_ms.value_or(0)},
          .permit = permit_number(decision.permit)};
}

}  // namespace

engine::EngineSpec with_arms(engine::EngineSpec spec) {
  for (breakers::BreakerSpec& breaker : spec.breakers) breaker.key = with_arm(breaker.key);
  for (breakers::LimitSpec& limit : spec.limits) limit.scope = with_arm(limit.scope);
  return spec;
}

Governor::Governor(std::optional<engine::EngineSpec> spec, Witness& witness, JournalSink journal,
                   Watch watch)
    : witness_(witness), journal_(std::move(journal)), watch_(std::move(watch)) {
  if (spec) engine_.emplace(with_arms(std::move(*spec)));
}

engine::Reply Governor::apply(const telemetry::Input& input) {
  effects_.clear();
  engine::Reply reply = engine_->apply(input, effects_);
  if (watch_) watch_(*engine_, input, reply, effects_);
  pass_on();
  return reply;
}

// Everything but decisions, which would be most of a journal and say least about a run.
void Governor::pass_on() {
  for (const telemetry::Record& record : effects_.records) {
    if (const auto* decision = std::get_if<telemetry::DecisionRecord>(&record.body)) {
      answer_ = answer_of(*decision);
      continue;
    }
    witness_.record(record);
    if (!journal_) continue;
    line_.clear();
    telemetry::append_json(line_, record);
    line_ += '\n';
    journal_(line_);
  }
}

Answer Governor::check(const telemetry::CheckInput& check, Instant now) {
  ++asked_;
  if (!engine_) {
    answer_.permit = static_cast<std::uint64_t>(asked_);
    return answer_;
  }
  apply({now, check});
  return answer_;
}

bool Governor::report(const telemetry::Report& report, Instant now) {
  if (!engine_) return true;
  const engine::Reply reply = apply({now, report});
  const auto* result = std::get_if<engine::ReportReply>(&reply);
  return result != nullptr &&
         (*result == engine::ReportReply::Committed || *result == engine::ReportReply::Late);
}

bool Governor::event(const telemetry::Event& event, Instant now) {
  if (!engine_) return true;
  const engine::Reply reply = apply({now, event});
  const auto* result = std::get_if<engine::EventReply>(&reply);
  return result != nullptr && *result == engine::EventReply::Accepted;
}

void Governor::tick(Instant now) {
  if (engine_) apply({now, telemetry::Tick{}});
}

void Governor::kill(std::string_view scope, std::string_view reason, Instant now) {
  if (engine_) apply({now, telemetry::KillInput{scope, reason, "chaos"}});
}

}  // namespace fusebox::sim
