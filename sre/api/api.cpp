#include "sre/api/api.hpp"

#include <array>
#include <future>
#include <optional>
#include <utility>

#include "sre/api/detail/call.hpp"
#include "sre/api/detail/otlp_error.hpp"
#include "sre/engine/engine.hpp"

namespace fusebox::api {
namespace {

using detail::Call;
using detail::CallPtr;

// A body's type says little for most routes, which take one kind of body. These are what clients
// say that were told nothing (curl and urllib say form), and what nobody says by mistake.
constexpr std::array<std::string_view, 7> kBodyTypes{"",
                                                     "application/json",
                                                     "application/x-ndjson",
                                                     "application/jsonl",
                                                     "application/octet-stream",
                                                     "application/x-www-form-urlencoded",
                                                     "text/plain"};

void refuse_unrouted(Listener listener, runtime::HttpRequest& request, runtime::Responder& respond,
                     const Problem& problem, const std::string& allow = {}) {
  runtime::HttpResponse response =
      listener == Listener::Otlp ? detail::otlp_error(request, problem) : to_response(problem);
  if (!allow.empty()) response.headers.add("Allow", allow);
  respond(std::move(response));
}

std::optional<Problem> wrong_query(const Call& call) {
  for (const runtime::QueryPair& pair : call.request.query) {
    std::size_t known = 0;
    for (const QueryParameter& each : call.route->query) known += each.name == pair.name ? 1 : 0;
    std::size_t times = 0;
    for (const runtime::QueryPair& each : call.request.query) times += each.name == pair.name;
    if (known == 1 && times == 1) continue;
    return Problem{.status = 400,
                   .detail = known == 1 ? "it stands twice in the query"
                                        : "no such name in the query of this route",
                   .field = pair.name,
                   .code = ErrorCode::InvalidField};
  }
  return std::nullopt;
}

// The listener takes what its largest route takes.
std::optional<Problem> large_body(const Call& call) {
  if (call.request.body.size() <= call.route->body_bytes_max) return std::nullopt;
  return Problem{
      .status = 413,
      .detail = "the body is longer than " + std::to_string(call.route->body_bytes_max) + " bytes",
      .code = ErrorCode::TooLarge};
}

// A body that this route does not read as it is meant. OTLP has rules of its own.
std::optional<Problem> wrong_body(const Call& call) {
  if (call.route->request.empty()) return std::nullopt;
  const auto coding = call.request.headers.find("Content-Encoding").value_or("identity");
  if (coding != "identity") {
    return Problem{.status = 415, .detail = "Content-Encoding: expected none"};
  }
  const std::string type = detail::media_type_of(call.request);
  for (const std::string_view each : kBodyTypes) {
    if (type == each) return std::nullopt;
  }
  return Problem{.status = 415, .detail = "Content-Type: expected application/json"};
}

std::optional<Problem> identify(Call& call) {
  auto found = call.configured->settings.credentials.identify(call.request);
  if (auto* problem = std::get_if<Problem>(&found)) return std::move(*problem);
  call.identity = std::move(std::get<Identity>(found));
  const Role role = call.identity.role();
  if (call.route->roles.contains(role)) return std::nullopt;
  return Problem{.status = 403,
                 .detail = "the role " +
                           std::string(config::kRoleNames[static_cast<std::size_t>(role)]) +
                           " may not use " + std::string(call.route->method) + " " +
                           std::string(call.route->path)};
}

// What stands between a routed request and its handler.
std::optional<Problem> hindrance(Call& call) {
  if (!call.route->roles.is_open()) {
    if (auto problem = identify(call)) return problem;
  }
  if (auto problem = wrong_query(call)) return problem;
  if (auto problem = large_body(call)) return problem;
  if (auto problem = wrong_body(call)) return problem;
  const bool needs_engine = !call.route->roles.is_open() && call.route->is_built;
  if (needs_engine && call.services->host.load() == nullptr) {
    return Problem{.status = 503, .detail = "the state is being restored"};
  }
  return std::nullopt;
}

void dispatch(const std::shared_ptr<detail::Services>& services, Listener listener,
              runtime::HttpRequest request, runtime::Responder respond) {
  Routed routed = route(listener, request.method, request.path);
  if (std::holds_alternative<NotFound>(routed)) {
    refuse_unrouted(listener, request, respond, {.status = 404, .detail = "no such route"});
    return;
  }
  if (const auto* other = std::get_if<NotAllowed>(&routed)) {
    const Problem problem{.status = 405, .detail = "this route takes " + other->allow};
    refuse_unrouted(listener, request, respond, problem, other->allow);
    return;
  }
  auto& match = std::get<Match>(routed);
  const auto call = std::make_shared<Call>(services, std::move(request), std::move(respond));
  call->configured = services->configured();
  call->route = match.route;
  call->id = std::move(match.id);
  if (const auto problem = hindrance(*call)) {
    call->refuse(*problem);
    return;
  }
  call->route->handler(call);
}

// What became of an order is an input like others, so that a replay makes its audit entry again.
void submit_outcome(runtime::EngineHost& host, const std::string& order, const StopResult& result) {
  struct Owned {
    std::string order;
    StopResult result;
    telemetry::Input input;
  };
  const auto owned = std::make_shared<Owned>(Owned{order, result, {}});
  owned->input.body = telemetry::TerminatorInput{
      .order = owned->order,
      .kind = owned->result.kind,
      .name = owned->result.name,
      .outcome = owned->result.outcome,
      .detail = owned->result.detail,
      .took = std::chrono::duration_cast<std::chrono::milliseconds>(owned->result.took)};
  host.submit(runtime::InputRequest{.owner = owned, .input = &owned->input, .answer = nullptr});
}

}  // namespace

Api::Api(runtime::IoThreads& io, ApiOptions options)
    : services_(std::make_shared<detail::Services>(io, std::move(options))) {
  services_->streams->start();
  services_->processes->start_heartbeat();
}

Api::~Api() {
  services_->streams->stop();
  services_->processes->close_all();
  services_->slow.stop();
}

runtime::HttpHandler Api::handler(Listener listener) const {
  return
      [services = services_, listener](runtime::HttpRequest request, runtime::Responder respond) {
        dispatch(services, listener, std::move(request), std::move(respond));
      };
}

void Api::keep_records(std::span<const telemetry::Record> records) {
  services_->streams->add(records);
}

void Api::on_records(std::span<const telemetry::Record> records) {
  services_->stops.on_records(records);
}

void Api::on_inputs(std::string_view frame) { services_->inputs.add(frame); }

void Api::attach(runtime::EngineHost& host) {
  // A reader that comes back from before a restart must not find numbers of another time.
  const auto next_seq = std::make_shared<std::promise<std::int64_t>>();
  std::future<std::int64_t> known = next_seq->get_future();
  host.query([next_seq](engine::Engine& engine) { next_seq->set_value(engine.status().next_seq); });
  services_->streams->begin_at(known.get());
  services_->stops.record_with(
      [&host](const std::string& order, const std::vector<StopResult>& results) {
        for (const StopResult& each : results) submit_outcome(host, order, each);
      });
  services_->host = &host;
}

void Api::set_ready(bool ready) { services_->is_ready = ready; }

Result<void> Api::become_ready(const std::function<Result<void>()>& publish) {
  const std::lock_guard lock(services_->readiness);
  auto published = publish();
  services_->is_ready = published.has_value();
  return published;
}

void Api::configure(ApiSettings settings) { services_->configure(std::move(settings)); }

ApiCounters Api::counters() const { return services_->counters.values(); }

}  // namespace fusebox::api
