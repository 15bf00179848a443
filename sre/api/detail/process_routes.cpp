// Supervised processes: registered by a stream that stays open, and acknowledged beside it.
#include <utility>

#include "sre/api/detail/call.hpp"
#include "sre/api/detail/flat_body.hpp"
#include "sre/api/detail/handlers.hpp"
#include "sre/engine/engine.hpp"

namespace fusebox::api::detail {
namespace {

constexpr std::int64_t kTookMsMax = 86'400'000;

StopOrder standing(const killswitch::Order& order) {
  return {.id = order.id,
          .scope = order.scope,
          .epoch = order.reg.epoch,
          .reason = order.reason,
          .actor = order.actor};
}

// Orders that stand already: a process must not outlive a restart of the daemon that stopped it. It
// starts its work only once it knows that there is none, or what they are.
void tell_standing_orders(const std::shared_ptr<Services>& services, const std::string& id) {
  services->engine().query([services, id](engine::Engine& engine) {
    services->io.post([services, id, orders = engine.orders()] {
      std::vector<StopOrder> tripped;
      for (const killswitch::Order& order : orders) {
        if (order.reg.state != killswitch::RegisterState::Tripped) continue;
        tripped.push_back(standing(order));
      }
      services->processes->tell_standing(id, tripped);
    });
  });
}

}  // namespace

void post_process(const CallPtr& call) {
  FlatBody body(call->request.body);
  ProcessSpec spec{
      .agent = std::string(body.text("agent")),
      .tenant = std::string(body.any_text("tenant")),
      .session = std::string(body.any_text("session")),
      .name = std::string(body.any_text("name")),
      .pid = body.integer("pid", 1, std::numeric_limits<std::int32_t>::max()).value_or(0)};
  if (const auto problem = body.problem()) {
    call->refuse(*problem);
    return;
  }
  if (!call->may_claim(spec.tenant, spec.agent)) return;
  if (call->services->processes->is_full()) {
    call->refuse({.status = 429, .detail = "too many processes are registered"});
    return;
  }
  const auto id = call->services->processes->add(
      std::move(spec), call->stream({.content_type = std::string(call->route->media)}));
  if (id) tell_standing_orders(call->services, *id);
}

void post_process_ack(const CallPtr& call) {
  FlatBody body(call->request.body);
  Processes::Acknowledgement said;
  said.order = body.text("order");
  said.outcome = static_cast<StopOutcome>(body.required_choice(
      "outcome", {name_of(StopOutcome::Confirmed), name_of(StopOutcome::Unconfirmed),
                  name_of(StopOutcome::Failed)}));
  said.detail = body.any_text("detail");
  if (const auto ms = body.integer("took_ms", 0, kTookMsMax)) {
    said.took = std::chrono::milliseconds{*ms};
  }
  if (const auto problem = body.problem()) {
    call->refuse(*problem);
    return;
  }
  const auto spec = call->services->processes->find(call->id);
  if (!spec) {
    call->refuse({.status = 404, .detail = "no process '" + call->id + "' is registered"});
    return;
  }
  if (!call->may_claim(spec->tenant, spec->agent)) return;
  call->services->processes->acknowledge(call->id, said);
  call->answer_json("{}");
}

}  // namespace fusebox::api::detail
