#include "sre/api/detail/call.hpp"

#include <utility>

#include "base/assert.hpp"
#include "sre/api/detail/otlp_error.hpp"

namespace fusebox::api::detail {

Call::~Call() {
  if (!answered_) refuse({.status = 503, .detail = "the daemon is stopping"});
}

void Call::answer(runtime::HttpResponse response) {
  FUSEBOX_ASSERT(!answered_);
  answered_ = true;
  respond_(std::move(response));
}

void Call::answer_json(std::string body) {
  answer({.status = route->status,
          .content_type = std::string(route->media),
          .body = std::move(body)});
}

void Call::refuse(const Problem& problem) {
  const bool is_otlp = route != nullptr && route->listener == Listener::Otlp;
  answer(is_otlp ? otlp_error(request, problem) : to_response(problem));
}

runtime::StreamWriter Call::stream(runtime::HttpResponse head) {
  FUSEBOX_ASSERT(!answered_);
  answered_ = true;
  return respond_.stream(std::move(head));
}

std::string Call::actor(std::optional<std::string_view> named) const {
  return named && !identity.is_authenticated() ? std::string(*named) : identity.actor();
}

bool Call::may_claim(std::string_view tenant, std::string_view agent) {
  if (identity.speaks_for(tenant, agent)) return true;
  ++services->counters.denied;
  const auto untold = services->denials.take(identity.actor(), std::chrono::steady_clock::now());
  if (untold && services->on_denied) {
    services->on_denied({.actor = identity.actor(),
                         .tenant = std::string(tenant),
                         .agent = std::string(agent),
                         .route = std::string(route->method) + " " + std::string(route->path),
                         .peer = request.peer.address,
                         .untold = *untold});
  }
  const std::string of_tenant =
      tenant.empty() ? "without a tenant" : "of tenant '" + std::string(tenant) + "'";
  refuse({.status = 403,
          .detail = "the token '" + identity.actor() + "' does not speak for agent '" +
                    std::string(agent) + "' " + of_tenant});
  return false;
}

void submit(const CallPtr& call, void (*on_answer)(Call&, const runtime::Answer&)) {
  const telemetry::Input* const input = &call->input;
  runtime::EngineHost& engine = call->services->engine();
  const auto answer = [call, on_answer](const runtime::Answer& told) {
    if (const auto* refused = std::get_if<Error>(&told.reply)) {
      call->refuse(problem_of(*refused));
    } else {
      on_answer(*call, told);
    }
  };
  engine.submit({.owner = call, .input = input, .answer = answer});
}

void refuse_unkept(Call& call, const Error& fault) {
  call.refuse(
      {.status = 503,
       .detail = "it could not be kept on disk, and a restart may forget it: " + fault.message,
       .code = fault.code});
}

}  // namespace fusebox::api::detail
