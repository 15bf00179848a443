#include "chaos/detail/report_parts.hpp"

#include <algorithm>

#include "chaos/detail/figures.hpp"

namespace fusebox::chaos {
namespace {

constexpr const char* kNothing = "–";

std::string share(std::int64_t part, std::int64_t whole) {
  if (whole == 0) return kNothing;
  return percent(static_cast<double>(part) / static_cast<double>(whole));
}

std::string quotient(std::int64_t sum, std::int64_t count, std::string (*text)(double)) {
  if (count == 0) return kNothing;
  return text(static_cast<double>(sum) / static_cast<double>(count));
}

struct ArmFact {
  const char* title;
  std::string (*text)(const ArmSummary&);
};

constexpr std::array<ArmFact, 9> kArmFacts{{
    {"units", [](const ArmSummary& arm) { return grouped(arm.units); }},
    {"tasks", [](const ArmSummary& arm) { return grouped(arm.tasks); }},
    {"succeeded", [](const ArmSummary& arm) { return share(arm.tasks_ok, arm.tasks); }},
    {"calls", [](const ArmSummary& arm) { return grouped(arm.calls); }},
    {"upstream", [](const ArmSummary& arm) { return grouped(arm.upstream); }},
    {"upstream a call",
     [](const ArmSummary& arm) { return quotient(arm.upstream, arm.calls, &rounded); }},
    {"refused", [](const ArmSummary& arm) { return grouped(arm.refused); }},
    {"cost", [](const ArmSummary& arm) { return dollars(to_usd(arm.cost)); }},
    {"cost a task",
     [](const ArmSummary& arm) {
       return quotient(arm.cost.value, arm.tasks,
                       [](double micros) { return dollars(micros / 1e6); });
     }},
}};

}  // namespace

std::string verdict_words(Verdict verdict) {
  std::string words(name_of(verdict));
  for (char& c : words) c = c == '_' ? ' ' : static_cast<char>(c - 'a' + 'A');
  return words;
}

Tone tone_of(Verdict verdict) {
  switch (verdict) {
    case Verdict::Pass:
      return Tone::Good;
    case Verdict::Inconclusive:
    case Verdict::NotTriggered:
    case Verdict::Unsteady:
    case Verdict::Refused:
      return Tone::Open;
    case Verdict::Fail:
    case Verdict::Aborted:
    case Verdict::HarnessError:
    case Verdict::RollbackUnverified:
      return Tone::Bad;
  }
  return Tone::Bad;
}

Tone tone_of(FindingState state) {
  switch (state) {
    case FindingState::Pass:
      return Tone::Good;
    case FindingState::Inconclusive:
      return Tone::Open;
    case FindingState::Fail:
      return Tone::Bad;
  }
  return Tone::Bad;
}

std::string_view word_of(FindingState state) {
  switch (state) {
    case FindingState::Pass:
      return "pass";
    case FindingState::Inconclusive:
      return "open";
    case FindingState::Fail:
      return "FAIL";
  }
  return "";
}

std::string_view title_of(FindingKind kind) {
  switch (kind) {
    case FindingKind::SteadyState:
      return "steady state";
    case FindingKind::Comparison:
      return "against control";
    case FindingKind::Guardrail:
      return "guardrail";
    case FindingKind::Expectation:
      return "expected";
    case FindingKind::Trigger:
      return "fault";
    case FindingKind::Rollback:
      return "rollback";
  }
  return "";
}

std::vector<const Finding*> findings_of(const RunResult& result, FindingKind kind) {
  std::vector<const Finding*> out;
  for (const Finding& finding : result.findings) {
    if (finding.kind == kind) out.push_back(&finding);
  }
  return out;
}

ArmTable arm_table(const RunResult& result) {
  ArmTable out{.arms = {Arm::Control, Arm::Experiment}, .rows = {}};
  if (result.arms[static_cast<std::size_t>(Arm::Outside)].tasks > 0) {
    out.arms.push_back(Arm::Outside);
  }
  for (const ArmFact& fact : kArmFacts) {
    ArmTable::Row row{.title = fact.title, .cells = {}};
    for (const Arm arm : out.arms) {
      row.cells.push_back(fact.text(result.arms[static_cast<std::size_t>(arm)]));
    }
    out.rows.push_back(std::move(row));
  }
  return out;
}

std::string score_text(const RunResult& result) {
  if (!result.score) return {};
  return "Resilience at least " + fixed(result.score->lower, 1) + " of 100 (measured " +
         fixed(result.score->value, 1) + ")";
}

std::vector<const Moment*> told_moments(const RunResult& result) {
  std::vector<const Moment*> out;
  for (const Moment& moment : result.timeline) {
    if (moment.kind != MomentKind::Status) out.push_back(&moment);
  }
  return out;
}

std::string_view title_of(MomentKind kind) {
  switch (kind) {
    case MomentKind::Stage:
      return "stage";
    case MomentKind::Breaker:
      return "breaker";
    case MomentKind::Alert:
      return "alert";
    case MomentKind::Kill:
      return "stop order";
    case MomentKind::Status:
      return "SLO";
    case MomentKind::Guardrail:
      return "guardrail";
    case MomentKind::Abort:
      return "abort";
  }
  return "";
}

std::string subject_of(const Moment& moment) {
  const bool has_key = !moment.key.empty() && moment.key != "{}";
  return has_key ? moment.subject + " " + moment.key : moment.subject;
}

}  // namespace fusebox::chaos
