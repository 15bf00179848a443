// A daemon without sockets: the API over a real engine host on a disk in memory, asked by values.
#pragma once

#include <chrono>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "killswitch/sha256.hpp"
#include "sre/api/api.hpp"
#include "tests/api/locked_files.hpp"
#include "tests/engine/configs.hpp"
#include "tests/engine/spec.hpp"

namespace fusebox::api::testing {

// Far above what anything here takes, sanitizers included.
inline constexpr std::chrono::seconds kPatience{60};

// What was answered to one request, or is being answered without an end.
class Answer {
 public:
  void put(runtime::HttpResponse response) {
    const std::lock_guard lock(mutex_);
    response_ = std::move(response);
    changed_.notify_all();
  }
  bool append(std::string_view bytes) {
    const std::lock_guard lock(mutex_);
    if (closed_) return false;
    response_->body += bytes;
    changed_.notify_all();
    return true;
  }
  void close() {
    std::vector<std::function<void()>> callbacks;
    {
      const std::lock_guard lock(mutex_);
      closed_ = true;
      callbacks.swap(on_closed_);
      changed_.notify_all();
    }
    for (const auto& each : callbacks) each();
  }
  void on_closed(std::function<void()> callback) {
    {
      const std::lock_guard lock(mutex_);
      if (!closed_) {
        on_closed_.push_back(std::move(callback));
        return;
      }
    }
    callback();
  }

  // Waits for the answer, or the head of one without an end.
  runtime::HttpResponse get() {
    std::unique_lock lock(mutex_);
    const bool there = changed_.wait_for(lock, kPatience, [this] { return response_.has_value(); });
    EXPECT_TRUE(there) << "no answer";
    return there ? *response_ : runtime::HttpResponse{.status = 0};
  }
  // Waits until the body has this text; the body.
  std::string until(std::string_view text) {
    std::unique_lock lock(mutex_);
    const bool there = changed_.wait_for(lock, kPatience, [&] {
      return response_ && response_->body.find(text) != std::string::npos;
    });
    EXPECT_TRUE(there) << "no '" << text << "' in: " << (response_ ? response_->body : "");
    return response_ ? response_->body : "";
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  std::optional<runtime::HttpResponse> response_;
  bool closed_ = false;
  std::vector<std::function<void()>> on_closed_;
};
using AnswerPtr = std::shared_ptr<Answer>;

class Sink final : public runtime::ResponseSink {
 public:
  explicit Sink(AnswerPtr answer) : answer_(std::move(answer)) {}
  void respond(std::uint64_t, runtime::HttpResponse response) override {
    answer_->put(std::move(response));
  }
  runtime::StreamWriter stream(std::uint64_t, runtime::HttpResponse head) override {
    answer_->put(std::move(head));
    return runtime::StreamWriter(std::make_shared<Stream>(answer_));
  }

 private:
  class Stream final : public runtime::StreamSink {
   public:
    explicit Stream(AnswerPtr answer) : answer_(std::move(answer)) {}
    bool write(std::string_view bytes) override { return answer_->append(bytes); }
    void close() override { answer_->close(); }
    void on_closed(std::function<void()> callback) override {
      answer_->on_closed(std::move(callback));
    }

   private:
    AnswerPtr answer_;
  };
  AnswerPtr answer_;
};

struct Header {
  std::string name;
  std::string value;
};
using Headers = std::vector<Header>;

inline Header bearer(std::string_view token) {
  return {"Authorization", "Bearer " + std::string(token)};
}
inline const Header kJson{"Content-Type", "application/json"};

// "GET /v1/slos?agent=a": names and values in the query are taken as they stand, %XX decoded.
inline runtime::HttpRequest request_of(std::string_view line, std::string body,
                                       const Headers& headers) {
  runtime::HttpRequest request;
  request.method = line.substr(0, line.find(' '));
  std::string_view target = line.substr(line.find(' ') + 1);
  request.path = target.substr(0, target.find('?'));
  target.remove_prefix(std::min(request.path.size() + 1, target.size()));
  while (!target.empty()) {
    const std::string_view pair = target.substr(0, target.find('&'));
    const auto equals = std::min(pair.find('='), pair.size());
    request.query.push_back(
        {std::string(pair.substr(0, equals)),
         *runtime::percent_decode(pair.substr(std::min(equals + 1, pair.size())))});
    target.remove_prefix(std::min(pair.size() + 1, target.size()));
  }
  for (const Header& each : headers) request.headers.add(each.name, each.value);
  request.body = std::move(body);
  request.peer.address = "127.0.0.1:1";
  return request;
}

// Tokens whose text is their name.
inline config::Token token(std::string name, Role role, std::vector<std::string> agents = {},
                           std::vector<std::string> tenants = {}) {
  const auto digest = killswitch::sha256(name);
  return {.name = std::move(name),
          .role = role,
          .agents = std::move(agents),
          .tenants = std::move(tenants),
          .digest = digest};
}

// One for each role, and a second approver.
inline Credentials every_role() {
  return Credentials({token("agent", Role::Agent, {"bot*"}, {"acme"}),
                      token("ingest", Role::Ingest, {"*"}, {"acme"}), token("viewer", Role::Viewer),
                      token("operator", Role::Operator), token("approver", Role::Approver),
                      token("approver2", Role::Approver), token("admin", Role::Admin)});
}

// An SLO, a breaker, a limit and a rule for each effect that tests need.
inline const std::string kYaml = engine::kToolSlo + R"(---
apiVersion: fusebox/v1
kind: Breaker
metadata: {name: tools}
spec: {key: [tool], where: kind == "tool", consecutive_failures: 2, open: {wait: 10s}}
---
apiVersion: fusebox/v1
kind: Limit
metadata: {name: calls}
spec: {scope: [agent], window: lifetime, budget: {tool_calls: 3, cost_usd: 1.5}, on_exceed: deny}
---
apiVersion: fusebox/v1
kind: Policy
metadata: {name: rules}
spec:
  mode: strict
  default: allow
  rules:
    - {id: no-drop, trigger: request, when: 'target == "drop"', effect: deny, message: never}
    - {id: ask, trigger: request, when: 'target == "pay"', effect: require_approval}
)";

struct DaemonOptions {
  std::string yaml = kYaml;
  ApiSettings settings{};
  std::size_t waiting_events_max = 1 << 18;
};

class Daemon {
 public:
  using Options = DaemonOptions;

