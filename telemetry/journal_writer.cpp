#include "telemetry/journal_writer.hpp"

#include <optional>
#include <string_view>

#include "base/json_writer.hpp"
#include "base/money.hpp"
#include "base/overload.hpp"

namespace fusebox::telemetry {
namespace {

using std::chrono::duration_cast;
using std::chrono::milliseconds;

constexpr std::string_view kMask = "***";

// What is absent or empty is left out of a line: the decoder reads both alike.
void field(JsonWriter& json, std::string_view name, std::string_view text) {
  if (!text.empty()) json.field(name, text);
}

template <class Number>
void field(JsonWriter& json, std::string_view name, const std::optional<Number>& number) {
  if (number) json.field(name, *number);
}

// As text: a JSON number would pass through a double.
void field(JsonWriter& json, std::string_view name, const std::optional<MicroUsd>& amount) {
  if (amount) json.field(name, format_usd(*amount));
}

// Writes one node and what is below it; the node behind them. Recursion is bounded by the decoders,
// which take no deeper documents.
const policy::DynamicNode* write_node(JsonWriter& json, const policy::DynamicNode* node,
                                      Arguments arguments);

const policy::DynamicNode* write_children(JsonWriter& json, const policy::DynamicNode* parent,
                                          Arguments arguments) {
  const policy::DynamicNode* next = parent + 1;
  for (std::uint32_t i = 0; i < parent->children; ++i) {
    if (parent->kind == policy::DynamicKind::Map) json.key(next->key);
    next = write_node(json, next, arguments);
  }
  return next;
}

const policy::DynamicNode* write_node(JsonWriter& json, const policy::DynamicNode* node,
                                      Arguments arguments) {
  const policy::DynamicNode* next = node + 1;
  if (node->kind == policy::DynamicKind::Map) {
    json.begin_object();
    next = write_children(json, node, arguments);
    json.end_object();
  } else if (node->kind == policy::DynamicKind::List) {
    json.begin_array();
    next = write_children(json, node, arguments);
    json.end_array();
  } else if (arguments == Arguments::Masked) {
    json.string(kMask);
  } else {
    policy::write_scalar(json, *node);
  }
  return next;
}

void field(JsonWriter& json, std::string_view name, const policy::DynamicDocument* document,
           Arguments arguments) {
  if (document == nullptr || document->root() == nullptr) return;
  json.key(name);
  write_node(json, document->root(), arguments);
}

// Kind is left out: it is what `kind` and `action` say.
void dimension_fields(JsonWriter& json, const Dimensions& dimensions) {
  for (std::size_t i = 0; i < kNamedDimensionCount; ++i) {
    const auto dimension = static_cast<Dimension>(i);
    if (dimension != Dimension::Kind) field(json, name_of(dimension), dimensions[dimension]);
  }
}

void measurement_fields(JsonWriter& json, const Measurements& measured) {
  field(json, "duration_ms", measured.duration_ms);
  field(json, "ttft_ms", measured.ttft_ms);
  field(json, "tokens_in", measured.tokens_in);
  field(json, "tokens_out", measured.tokens_out);
  field(json, "cost_usd", measured.cost_usd);
  field(json, "files_changed", measured.files_changed);
}

void write_event(JsonWriter& json, const Event& event) {
  if (event.at) json.field("at", *event.at);
  json.field("kind", name_of(event.kind));
  dimension_fields(json, event.dimensions);
  field(json, "span_id", event.span_id);
  field(json, "id", event.id);
  if (event.outcome) json.field("outcome", name_of(*event.outcome));
  field(json, "error", event.error);
  measurement_fields(json, event.measured);
  field(json, "score", event.score);
  field(json, "confidence", event.confidence);
  field(json, "trust", event.trust);
  field(json, "depth", event.depth);
  if (event.weight != 1) json.field("weight", event.weight);
  if (event.rate_unknown) json.field("rate_unknown", true);
  field(json, "attributes", event.attributes, Arguments::Full);
}

void write_estimate(JsonWriter& json, const Estimate& estimate) {
  if (!estimate.tokens && !estimate.cost_usd && !estimate.files_changed) return;
  json.key("estimate");
  json.begin_object();
  field(json, "tokens", estimate.tokens);
  field(json, "cost_usd", estimate.cost_usd);
  field(json, "files_changed", estimate.files_changed);
  json.end_object();
}

void write_check(JsonWriter& json, const Check& check, Arguments arguments) {
  json.field("action", name_of(check.action));
  field(json, "target", check.target);
  dimension_fields(json, check.dimensions);
  field(json, "span_id", check.span_id);
  write_estimate(json, check.estimate);
  field(json, "trust", check.trust);
  field(json, "depth", check.depth);
  field(json, "idempotency_key", check.idempotency_key);
  field(json, "args", check.args, arguments);
  field(json, "attributes", check.attributes, Arguments::Full);
}

void write_report(JsonWriter& json, const Report& report) {
  json.field("permit", report.permit);
  json.field("outcome", name_of(report.outcome));
  field(json, "error", report.error);
  measurement_fields(json, report.measured);
}

void write_approval(JsonWriter& json, const ApprovalInput& approval) {
  json.field("id", approval.id);
  json.field("action", approval.granted ? "grant" : "deny");
  json.field("reason", approval.reason);
  json.field("actor", approval.actor);
  if (approval.valid_for) json.field("for", format_duration(*approval.valid_for));
}

template <class Override>
void override_fields(JsonWriter& json, const Override& override) {
  if (override.validity.lasts) json.field("for", format_duration(*override.validity.lasts));
  if (override.validity.until) json.field("until", *override.validity.until);
  json.field("reason", override.reason);
  json.field("actor", override.actor);
}

void amount_field(JsonWriter& json, std::string_view name, std::string_view dimension,
                  const std::optional<std::int64_t>& amount) {
  if (!amount) return;
  if (dimension == "cost_usd") {
    json.field(name, format_usd(MicroUsd{*amount}));
  } else if (dimension == "wall_clock") {
    json.field(name, format_duration(Duration{*amount}));
  } else {
    json.field(name, *amount);
  }
}

void write_force(JsonWriter& json, const ForceInput& force) {
  json.field("id", force.id);
  json.field("state", force.state == ForcedState::Open ? "open" : "closed");
  override_fields(json, force);
}

void write_raise(JsonWriter& json, const RaiseInput& raise) {
  json.field("id", raise.id);
  json.field("dimension", raise.dimension);
  amount_field(json, "to", raise.dimension, raise.to);
  amount_field(json, "by", raise.dimension, raise.by);
  override_fields(json, raise);
}

void write_terminator(JsonWriter& json, const TerminatorInput& outcome) {
  json.field("order", outcome.order);
  json.field("kind", outcome.kind);
  field(json, "name", outcome.name);
  json.field("outcome", name_of(outcome.outcome));
  field(json, "detail", outcome.detail);
  json.field("took_ms", std::int64_t{duration_cast<milliseconds>(outcome.took).count()});
}

template <class Write>
void member(JsonWriter& json, std::string_view name, const Write& write) {
  json.key(name);
  json.begin_object();
  write();
  json.end_object();
}

}  // namespace

void append_journal_line(std::string& out, const Input& input, Arguments arguments) {
  JsonWriter json(out);
  json.begin_object();
  json.field("at", input.at);
  std::visit(Overload{[&](const Event& event) {
                        member(json, "event", [&] { write_event(json, event); });
                      },
                      [&](const CheckInput& asked) {
                        field(json, "id", asked.id);
                        member(json, "check", [&] { write_check(json, asked.check, arguments); });
                      },
                      [&](const Report& report) {
                        member(json, "report", [&] { write_report(json, report); });
                      },
                      [&](const KillInput& kill) {
                        member(json, "kill", [&] {
                          json.field("scope", kill.scope);
                          json.field("reason", kill.reason);
                          field(json, "actor", kill.actor);
                        });
                      },
                      [&](const RearmInput& rearm) {
                        member(json, "rearm", [&] {
                          json.field("id", rearm.order);
                          json.field("reason", rearm.reason);
                          json.field("actor", rearm.actor);
                        });
                      },
                      [&](const ApprovalInput& approval) {
                        member(json, "approval", [&] { write_approval(json, approval); });
                      },
                      [&](const ForceInput& force) {
                        member(json, "force", [&] { write_force(json, force); });
                      },
                      [&](const RaiseInput& raise) {
                        member(json, "raise", [&] { write_raise(json, raise); });
                      },
                      [&](const DenialInput& denial) {
                        member(json, "denial", [&] {
                          json.field("actor", denial.actor);
                          field(json, "tenant", denial.tenant);
                          field(json, "agent", denial.agent);
                          field(json, "route", denial.route);
                          if (denial.untold != 0) json.field("untold", denial.untold);
                        });
                      },
                      [&](const TerminatorInput& outcome) {
                        member(json, "terminator", [&] { write_terminator(json, outcome); });
                      },
                      [&](const Tick&) { json.field("tick", true); }},
             input.body);
  json.end_object();
}

}  // namespace fusebox::telemetry
