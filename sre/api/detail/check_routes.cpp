// POST /v1/check and /v1/report: the two that a call waits for.
#include <utility>

#include "base/json_writer.hpp"
#include "sre/api/detail/call.hpp"
#include "sre/api/detail/handlers.hpp"

namespace fusebox::api::detail {
namespace {

using telemetry::DecisionRecord;

// 1, true; anything else but the two that say no is a mistake.
std::optional<bool> flag(std::string_view text) {
  if (text == "1" || text == "true") return true;
  if (text == "0" || text == "false") return false;
  return std::nullopt;
}

// What it reserved could not be written, so the permit was taken back: a caller that went on would
// spend what a restart forgets.
std::string refusal_for_storage(const DecisionRecord& decision, const Error& fault) {
  std::string out;
  JsonWriter json(out);
  json.begin_object();
  json.field("id", decision.id);
  json.field("effect", "deny");
  json.field("gate", "reliability");
  json.field("reason", "engine_error");
  json.field("message", "the decision could not be kept on disk: " + fault.message);
  json.field("epoch", decision.epoch);
  json.end_object();
  return out;
}

const telemetry::Check& check_of(const Call& call) {
  return std::get<telemetry::CheckInput>(call.input.body).check;
}

LoggedDecision log_entry(const Call& call, const runtime::Answer& answer, std::string json) {
  const telemetry::Check& check = check_of(call);
  const telemetry::Record* record = nullptr;
  for (const telemetry::Record& each : answer.records) {
    if (std::get_if<DecisionRecord>(&each.body) == answer.decision) record = &each;
  }
  KeyBuffer key;
  const bool taken_back = answer.state_fault != nullptr && !answer.decision->permit.empty();
  return {.seq = record->seq,
          .at = record->at,
          .id = answer.decision->id,
          .effect = taken_back ? "deny" : policy::name_of(answer.decision->effect),
          .rule = answer.decision->rule,
          .key = std::string(check_key().encode(check.dimensions, key)),
          .action = telemetry::name_of(check.action),
          .target = std::string(check.target),
          .decision = std::move(json)};
}

void answer_check(Call& call, const runtime::Answer& answer) {
  std::string json;
  if (answer.state_fault != nullptr && !answer.decision->permit.empty()) {
    json = refusal_for_storage(*answer.decision, *answer.state_fault);
  } else {
    telemetry::append_json(json, *answer.decision);
  }
  call.services->counters.decisions.add(std::chrono::steady_clock::now() - call.began);
  call.services->decisions.add(log_entry(call, answer, json));
  call.answer_json(std::move(json));
}

void answer_report(Call& call, const runtime::Answer& answer) {
  if (answer.state_fault != nullptr) {
    refuse_unkept(call, *answer.state_fault);
    return;
  }
  std::string out;
  JsonWriter json(out);
  json.begin_object();
  json.field("result", engine::name_of(std::get<engine::ReportReply>(answer.reply)));
  json.end_object();
  call.answer_json(std::move(out));
}

void submit_if_held(const CallPtr& call, std::string_view tenant, std::string_view agent) {
  if (call->may_claim(tenant, agent)) submit(call, &answer_report);
}

}  // namespace

void post_check(const CallPtr& call) {
  const auto explain = flag(call->query("explain").value_or("0"));
  if (!explain) {
    call->refuse({.status = 400, .detail = "explain: expected 0 or 1", .field = "explain"});
    return;
  }
  const auto decoder = call->services->bodies->lend();
  const auto decoded = decoder->decode_check(call->request.body, Instant{});
  if (!decoded) {
    call->refuse(problem_of(decoded.error()));
    return;
  }
  call->kept = decoder;
  call->input = **decoded;
  std::get<telemetry::CheckInput>(call->input.body).explain = *explain;
  const Dimensions& of = check_of(*call).dimensions;
  if (call->may_claim(of[Dimension::Tenant], of[Dimension::Agent])) {
    submit(call, &answer_check);
  }
}

void post_report(const CallPtr& call) {
  const auto decoder = call->services->bodies->lend();
  const auto decoded = decoder->decode_report(call->request.body, Instant{});
  if (!decoded) {
    call->refuse(problem_of(decoded.error()));
    return;
  }
  call->kept = decoder;
  call->input = **decoded;
  if (!call->identity.is_pinned()) {
    submit(call, &answer_report);
    return;
  }
  // The permit says whose it is: the last ones stand in the decisions, older ones in the engine.
  // One that is in neither is closed, and its report changes a counter.
  const std::string_view permit = std::get<telemetry::Report>(call->input.body).permit;
  if (const auto holder = call->services->decisions.holder_of(permit)) {
    submit_if_held(call, holder->tenant, holder->agent);
    return;
  }
  call->services->engine().query([call](engine::Engine& engine) {
    const auto held = engine.permit_holder(std::get<telemetry::Report>(call->input.body).permit);
    // The holder's names are the engine's; and it takes no input from its own thread.
    call->services->io.post([call, known = held.has_value(),
                             tenant = std::string(held ? held->tenant : ""),
                             agent = std::string(held ? held->agent : "")] {
      if (known) {
        submit_if_held(call, tenant, agent);
      } else {
        submit(call, &answer_report);
      }
    });
  });
}

}  // namespace fusebox::api::detail
