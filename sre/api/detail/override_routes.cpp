// A person's word: breakers forced, limits raised, approvals answered. Who, why and until when are
// required.
#include <utility>

#include "base/json_writer.hpp"
#include "sre/api/detail/call.hpp"
#include "sre/api/detail/flat_body.hpp"
#include "sre/api/detail/handlers.hpp"
#include "sre/api/detail/page.hpp"

namespace fusebox::api::detail {
namespace {

// The texts that an input of a person views.
struct PersonBody {
  explicit PersonBody(std::string_view json) : body(json) {}

  FlatBody body;
  std::string actor;
};

std::shared_ptr<PersonBody> person_body(Call& call) {
  auto person = std::make_shared<PersonBody>(call.request.body);
  person->actor = call.actor(person->body.optional_text("actor"));
  return person;
}

telemetry::Validity read_validity(FlatBody& body) {
  const telemetry::Validity validity{.lasts = body.duration("for"), .until = body.time("until")};
  if (validity.lasts.has_value() == validity.until.has_value()) {
    body.reject("for", "exactly one of for and until must stand here");
  }
  return validity;
}

// In the units of RaiseInput: a budget's dimension says what an amount of it is.
std::optional<std::int64_t> read_amount(FlatBody& body, std::string_view name,
                                        std::string_view dimension) {
  if (dimension == "cost_usd") return body.usd(name);
  if (dimension != "wall_clock") {
    return body.integer(name, 0, std::numeric_limits<std::int64_t>::max());
  }
  const auto duration = body.duration(name);
  return duration ? std::optional<std::int64_t>(duration->count()) : std::nullopt;
}

void submit_person(const CallPtr& call, std::shared_ptr<PersonBody> person,
                   void (*on_answer)(Call&, const runtime::Answer&)) {
  if (const auto problem = person->body.problem()) {
    call->refuse(*problem);
    return;
  }
  call->kept = std::move(person);
  submit(call, on_answer);
}

void answer_override(Call& call, const runtime::Answer& answer) {
  if (answer.state_fault != nullptr) {
    refuse_unkept(call, *answer.state_fault);
    return;
  }
  const auto& given = std::get<engine::OverrideReply>(answer.reply);
  std::string out;
  JsonWriter json(out);
  json.begin_object();
  json.field("id", given.id);
  json.field("until", given.until);
  json.end_object();
  call.answer_json(std::move(out));
}

void answer_approval(Call& call, const runtime::Answer& answer) {
  if (answer.state_fault != nullptr) {
    refuse_unkept(call, *answer.state_fault);
    return;
  }
  const auto& given = std::get<engine::ApprovalReply>(answer.reply);
  std::string out;
  JsonWriter json(out);
  json.begin_object();
  json.field("id", given.id);
  json.field("state", given.granted ? "granted" : "refused");
  json.field("expires", given.expires);
  json.end_object();
  call.answer_json(std::move(out));
}

void write_approval(JsonWriter& json, const engine::ApprovalStatus& approval) {
  json.begin_object();
  json.field("id", approval.id);
  json.field("state", approval.state);
  json.field("asked", approval.asked);
  json.field("expires", approval.expires);
  json.field("tenant", approval.tenant);
  json.field("agent", approval.agent);
  json.field("session", approval.session);
  json.field("task", approval.task);
  json.field("action", approval.action);
  json.field("target", approval.target);
  json.field("rule", approval.rule);
  if (!approval.actor.empty()) json.field("actor", approval.actor);
  json.end_object();
}

bool is_wanted(const Call& call, const engine::ApprovalStatus& approval) {
  const auto equals = [&call](std::string_view name, std::string_view value) {
    return call.query(name).value_or(value) == value;
  };
  return call.identity.speaks_for(approval.tenant, approval.agent) &&
         equals("state", approval.state) && equals("agent", approval.agent) &&
         equals("tenant", approval.tenant) && equals("session", approval.session) &&
         equals("task", approval.task);
}

void answer_approvals(Call& call, std::size_t limit, const engine::Status& status) {
  PagedList list("approvals", limit, call.query("after"));
  for (const engine::ApprovalStatus& each : status.approvals) {
    if (is_wanted(call, each) && list.takes(each.id)) write_approval(list.json(), each);
  }
  auto json = list.finish();
  if (json) {
    call.answer_json(std::move(*json));
  } else {
    call.refuse({.status = 400, .detail = "after: no such approval", .field = "after"});
  }
}

void answer_one_approval(Call& call, const engine::Status& status) {
  for (const engine::ApprovalStatus& each : status.approvals) {
    if (each.id != call.id || !is_wanted(call, each)) continue;
    std::string out;
    JsonWriter json(out);
    write_approval(json, each);
    call.answer_json(std::move(out));
    return;
  }
  call.refuse({.status = 404,
               .detail = "no approval '" + call.id + "', or not any more",
               .code = ErrorCode::UnknownApproval});
}

}  // namespace

void post_force(const CallPtr& call) {
  auto person = person_body(*call);
  FlatBody& body = person->body;
  const auto state =
      static_cast<telemetry::ForcedState>(body.required_choice("state", {"open", "closed"}));
  call->input.body = telemetry::ForceInput{.id = call->id,
                                           .state = state,
                                           .validity = read_validity(body),
                                           .reason = body.text("reason"),
                                           .actor = person->actor};
  submit_person(call, std::move(person), &answer_override);
}

void post_raise(const CallPtr& call) {
  auto person = person_body(*call);
  FlatBody& body = person->body;
  const std::string_view dimension = body.text("dimension");
  const auto to = read_amount(body, "to", dimension);
  const auto by = read_amount(body, "by", dimension);
  if (to.has_value() == by.has_value()) {
    body.reject("to", "exactly one of to and by must stand here");
  }
  call->input.body = telemetry::RaiseInput{.id = call->id,
                                           .dimension = dimension,
                                           .to = to,
                                           .by = by,
                                           .validity = read_validity(body),
                                           .reason = body.text("reason"),
                                           .actor = person->actor};
  submit_person(call, std::move(person), &answer_override);
}

// The approval stands in the path, or else in the body.
void post_approval(const CallPtr& call) {
  auto person = person_body(*call);
  FlatBody& body = person->body;
  const std::string_view id = call->id.empty() ? body.text("id") : std::string_view(call->id);
  const std::size_t answer = body.required_choice("action", {"grant", "deny"});
  call->input.body = telemetry::ApprovalInput{.id = id,
                                              .granted = answer == 0,
                                              .reason = body.text("reason"),
                                              .actor = person->actor,
                                              .valid_for = body.duration("for")};
  submit_person(call, std::move(person), &answer_approval);
}

void get_approvals(const CallPtr& call) {
  std::optional<Problem> problem;
  const std::size_t limit = page_limit(*call, kPageMax, problem);
  if (problem) {
    call->refuse(*problem);
    return;
  }
  StatusSource& source = *call->services->status;
  source.get(call->services->engine(), [call, limit](const StatusSource::Status& status) {
    if (call->id.empty()) {
      answer_approvals(*call, limit, *status);
    } else {
      answer_one_approval(*call, *status);
    }
  });
}

}  // namespace fusebox::api::detail
