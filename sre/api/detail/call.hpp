// One request on its way: who asks, what for, and the answer it still waits for.
#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "sre/api/detail/services.hpp"
#include "sre/api/identity.hpp"
#include "sre/api/routes.hpp"

namespace fusebox::api::detail {

// Used by one thread at a time: the I/O thread that decodes it, then whoever answers. A call that
// is let go without an answer is answered 503: that happens when the daemon stops under it.
struct Call : std::enable_shared_from_this<Call> {
  Call(std::shared_ptr<Services> from, runtime::HttpRequest asked, runtime::Responder to)
      : services(std::move(from)), request(std::move(asked)), respond_(std::move(to)) {}
  ~Call();
  Call(const Call&) = delete;
  Call& operator=(const Call&) = delete;

  // Each at most once, all together.
  void answer(runtime::HttpResponse response);
  void answer_json(std::string body);  // with the route's status and type
  void refuse(const Problem& problem);
  [[nodiscard]] runtime::StreamWriter stream(runtime::HttpResponse head);

  // What the query says, or nothing.
  [[nodiscard]] std::optional<std::string_view> query(std::string_view name) const {
    return request.query_value(name);
  }
  // Who acts: the token's name; without authentication whom the body names, or else whoever is
  // local.
  [[nodiscard]] std::string actor(std::optional<std::string_view> named) const;
  // Whether the asker may speak for this agent; if not, it is refused and on record.
  [[nodiscard]] bool may_claim(std::string_view tenant, std::string_view agent);

  const std::shared_ptr<Services> services;
  std::shared_ptr<const Configured> configured;
  const Route* route = nullptr;
  std::string id;  // of the path
  runtime::HttpRequest request;
  Identity identity = Identity::local({});
  std::chrono::steady_clock::time_point began = std::chrono::steady_clock::now();

  telemetry::Input input;      // for the engine, over what `kept` holds
  std::shared_ptr<void> kept;  // decoders and bodies

 private:
  runtime::Responder respond_;
  bool answered_ = false;
};

using CallPtr = std::shared_ptr<Call>;

// Submits the call's input. `on_answer` runs on the engine's thread; what the engine refuses is
// answered here and does not come to it.
void submit(const CallPtr& call, void (*on_answer)(Call&, const runtime::Answer&));

// It happened, and the disk did not take it.
void refuse_unkept(Call& call, const Error& fault);

}  // namespace fusebox::api::detail
