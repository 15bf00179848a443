#include "sre/api/webhooks.hpp"

#include <algorithm>
#include <atomic>
#include <optional>
#include <utility>

#include "base/overload.hpp"
#include "sre/runtime/http_client.hpp"

namespace fusebox::api {
namespace {

using config::WebhookEvent;

// Decisions are for the stream: a webhook for each would be a load test.
std::optional<WebhookEvent> event_of(const telemetry::Record& record) {
  using Event = std::optional<WebhookEvent>;
  return std::visit(
      Overload{[](const telemetry::DecisionRecord&) { return Event(); },
               [](const telemetry::PolicyRecord&) { return Event(WebhookEvent::Policy); },
               [](const telemetry::BreakerRecord&) { return Event(WebhookEvent::Breaker); },
               [](const telemetry::AlertRecord&) { return Event(WebhookEvent::Alert); },
               [](const telemetry::SloStatusRecord&) { return Event(WebhookEvent::SloStatus); },
               [](const telemetry::LimitRecord&) { return Event(WebhookEvent::Limit); },
               [](const telemetry::KillRecord&) { return Event(WebhookEvent::Kill); },
               [](const telemetry::NoticeRecord&) { return Event(WebhookEvent::Notice); }},
      record.body);
}

}  // namespace

struct Webhooks::Shared {
  std::mutex mutex;
  std::vector<config::Webhook> hooks;  // guarded by mutex
  std::atomic<std::size_t> under_way = 0;
  std::atomic<std::uint64_t> sent = 0;
  std::atomic<std::uint64_t> failed = 0;
  std::atomic<std::uint64_t> dropped = 0;
};

Webhooks::Webhooks(runtime::IoThreads& io, std::vector<config::Webhook> hooks)
    : io_(io), shared_(std::make_shared<Shared>()) {
  configure(std::move(hooks));
}

void Webhooks::configure(std::vector<config::Webhook> hooks) {
  const std::lock_guard lock(shared_->mutex);
  shared_->hooks = std::move(hooks);
}

void Webhooks::on_records(std::span<const telemetry::Record> records) {
  const std::lock_guard lock(shared_->mutex);
  if (shared_->hooks.empty()) return;
  for (const telemetry::Record& record : records) {
    const auto event = event_of(record);
    if (!event) continue;
    for (const config::Webhook& hook : shared_->hooks) {
      if (std::find(hook.events.begin(), hook.events.end(), *event) != hook.events.end()) {
        post(hook, record);
      }
    }
  }
}

void Webhooks::post(const config::Webhook& hook, const telemetry::Record& record) {
  if (shared_->under_way.fetch_add(1) >= kWebhookPostsMax) {
    --shared_->under_way;
    ++shared_->dropped;
    return;
  }
  runtime::HttpPost request{.endpoint = runtime::TcpAddress{hook.url.host, hook.url.port},
                            .target = hook.url.target};
  request.headers.add("Content-Type", "application/json");
  telemetry::append_json(request.body, record);
  runtime::post_async(io_, std::move(request), hook.timeout,
                      [shared = shared_](const Result<runtime::HttpResponse>& answer) {
                        --shared->under_way;
                        const bool ok = answer && answer->status / 100 == 2;
                        ++(ok ? shared->sent : shared->failed);
                      });
}

WebhookCounters Webhooks::counters() const {
  return {.sent = shared_->sent, .failed = shared_->failed, .dropped = shared_->dropped};
}

}  // namespace fusebox::api
