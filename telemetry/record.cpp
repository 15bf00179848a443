#include "telemetry/record.hpp"

#include <string_view>

#include "base/json_writer.hpp"
#include "base/money.hpp"

namespace fusebox::telemetry {
namespace {

// "" in a record means "there is none", and what there is none of is left out of the line.
void field_if_any(JsonWriter& json, std::string_view name, std::string_view text) {
  if (!text.empty()) json.field(name, text);
}

void field_if_any(JsonWriter& json, std::string_view name,
                  const std::optional<std::int64_t>& value) {
  if (value) json.field(name, *value);
}

void raw_field(JsonWriter& json, std::string_view name, std::string_view rendered) {
  json.key(name);
  json.raw(rendered);
}

// A decision answers kill as deny; the gate already says that it was one.
policy::Effect answered(policy::Effect effect) {
  return effect == policy::Effect::Kill ? policy::Effect::Deny : effect;
}

void write_would_be(JsonWriter& json, const WouldBe& shadow) {
  json.begin_object();
  json.field("rule", shadow.rule);
  json.field("effect", name_of(shadow.effect));
  json.field("gate", name_of(shadow.gate));
  field_if_any(json, "reason", name_of(shadow.reason));
  json.end_object();
}

void write_explain(JsonWriter& json, const ExplainLine& line) {
  json.begin_object();
  json.field("rule", line.rule);
  json.field("text", line.text);
  json.end_object();
}

template <class Item>
void write_list(JsonWriter& json, std::string_view name, const std::vector<Item>& items,
                void (*write_item)(JsonWriter&, const Item&)) {
  if (items.empty()) return;
  json.key(name);
  json.begin_array();
  for (const Item& item : items) write_item(json, item);
  json.end_array();
}

void write_approval(JsonWriter& json, const ApprovalReference& approval) {
  json.key("approval");
  json.begin_object();
  json.field("id", approval.id);
  json.field("expires", approval.expires);
  json.end_object();
}

void write_decision(JsonWriter& json, const DecisionRecord& decision) {
  json.begin_object();
  json.field("id", decision.id);
  json.field("effect", name_of(answered(decision.effect)));
  if (decision.reason != policy::Reason::None) {
    json.field("gate", name_of(decision.gate));
    json.field("reason", name_of(decision.reason));
    field_if_any(json, "rule", decision.rule);
  }
  field_if_any(json, "message", decision.message);
  field_if_any(json, "permit", decision.permit);
  json.field("epoch", decision.epoch);
  if (decision.policy) json.field("policy", *decision.policy);
  field_if_any(json, "ttl_ms", decision.ttl_ms);
  field_if_any(json, "retry_after_ms", decision.retry_after_ms);
  if (decision.approval) write_approval(json, *decision.approval);
  write_list(json, "would_be", decision.would_be, &write_would_be);
  write_list(json, "explain", decision.explain, &write_explain);
  json.end_object();
}

void write_body(JsonWriter& json, const DecisionRecord& decision) {
  json.key("decision");
  write_decision(json, decision);
}

void write_body(JsonWriter& json, const PolicyRecord& policy) {
  json.key("policy");
  json.begin_object();
  json.field("rule", policy.rule);
  json.field("effect", name_of(policy.effect));
  field_if_any(json, "scope", policy.scope);
  json.field("mode", name_of(policy.mode));
  json.field("on", policy.on);
  json.end_object();
}

void write_body(JsonWriter& json, const BreakerRecord& breaker) {
  json.key("breaker");
  json.begin_object();
  json.field("name", breaker.name);
  raw_field(json, "key", breaker.key);
  json.field("from", breaker.from);
  json.field("to", breaker.to);
  field_if_any(json, "detector", breaker.detector);
  field_if_any(json, "reason", breaker.reason);
  json.end_object();
}

void write_body(JsonWriter& json, const AlertRecord& alert) {
  json.key("alert");
  json.begin_object();
  json.field("slo", alert.slo);
  raw_field(json, "key", alert.key);
  field_if_any(json, "objective_name", alert.objective_name);
  json.field("state", alert.firing ? "firing" : "resolved");
  json.field("severity", alert.page ? "page" : "ticket");
  json.field("burn", alert.burn_long);
  json.field("burn_short", alert.burn_short);
  json.key("windows");
  json.begin_array();
  json.string(alert.window_long);
  json.string(alert.window_short);
  json.end_array();
  json.end_object();
}

void write_body(JsonWriter& json, const SloStatusRecord& status) {
  json.key("slo_status");
  json.begin_object();
  json.field("slo", status.slo);
  raw_field(json, "key", status.key);
  field_if_any(json, "objective_name", status.objective_name);
  json.field("from", status.from);
  json.field("to", status.to);
  json.field("budget_remaining", status.budget_remaining);
  json.field("uncertain", status.uncertain);
  json.end_object();
}

// Money is micro-dollars inside and dollars on every edge; time is nanoseconds and milliseconds.
void write_amount(JsonWriter& json, std::string_view name, std::string_view dimension,
                  std::int64_t amount) {
  constexpr std::int64_t kNsPerMs = 1'000'000;
  if (dimension == "cost_usd") {
    raw_field(json, name, format_usd(MicroUsd{amount}));
  } else if (dimension == "wall_clock") {
    json.field(name, amount / kNsPerMs);
  } else {
    json.field(name, amount);
  }
}

void write_body(JsonWriter& json, const LimitRecord& limit) {
  json.key("limit");
  json.begin_object();
  json.field("name", limit.name);
  raw_field(json, "key", limit.key);
  json.field("dimension", limit.dimension);
  write_amount(json, "used", limit.dimension, limit.used);
  write_amount(json, "max", limit.dimension, limit.max);
  if (limit.threshold) json.field("threshold", *limit.threshold);
  json.field("overrun", limit.overrun);
  field_if_any(json, "change", limit.change);
  json.end_object();
}

void write_body(JsonWriter& json, const KillRecord& kill) {
  json.key("kill");
  json.begin_object();
  json.field("id", kill.id);
  json.field("scope", kill.scope);
  json.field("epoch", kill.epoch);
  json.field("state", kill.tripped ? "tripped" : "armed");
  field_if_any(json, "reason", kill.reason);
  field_if_any(json, "actor", kill.actor);
  if (kill.rearm_approvals > 0) json.field("rearm_approvals", kill.rearm_approvals);
  json.end_object();
}

void write_body(JsonWriter& json, const NoticeRecord& notice) {
  json.key("notice");
  json.begin_object();
  json.field("code", notice.code);
  json.field("text", notice.text);
  json.end_object();
}

}  // namespace

void append_json(std::string& out, const Record& record) {
  JsonWriter json(out);
  json.begin_object();
  json.field("at", record.at);
  json.field("seq", record.seq);
  std::visit([&json](const auto& body) { write_body(json, body); }, record.body);
  json.end_object();
}

void append_json(std::string& out, const DecisionRecord& decision) {
  JsonWriter json(out);
  write_decision(json, decision);
}

}  // namespace fusebox::telemetry
