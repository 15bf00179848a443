// Who ends work that a stop order covers, beside the fence that admits no new work: supervised
// processes (processes.hpp), and the webhooks and commands of the configuration (hooks.hpp). Each
// says what it knows, and not more: an order that nobody confirmed was not confirmed.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/json_writer.hpp"
#include "base/time.hpp"
#include "killswitch/scope.hpp"
#include "telemetry/input.hpp"

namespace fusebox::api {

// Hard: end it, and by force after the deadline. Drain: let it end itself until then.
enum class StopCategory : std::uint8_t { Hard, Drain };
[[nodiscard]] std::string_view name_of(StopCategory category);  // "hard"

struct StopOrder {
  std::string id;  // kill-N
  killswitch::Scope scope;
  std::int64_t epoch = 0;
  std::string reason;
  std::string actor;
  StopCategory category = StopCategory::Hard;
  Duration deadline = std::chrono::seconds{5};
};

// {"id","scope","epoch","category","deadline_ms","reason","actor"}: as processes and hooks get it.
void write_json(JsonWriter& json, const StopOrder& order);

using telemetry::StopOutcome;

struct StopResult {
  std::string kind;  // "process", "webhook", "command"
  std::string name;
  StopOutcome outcome = StopOutcome::Unconfirmed;
  std::string detail{};  // "" if there is nothing to add
  Duration took{};
};

// {"kind","name","outcome","detail","took_ms"}
void write_json(JsonWriter& json, const StopResult& result);

// What is added to an order's deadline for the force after it, and for the word that it worked.
inline constexpr Duration kStopGrace = std::chrono::seconds{2};

class Terminator {
 public:
  using Done = std::function<void(std::vector<StopResult>)>;

  Terminator() = default;
  Terminator(const Terminator&) = delete;
  Terminator& operator=(const Terminator&) = delete;
  virtual ~Terminator() = default;

  // Calls `done` once, at once or from an I/O thread, no later than the deadline and kStopGrace;
  // with nothing if nothing of the order's scope is here. Does not block. Any thread but the
  // engine's.
  virtual void stop(const StopOrder& order, Done done) = 0;
};

// Asks all of them at the same time and gives their results together, in their order.
void stop_all(const std::vector<std::shared_ptr<Terminator>>& terminators, const StopOrder& order,
              Terminator::Done done);

}  // namespace fusebox::api