  explicit Daemon(Options options = {}) {
    api = std::make_unique<Api>(
        io, ApiOptions{.settings = std::move(options.settings),
                       .version = "1.2.3",
                       .files = &files,
                       .audit_folder = "/state/audit",
                       .metrics =
                           [](const MetricsInput& input) {
                             return "checks " + std::to_string(input.status.counters.checks) +
                                    " denied " + std::to_string(input.api.denied) + "\n";
                           },
                       .on_denied =
                           [this](const Denial& denial) {
                             const std::lock_guard lock(mutex);
                             denials.push_back(denial.actor + " " + denial.tenant + "/" +
                                               denial.agent + " " + denial.route);
                           }});
    auto spec = engine::parse_spec(options.yaml);
    auto started = runtime::EngineHost::start(
        files,
        {.durable = {.root = "/state",
                     .process_id = 1,
                     .secret = {1, 2, 3},
                     .configuration = {options.yaml, std::move(*spec)},
                     .parse = engine::parse_spec,
                     .wall = from_ns(1'767'225'600'000'000'000),
                     .on_frame = [this](std::string_view frame) { api->on_inputs(frame); }},
         .waiting_events_max = options.waiting_events_max,
         .journal = {},
         .before_answers =
             [this](std::span<const telemetry::Record> records) { api->keep_records(records); },
         .on_records =
             [this](std::span<const telemetry::Record> records) { api->on_records(records); }});
    EXPECT_TRUE(started.has_value()) << started.error().message;
    host = std::move(started->host);
    api->attach(*host);
    api->set_ready(true);
  }
  ~Daemon() {
    (void)host->stop();
    io.stop();
  }
  Daemon(const Daemon&) = delete;
  Daemon& operator=(const Daemon&) = delete;

  // Sends a request; the answer comes later.
  AnswerPtr send(std::string_view line, std::string body = {}, const Headers& headers = {},
                 Listener listener = Listener::Api) {
    auto answer = std::make_shared<Answer>();
    auto sink = std::make_shared<Sink>(answer);
    api->handler(listener)(request_of(line, std::move(body), headers), runtime::Responder(sink, 1));
    sinks.push_back(std::move(sink));
    return answer;
  }
  // The whole answer.
  runtime::HttpResponse ask(std::string_view line, std::string body = {},
                            const Headers& headers = {}, Listener listener = Listener::Api) {
    return send(line, std::move(body), headers, listener)->get();
  }
  int status(std::string_view line, std::string body = {}, const Headers& headers = {}) {
    return ask(line, std::move(body), headers).status;
  }

  LockedFiles files;
  runtime::IoThreads io{2};
  std::mutex mutex;
  std::vector<std::string> denials;  // guarded
  std::unique_ptr<Api> api;
  std::unique_ptr<runtime::EngineHost> host;
  std::vector<std::shared_ptr<Sink>> sinks;
};

// The value behind "name": in a flat part of a JSON text, without quotes; "" if it is not there.
inline std::string member(std::string_view json, std::string_view name) {
  const std::string key = "\"" + std::string(name) + "\":";
  const auto found = json.find(key);
  if (found == std::string_view::npos) return "";
  json.remove_prefix(found + key.size());
  if (json.starts_with('"')) return std::string(json.substr(1, json.find('"', 1) - 1));
  return std::string(json.substr(0, json.find_first_of(",}]")));
}

}  // namespace fusebox::api::testing
