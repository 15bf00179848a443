// Webhooks: output lines that somebody wants to have posted.
#pragma once

#include <memory>
#include <mutex>
#include <span>
#include <vector>

#include "sre/config/settings.hpp"
#include "sre/runtime/io_threads.hpp"
#include "telemetry/record.hpp"

namespace fusebox::api {

// Each record that a webhook asks for is one POST of its line, tried once: what must not be missed
// is read from the stream. At most kWebhookPostsMax are under way; more are counted and dropped, so
// that a slow receiver holds up nothing and costs no memory.
inline constexpr std::size_t kWebhookPostsMax = 256;

struct WebhookCounters {
  std::uint64_t sent = 0;
  std::uint64_t failed = 0;  // no answer, or none of 2xx
  std::uint64_t dropped = 0;
};

// Any thread.
class Webhooks {
 public:
  // `io` outlives it.
  Webhooks(runtime::IoThreads& io, std::vector<config::Webhook> hooks);

  void configure(std::vector<config::Webhook> hooks);
  void on_records(std::span<const telemetry::Record> records);
  [[nodiscard]] WebhookCounters counters() const;

 private:
  struct Shared;
  void post(const config::Webhook& hook, const telemetry::Record& record);

  runtime::IoThreads& io_;
  std::shared_ptr<Shared> shared_;
};

}  // namespace fusebox::api
