// The daemon about itself.
#include <utility>

#include "base/json_writer.hpp"
#include "sre/api/detail/call.hpp"
#include "sre/api/detail/handlers.hpp"
#include "sre/api/openapi.hpp"

namespace fusebox::api::detail {
namespace {

std::string_view name_of(config::Unanswered what) {
  return config::kUnansweredNames[static_cast<std::size_t>(what)];
}

}  // namespace

// Alive, even if the disk is not: a restart would not heal it, and stop orders still hold.
void get_health(const CallPtr& call) {
  const runtime::EngineHost* engine = call->services->host;
  std::string out;
  JsonWriter json(out);
  json.begin_object();
  json.field("status", "ok");
  json.field("version", call->services->version);
  if (engine != nullptr) {
    json.field("storage", engine->counters().storage_fault ? "failing" : "ok");
  }
  json.end_object();
  call->answer_json(std::move(out));
}

void get_readiness(const CallPtr& call) {
  const std::lock_guard lock(call->services->readiness);
  if (call->services->is_ready) {
    call->answer_json(R"({"status":"ready"})");
  } else {
    call->refuse({.status = 503, .detail = "the state is being restored, or the daemon stops"});
  }
}

void get_metrics(const CallPtr& call) {
  StatusSource& source = *call->services->status;
  source.get(call->services->engine(), [call](const StatusSource::Status& status) {
    Services& services = *call->services;
    call->answer({.content_type = "text/plain; version=0.0.4; charset=utf-8",
                  .body = services.metrics({.status = *status,
                                            .host = services.engine().counters(),
                                            .api = services.counters.values()})});
  });
}

void get_description(const CallPtr& call) {
  call->answer_json(openapi_json(call->services->version));
}

void get_client_settings(const CallPtr& call) {
  const ApiSettings& settings = call->configured->settings;
  const config::OnUnreachable& unanswered = settings.on_unreachable;
  std::string out;
  JsonWriter json(out);
  json.begin_object();
  json.field("auth", settings.credentials.are_required() ? "tokens" : "none");
  json.key("on_unreachable");
  json.begin_object();
  json.field("tool", name_of(unanswered.tool));
  json.field("delegation", name_of(unanswered.delegation));
  json.field("read", name_of(unanswered.read));
  json.field("llm", name_of(unanswered.llm));
  json.field("task", name_of(unanswered.task));
  json.end_object();
  json.end_object();
  call->answer_json(std::move(out));
}

void refuse_later(const CallPtr& call) {
  call->refuse({.status = 501,
                .detail = "named by the contract and not built yet, it comes later",
                .code = ErrorCode::NotYetSupported});
}

}  // namespace fusebox::api::detail
