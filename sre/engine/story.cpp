#include "sre/engine/story.hpp"

#include <algorithm>
#include <limits>
#include <utility>

#include "base/overload.hpp"
#include "killswitch/scope.hpp"
#include "telemetry/journal_writer.hpp"

namespace fusebox::engine {
namespace {

constexpr std::array<std::string_view, 3> kSubjectNames{"session", "task", "decision"};

std::string_view name_of(SubjectKind kind) { return kSubjectNames[static_cast<std::size_t>(kind)]; }

std::string line_of(const telemetry::Input& input) {
  std::string json;
  telemetry::append_journal_line(json, input, telemetry::Arguments::Masked);
  return json;
}

void write_check(JsonWriter& json, const ToldDecision& decision) {
  json.begin_object();
  for (std::size_t i = 0; i < kDimensionCount; ++i) {
    const auto dimension = static_cast<Dimension>(i);
    const std::string_view value = decision.dimensions[dimension];
    if (dimension != Dimension::Kind && !value.empty()) json.field(name_of(dimension), value);
  }
  json.field("action", decision.action);
  if (!decision.target.empty()) json.field("target", decision.target);
  json.end_object();
}

std::string line_of(const ToldDecision& decision) {
  std::string out;
  JsonWriter json(out);
  json.begin_object();
  json.field("at", decision.at);
  json.field("seq", decision.seq);
  json.key("check");
  write_check(json, decision);
  json.key("decision");
  json.raw(decision.json);
  json.end_object();
  return out;
}

// Two agents may use one id: it is theirs within the tenant.
std::string identity_of(const telemetry::Event& event) {
  std::string identity(event.dimensions[Dimension::Tenant]);
  for (const std::string_view part : {event.dimensions[Dimension::Agent], event.id}) {
    identity += '\0';
    identity += part;
  }
  return identity;
}

// `"tool":"search"`, as it stands in a rendered key.
std::string rendered(std::string_view name, std::string_view value) {
  std::string out = "\"" + std::string(name) + "\":\"";
  append_json_escaped(out, value);
  return out + "\"";
}

std::optional<Dimension> dimension_of(killswitch::ScopeKind kind) {
  using killswitch::ScopeKind;
  switch (kind) {
    case ScopeKind::Tenant:
      return Dimension::Tenant;
    case ScopeKind::Agent:
    case ScopeKind::TenantAgent:
      return Dimension::Agent;
    case ScopeKind::RootTask:
      return Dimension::RootTask;
    case ScopeKind::Session:
      return Dimension::Session;
    case ScopeKind::Task:
      return Dimension::Task;
    case ScopeKind::Provider:
      return Dimension::Provider;
    case ScopeKind::Model:
      return Dimension::Model;
    case ScopeKind::Tool:
      return Dimension::Tool;
    case ScopeKind::Global:
    case ScopeKind::Capability:
    case ScopeKind::Drill:
      return std::nullopt;
  }
  return std::nullopt;
}

// What agents say they used may be anything; a total stops where it would overflow.
void grow(std::int64_t& total, std::int64_t by) {
  total += std::min(by, std::numeric_limits<std::int64_t>::max() - total);
}

void write_reach(JsonWriter& json, std::string_view name, const std::optional<Instant>& since) {
  if (since) json.field(name, *since);
}

}  // namespace

Result<Subject> parse_subject(std::string_view text) {
  const std::size_t colon = text.find(':');
  const std::string_view kind = text.substr(0, colon);
  const auto* const found = std::find(kSubjectNames.begin(), kSubjectNames.end(), kind);
  if (colon == std::string_view::npos || found == kSubjectNames.end() || colon + 1 == text.size()) {
    return Unexpected{
        ErrorCode::InvalidValue,
        "expected session:ID, task:ID or decision:ID, not '" + std::string(text) + "'"};
  }
  return Subject{static_cast<SubjectKind>(found - kSubjectNames.begin()),
                 std::string(text.substr(colon + 1))};
}

std::string format(const Subject& subject) {
  return std::string(name_of(subject.kind)) + ":" + subject.id;
}

bool Story::is_named_by(const Dimensions& dimensions) const {
  switch (subject_.kind) {
    case SubjectKind::Session:
      return dimensions[Dimension::Session] == subject_.id;
    case SubjectKind::Task:
      return dimensions[Dimension::Task] == subject_.id;
    case SubjectKind::Decision:
      return false;
  }
  return false;
}

void Story::add_line(Line line) {
  from_ = std::min(from_, line.at);
  until_ = std::max(until_, line.at);
  lines_.push_back(std::move(line));
}

void Story::meet(const Dimensions& dimensions) {
  for (std::size_t i = 0; i < kDimensionCount; ++i) {
    const std::string_view value = dimensions[static_cast<Dimension>(i)];
    if (!met_[i].contains(value)) met_[i].emplace(value);
  }
}

// A call whose event and report both arrive counts once, as in the engine.
void Story::count(std::string identity, const telemetry::Measurements& measured) {
  if (!identity.empty() && !counted_.insert(std::move(identity)).second) return;
  ++totals_.events;
  grow(totals_.tokens_in, measured.tokens_in.value_or(0));
  grow(totals_.tokens_out, measured.tokens_out.value_or(0));
  grow(totals_.cost.value, measured.cost_usd.value_or(MicroUsd{}).value);
}

void Story::add(const ToldDecision& decision) {
  const bool asked_for = subject_.kind == SubjectKind::Decision && decision.id == subject_.id;
  if (!asked_for && !is_named_by(decision.dimensions)) return;
  meet(decision.dimensions);
  decisions_.emplace(decision.id);
  if (!decision.rule.empty()) deciders_.emplace(decision.rule);
  ++totals_.decisions;
  if (decision.effect == "allow") ++totals_.allowed;
  add_line({decision.at, decision.seq, line_of(decision)});
}

void Story::add_event(const telemetry::Input& input, const telemetry::Event& event) {
  const bool is_report = decisions_.contains(event.id);
  if (!is_report && !is_named_by(event.dimensions)) return;
  meet(event.dimensions);
  if (is_report) {
    count(std::string(event.id), event.measured);
  } else {
    count(event.id.empty() ? std::string() : identity_of(event), event.measured);
  }
  add_line({input.at, 0, line_of(input)});
}

void Story::add_report(const telemetry::Input& input, const telemetry::Report& report) {
  if (!decisions_.contains(report.permit)) return;
  count(std::string(report.permit), report.measured);
  add_line({input.at, 0, line_of(input)});
}

void Story::add(const telemetry::Input& input) {
  std::visit(
      Overload{[&](const telemetry::Event& event) { add_event(input, event); },
               [&](const telemetry::Report& report) { add_report(input, report); },
               [&](const telemetry::ApprovalInput& approval) {
                 if (!decisions_.contains(approval.id)) return;
                 add_line({input.at, 0, line_of(input)});
               },
               [&](const telemetry::TerminatorInput& outcome) {
                 outcomes_.push_back({{input.at, 0, line_of(input)}, std::string(outcome.order)});
               },
               // Told by what they cause, or no part of anybody's story.
               [](const telemetry::CheckInput&) {}, [](const telemetry::KillInput&) {},
               [](const telemetry::RearmInput&) {}, [](const telemetry::ForceInput&) {},
               [](const telemetry::RaiseInput&) {}, [](const telemetry::DenialInput&) {},
               [](const telemetry::Tick&) {}},
      input.body);
}

void Story::add(const telemetry::Record& record) {
  const bool may_matter =
      std::visit(Overload{[](const telemetry::BreakerRecord&) { return true; },
                          [](const telemetry::LimitRecord&) { return true; },
                          [](const telemetry::KillRecord&) { return true; },
                          [](const telemetry::PolicyRecord&) { return true; },
                          [](const telemetry::DecisionRecord&) { return false; },
                          [](const telemetry::AlertRecord&) { return false; },
                          [](const telemetry::SloStatusRecord&) { return false; },
                          [](const telemetry::NoticeRecord&) { return false; }},
                 record.body);
  if (!may_matter) return;
  if (changes_.size() == kChangesMax) changes_.pop_front();
  std::string json;
  telemetry::append_json(json, record);
  changes_.push_back({{record.at, record.seq, std::move(json)}, record.body});
}

bool Story::has_met(Dimension dimension, std::string_view value) const {
  return met_[static_cast<std::size_t>(dimension)].contains(value);
}

// Is every value of this key among those that were met? A key as it is rendered is read member by
// member, by what could stand there.
bool Story::meets_key(std::string_view key_json) const {
  std::string_view rest = key_json.substr(std::min<std::size_t>(1, key_json.size()));
  while (rest.size() > 1) {
    std::size_t taken = 0;
    for (std::size_t i = 0; i < kDimensionCount && taken == 0; ++i) {
      const std::string_view name = fusebox::name_of(static_cast<Dimension>(i));
      for (const std::string& value : met_[i]) {
        const std::string member = rendered(name, value);
        if (rest.starts_with(member)) taken = member.size();
      }
    }
    if (taken == 0) return false;
    rest.remove_prefix(taken);
    if (rest.starts_with(',')) rest.remove_prefix(1);
  }
  return true;
}

bool Story::is_covered_by(std::string_view scope_text) const {
  const auto scope = killswitch::parse_scope(scope_text);
  if (!scope) return false;
  if (scope->kind == killswitch::ScopeKind::Global) return true;
  const auto dimension = dimension_of(scope->kind);
  if (!dimension || !has_met(*dimension, scope->value)) return false;
  return scope->tenant.empty() || has_met(Dimension::Tenant, scope->tenant);
}

bool Story::matters(const Change& change) const {
  const auto at = change.line.at;
  const auto keyed = [&](const auto& record) {
    const bool decided = deciders_.contains(record.name) && at <= until_;
    return (decided || lasts_at(at)) && meets_key(record.key);
  };
  return std::visit(
      Overload{[&](const telemetry::BreakerRecord& breaker) { return keyed(breaker); },
               [&](const telemetry::LimitRecord& limit) { return keyed(limit); },
               [&](const telemetry::KillRecord& kill) {
                 if (deciders_.contains(kill.id) || kill.scope == format(subject_)) return true;
                 return lasts_at(at) && is_covered_by(kill.scope);
               },
               [&](const telemetry::PolicyRecord& policy) {
                 return deciders_.contains(policy.rule) && at <= until_;
               },
               [](const auto&) { return false; }},
      change.body);
}

std::vector<const Story::Line*> Story::timeline() const {
  std::vector<const Line*> lines;
  std::set<std::string_view> orders;
  for (const Line& line : lines_) lines.push_back(&line);
  for (const Change& change : changes_) {
    if (!matters(change)) continue;
    lines.push_back(&change.line);
    const auto* kill = std::get_if<telemetry::KillRecord>(&change.body);
    if (kill != nullptr) orders.insert(kill->id);
  }
  for (const Outcome& outcome : outcomes_) {
    if (orders.contains(outcome.order)) lines.push_back(&outcome.line);
  }
  std::stable_sort(lines.begin(), lines.end(), [](const Line* a, const Line* b) {
    return std::pair(a->at, a->order) < std::pair(b->at, b->order);
  });
  return lines;
}

void Story::write_totals(JsonWriter& json) const {
  json.begin_object();
  json.field("events", totals_.events);
  json.field("decisions", totals_.decisions);
  json.field("allowed", totals_.allowed);
  json.field("tokens_in", totals_.tokens_in);
  json.field("tokens_out", totals_.tokens_out);
  json.field("cost_usd", format_usd(totals_.cost));
  json.end_object();
}

std::string Story::json(const Reach& reach) const {
  std::string out;
  JsonWriter json(out);
  json.begin_object();
  json.field("subject", format(subject_));
  json.field("from", from_);
  json.field("until", until_);
  json.key("totals");
  write_totals(json);
  json.key("reach");
  json.begin_object();
  write_reach(json, "inputs", reach.inputs);
  write_reach(json, "decisions", reach.decisions);
  write_reach(json, "changes", reach.changes);
  json.end_object();
  json.key("timeline");
  json.begin_array();
  for (const Line* line : timeline()) json.raw(line->json);
  json.end_array();
  json.end_object();
  return out;
}

}  // namespace fusebox::engine
