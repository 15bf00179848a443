#include "sre/api/hooks.hpp"

#include <algorithm>
#include <chrono>
#include <optional>
#include <utility>

#include "base/overload.hpp"
#include "sre/api/detail/flat_body.hpp"
#include "sre/api/detail/run_command.hpp"
#include "sre/runtime/http_client.hpp"

namespace fusebox::api {
namespace {

using Clock = std::chrono::steady_clock;
using OneDone = std::function<void(StopResult)>;

// One configured terminator as a terminator of one order.
struct Hook final : Terminator {
  Hook(runtime::IoThreads& threads, config::Terminator from) : io(threads), spec(std::move(from)) {}

  void stop(const StopOrder& order, Done done) override;

  runtime::IoThreads& io;
  const config::Terminator spec;
};

std::string body_of(const StopOrder& order) {
  std::string body;
  JsonWriter json(body);
  json.begin_object();
  json.key("order");
  write_json(json, order);
  json.end_object();
  return body;
}

StopOutcome outcome_of(const Error& error) {
  return error.code == ErrorCode::TimedOut ? StopOutcome::TimedOut : StopOutcome::Failed;
}

// What a webhook says of itself.
void read_answer(const runtime::HttpResponse& answer, StopResult& result) {
  if (answer.status < 200 || answer.status > 299) {
    result.outcome = StopOutcome::Failed;
    result.detail = "it answered " + std::to_string(answer.status);
    return;
  }
  detail::FlatBody body(answer.body);
  const auto outcome = body.required_choice("outcome", {"confirmed", "unconfirmed", "failed"});
  const auto said = body.optional_text("detail");
  if (body.problem()) {
    result.outcome = StopOutcome::Unconfirmed;
    result.detail = "it answered " + std::to_string(answer.status) + " and not what became of it";
    return;
  }
  result.outcome = static_cast<StopOutcome>(outcome);
  result.detail = said.value_or("");
}

void call(runtime::IoThreads& io, const config::HttpUrl& url, const StopOrder& order,
          Duration timeout, StopResult result, OneDone done) {
  runtime::HttpPost post{.endpoint = runtime::TcpAddress{.host = url.host, .port = url.port},
                         .target = url.target,
                         .headers = {},
                         .body = body_of(order)};
  post.headers.add("Content-Type", "application/json");
  runtime::post_async(io, std::move(post), timeout,
                      [result = std::move(result), done = std::move(done),
                       began = Clock::now()](const Result<runtime::HttpResponse>& answer) mutable {
                        result.took = std::chrono::duration_cast<Duration>(Clock::now() - began);
                        if (answer) {
                          read_answer(*answer, result);
                        } else {
                          result.outcome = outcome_of(answer.error());
                          result.detail = answer.error().message;
                        }
                        done(std::move(result));
                      });
}

std::vector<std::string> environment_of(const StopOrder& order) {
  const auto ms = std::chrono::duration_cast<std::chrono::milliseconds>(order.deadline).count();
  return {"FUSEBOX_ORDER=" + order.id,
          "FUSEBOX_SCOPE=" + killswitch::format(order.scope),
          "FUSEBOX_EPOCH=" + std::to_string(order.epoch),
          "FUSEBOX_CATEGORY=" + std::string(name_of(order.category)),
          "FUSEBOX_DEADLINE_MS=" + std::to_string(ms),
          "FUSEBOX_REASON=" + order.reason,
          "FUSEBOX_ACTOR=" + order.actor};
}

void call(runtime::IoThreads& io, const config::CommandLine& command, const StopOrder& order,
          Duration timeout, StopResult result, OneDone done) {
  detail::run_command(
      io, {.argv = command.argv, .environment = environment_of(order), .timeout = timeout},
      [result = std::move(result), done = std::move(done),
       began = Clock::now()](const Result<int>& exit_code) mutable {
        result.took = std::chrono::duration_cast<Duration>(Clock::now() - began);
        if (!exit_code) {
          result.outcome = outcome_of(exit_code.error());
          result.detail = exit_code.error().message;
        } else {
          result.outcome = *exit_code == 0 ? StopOutcome::Confirmed : StopOutcome::Failed;
          if (*exit_code != 0) result.detail = "exit code " + std::to_string(*exit_code);
        }
        done(std::move(result));
      });
}

std::string kind_of(const config::Terminator& terminator) {
  return std::holds_alternative<config::HttpUrl>(terminator.call) ? "webhook" : "command";
}

void Hook::stop(const StopOrder& order, Done done) {
  const Duration timeout = std::min<Duration>(spec.timeout, order.deadline + kStopGrace);
  const StopResult result{.kind = kind_of(spec), .name = spec.name};
  const auto one = [done = std::move(done)](StopResult only) { done({std::move(only)}); };
  std::visit([&](const auto& how) { call(io, how, order, timeout, result, one); }, spec.call);
}

}  // namespace

void Hooks::configure(std::vector<config::Terminator> terminators) {
  const std::lock_guard lock(mutex_);
  configured_ = std::make_shared<const std::vector<config::Terminator>>(std::move(terminators));
}

Hooks::Configured Hooks::configured() const {
  const std::lock_guard lock(mutex_);
  return configured_;
}

void Hooks::stop(const StopOrder& order, Done done) {
  std::vector<std::shared_ptr<Terminator>> concerned;
  const Configured all = configured();
  for (const config::Terminator& each : *all) {
    const bool wants =
        std::find(each.scopes.begin(), each.scopes.end(), order.scope.kind) != each.scopes.end();
    if (wants) concerned.push_back(std::make_shared<Hook>(io_, each));
  }
  stop_all(concerned, order, std::move(done));
}

}  // namespace fusebox::api
