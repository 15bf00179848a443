// Stop orders: given, listed, and taken back by two people.
#include <utility>

#include "base/json_writer.hpp"
#include "base/time.hpp"
#include "sre/api/detail/call.hpp"
#include "sre/api/detail/flat_body.hpp"
#include "sre/api/detail/handlers.hpp"
#include "sre/engine/engine.hpp"

namespace fusebox::api::detail {
namespace {

constexpr Duration kHardDeadline = std::chrono::seconds{5};
constexpr Duration kDrainDeadline = std::chrono::seconds{30};
constexpr std::int64_t kDeadlineMsMax = 600'000;

// The texts of an order, and what its terminators are told.
struct StopBody {
  explicit StopBody(std::string_view json) : body(json) {}

  FlatBody body;
  std::string scope;
  std::string actor;
  StopOrder order;
};

void read_manner(StopBody& stop) {
  stop.order.category = static_cast<StopCategory>(
      stop.body.choice("category", {name_of(StopCategory::Hard), name_of(StopCategory::Drain)}));
  const bool hard = stop.order.category == StopCategory::Hard;
  const auto ms = stop.body.integer("deadline_ms", 0, kDeadlineMsMax);
  stop.order.deadline = ms ? std::chrono::milliseconds{*ms} : hard ? kHardDeadline : kDrainDeadline;
}

std::string kill_result(const StopOrder& order, bool durable,
                        const std::vector<StopResult>& results) {
  std::string out;
  JsonWriter json(out);
  json.begin_object();
  json.field("id", order.id);
  json.field("scope", killswitch::format(order.scope));
  json.field("epoch", order.epoch);
  json.field("durable", durable);
  json.key("terminators");
  json.begin_array();
  for (const StopResult& each : results) write_json(json, each);
  json.end_array();
  json.end_object();
  return out;
}

// On the engine's thread: the fence holds, and the latch if nothing is wrong with it. What remains
// is to end what runs.
void on_stopped(Call& call, const runtime::Answer& answer) {
  const auto& reply = std::get<engine::OrderReply>(answer.reply);
  const auto& stop = *static_cast<const StopBody*>(call.kept.get());
  call.services->counters.kills.add(std::chrono::steady_clock::now() - call.began);
  StopOrder told = stop.order;
  told.id = reply.id;
  told.scope = *killswitch::parse_scope(reply.scope);
  told.epoch = reply.epoch;
  auto done = [waiting = call.shared_from_this(), told,
               durable = answer.latch_fault == nullptr](const std::vector<StopResult>& results) {
    waiting->answer_json(kill_result(told, durable, results));
  };
  for (const telemetry::Record& record : answer.records) {
    const auto* kill = std::get_if<telemetry::KillRecord>(&record.body);
    if (kill == nullptr || kill->id != reply.id) continue;
    call.services->stops.stop(record.seq, *kill, stop.order, std::move(done));
    return;
  }
  FUSEBOX_ASSERT(false);  // every order of a person is on record
}

void submit_stop(const CallPtr& call, std::shared_ptr<StopBody> stop, std::string_view reason) {
  if (const auto problem = stop->body.problem()) {
    call->refuse(*problem);
    return;
  }
  call->input.body = telemetry::KillInput{stop->scope, reason, stop->actor};
  call->kept = std::move(stop);
  submit(call, &on_stopped);
}

void write_order(JsonWriter& json, const killswitch::Order& order) {
  json.begin_object();
  killswitch::write_fields(json, order);
  json.key("rearm_actors");
  json.begin_array();
  for (const std::string& each : order.rearm_actors) json.string(each);
  json.end_array();
  json.end_object();
}

std::string kills_json(const std::vector<killswitch::Order>& orders, const Call& call) {
  const auto state = call.query("state");
  std::string out;
  JsonWriter json(out);
  json.begin_object();
  json.key("kills");
  json.begin_array();
  for (const killswitch::Order& order : orders) {
    if (state && killswitch::name_of(order.reg.state) != *state) continue;
    if (call.identity.is_concerned_by(order.scope)) write_order(json, order);
  }
  json.end_array();
  json.end_object();
  return out;
}

void answer_rearm(Call& call, const runtime::Answer& answer) {
  const Error* fault = answer.latch_fault != nullptr ? answer.latch_fault : answer.state_fault;
  if (fault != nullptr) {
    refuse_unkept(call, *fault);
    return;
  }
  const auto& order = std::get<engine::OrderReply>(answer.reply);
  std::string out;
  JsonWriter json(out);
  json.begin_object();
  json.field("id", order.id);
  json.field("scope", order.scope);
  json.field("epoch", order.epoch);
  json.field("state", order.tripped ? "tripped" : "armed");
  json.field("rearm_approvals", order.rearm_approvals);
  json.field("durable", true);
  json.key("terminators");  // nothing is started again
  json.begin_array();
  json.end_array();
  json.end_object();
  call.answer_json(std::move(out));
}

}  // namespace

void post_kill(const CallPtr& call) {
  auto stop = std::make_shared<StopBody>(call->request.body);
  stop->scope = stop->body.text("scope");
  const std::string_view reason = stop->body.text("reason");
  stop->actor = call->actor(stop->body.optional_text("actor"));
  read_manner(*stop);
  submit_stop(call, std::move(stop), reason);
}

// A drill's scope stops nobody, and its terminators are called as for any other.
void post_drill(const CallPtr& call) {
  auto stop = std::make_shared<StopBody>(call->request.body);
  const auto name = stop->body.optional_text("name");
  const auto scope = stop->body.optional_text("scope");
  if (name && scope) stop->body.reject("scope", "name says it already");
  if (scope && !scope->starts_with("drill:")) {
    stop->body.reject("scope", "expected drill:NAME; another scope would really stop someone");
  }
  stop->scope = scope ? std::string(*scope)
                      : "drill:" + (name ? std::string(*name)
                                         : format_rfc3339(call->services->engine().now()));
  const std::string_view reason = stop->body.text("reason");
  stop->actor = call->actor(stop->body.optional_text("actor"));
  read_manner(*stop);
  submit_stop(call, std::move(stop), reason);
}

void post_rearm(const CallPtr& call) {
  if (!call->identity.is_authenticated()) {
    call->refuse({.status = 403,
                  .detail = "re-arming takes two people who are known: set `auth: {mode: tokens}` "
                            "with two tokens of role approver or admin, reload, and ask as each"});
    return;
  }
  const auto body = std::make_shared<FlatBody>(call->request.body);
  const std::string_view reason = body->text("reason");
  (void)body->optional_text("actor");  // the token says who
  if (const auto problem = body->problem()) {
    call->refuse(*problem);
    return;
  }
  call->kept = body;
  call->input.body = telemetry::RearmInput{call->id, reason, call->identity.actor()};
  submit(call, &answer_rearm);
}

void get_kills(const CallPtr& call) {
  const auto state = call->query("state");
  if (state && *state != "armed" && *state != "tripped") {
    call->refuse({.status = 400, .detail = "state: expected armed or tripped", .field = "state"});
    return;
  }
  runtime::EngineHost& engine = call->services->engine();
  engine.query([call](engine::Engine& of) {
    call->services->io.post(
        [call, orders = of.orders()] { call->answer_json(kills_json(orders, *call)); });
  });
}

}  // namespace fusebox::api::detail
