// The engine: SLOs, breakers, limits, policies and the kill switch as one pure function of input
// and time. The same object runs live, in virtual time and over a journal, so the same inputs give
// the same output lines, byte for byte.
//
// No clock, no I/O, no lock, no randomness inside. One thread owns an engine. Nothing it returns
// depends on the order of a hash table.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "base/time.hpp"
#include "killswitch/audit.hpp"
#include "sre/engine/reply.hpp"
#include "sre/engine/spec.hpp"
#include "sre/engine/status.hpp"
#include "telemetry/input.hpp"
#include "telemetry/record.hpp"

namespace fusebox::engine {

// How long a permit's reservation lasts before it is charged in full.
inline constexpr Duration kCallLease = std::chrono::minutes{10};  // llm and tool
inline constexpr Duration kWorkLease = std::chrono::hours{24};    // task and delegation
// How long a request for approval waits for a person, and a grant for the request.
inline constexpr Duration kApprovalWait = std::chrono::hours{1};
inline constexpr Duration kGrantValidity = std::chrono::hours{1};
// Arrival may lag an event's own clock by this much before the event counts as from the future.
inline constexpr Duration kClockSkew = std::chrono::seconds{5};

// What one input causes, in the order in which a host must carry it out: first the audit bytes are
// made durable, then replies are given and lines are written, by ascending seq.
struct Effects {
  std::string audit;  // bytes that continue the audit chain
  std::vector<telemetry::Record> records;

  void clear() {
    audit.clear();
    records.clear();
  }
};

class Engine {
 public:
  explicit Engine(EngineSpec spec);
  ~Engine();
  Engine(Engine&&) noexcept;
  Engine& operator=(Engine&&) noexcept;

  // Applies one input at its arrival time. First every timer up to that time fires, at its own
  // deadline; an arrival before the last one is clamped to it, with a notice. Effects are appended.
  // Returns what its sender is told. A check without idempotency key costs one to two microseconds
  // and allocates nothing once warm.
  Reply apply(const telemetry::Input& input, Effects& effects);

  // The time of the last input or timer.
  [[nodiscard]] Instant now() const;

  // A copy of all that readers off the thread may know, at now(). O(keys).
  [[nodiscard]] Status status();

  // {"summary":{slos, breakers, limits, kills, events, audit}} at now(), appended without newline.
  // It can be longer than the state itself, so `written` is called after each key of a limit, and
  // may take away what stands in `out` by then.
  void write_summary(
      std::string& out, const std::function<void()>& written = [] {});

  // The whole state as bytes that end in their own digest, and back into a fresh engine. Under
  // another configuration it is as if the engine had been reconfigured since; the effects are then
  // those of reconfigure(), else none. Errors: StateCorrupt, StateNewer; after an error the engine
  // must not be used.
  [[nodiscard]] std::string save() const;
  [[nodiscard]] Result<Effects> restore(std::string_view bytes);

  // Goes on under another configuration, at now(). Every SLO, breaker, limit and rule keeps its
  // state unless what that state means has changed (detail/spec_digest.hpp says what does not): a
  // number of a limit may change, its scope may not. Those begin afresh, with a notice each; calls
  // under way are settled with the others as they end. Stop orders, permits, approvals, what was
  // seen, counters and the audit chain stay as they are. The effects say what began afresh.
  // Microseconds for each document that is as it was, O(keys) for each that is not.
  [[nodiscard]] Effects reconfigure(EngineSpec spec);

  // For whom this permit was given; nothing for one that is closed, and for one that never was.
  // Views, valid until the next input.
  struct PermitHolder {
    std::string_view tenant;
    std::string_view agent;
  };
  [[nodiscard]] std::optional<PermitHolder> permit_holder(std::string_view permit) const;

  // At start: the chain of entries that the host keeps is the truth, and goes on from there.
  void continue_audit(const killswitch::AuditPosition& position);
  // An entry about what happened to the host itself (a torn file): no input, and so nothing that a
  // replay makes again; a checkpoint must follow it before the next input does.
  // `body` is a JSON object on one line.
  void audit(std::string_view kind, std::string_view body, Effects& effects);

  // At start: a stop order that was kept elsewhere, see Fence::merge. True if it was news.
  bool merge(const killswitch::Order& order);
  // All stop orders, armed ones too, by number.
  [[nodiscard]] std::vector<killswitch::Order> orders() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace fusebox::engine
