// What comes into the engine. A journal line, an API call and a simulated agent all become one of
// these; the host decodes, the engine decides.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <variant>

#include "base/time.hpp"
#include "telemetry/event.hpp"

namespace fusebox::telemetry {

// How one request rule answered a check: it matched, or it erred in a way that counts.
struct RuleOutcome {
  std::string_view rule;  // its id
  bool erred = false;
  friend bool operator==(const RuleOutcome&, const RuleOutcome&) = default;
};

// What a check's arguments came to. Arguments hold secrets, so a host that logs its inputs must
// not keep them; the engine decides from this what it decided from them.
struct RecordedOutcome {
  std::span<const RuleOutcome> rules;  // those that said something, in the order of the policies
  // SHA-256 of the request that approvals and idempotency keys are bound to; absent where the
  // decision did not need it.
  std::optional<std::array<std::uint8_t, 32>> request;
};

// A check and the id that its decision and permit will have; "" lets the engine name it d-N.
struct CheckInput {
  Check check;
  std::string_view id;
  bool explain = false;  // say what every gate thought of it
  // Stands for the arguments: `check.args` and the request rules are not looked at, and nothing
  // is explained.
  std::optional<RecordedOutcome> recorded = {};
};

// A stop order by a person. `scope` is not parsed yet: killswitch knows scopes.
struct KillInput {
  std::string_view scope;
  std::string_view reason;  // never empty
  std::string_view actor;   // "" if nobody is named
};

// One person's approval of re-arming an order.
struct RearmInput {
  std::string_view order;   // kill-N
  std::string_view reason;  // never empty
  std::string_view actor;   // never empty
};

// A person's answer to a pending approval. A grant lets the same request pass once until it
// expires.
struct ApprovalInput {
  std::string_view id;  // of the decision that asked for it
  bool granted = false;
  std::string_view reason;
  std::string_view actor;             // never empty
  std::optional<Duration> valid_for;  // of a grant; absent: the default of the engine
};

struct Tick {};

// How long a person's word holds: exactly one of both is there.
struct Validity {
  std::optional<Duration> lasts;  // > 0
  std::optional<Instant> until;
};

enum class ForcedState : std::uint8_t { Open, Closed };
constexpr ForcedState last_of(ForcedState) { return ForcedState::Closed; }

// A person's word on one key of a breaker, against what its detectors say.
struct ForceInput {
  std::string_view id;  // "tools:search"
  ForcedState state = ForcedState::Open;
  Validity validity;
  std::string_view reason;  // never empty
  std::string_view actor;   // never empty
};

// A person's word on one budget of one key of a limit: a higher maximum for a while.
struct RaiseInput {
  std::string_view id;         // "spend:acme:bot"
  std::string_view dimension;  // "tokens"
  // Exactly one of both, >= 0; micro-dollars of cost_usd, nanoseconds of wall_clock, else a count.
  std::optional<std::int64_t> to;
  std::optional<std::int64_t> by;
  Validity validity;
  std::string_view reason;  // never empty
  std::string_view actor;   // never empty
};

// Somebody asked in another's name and was refused: nothing but the audit hears of it.
struct DenialInput {
  std::string_view actor;   // who asked; never empty
  std::string_view tenant;  // in whose name; "" without
  std::string_view agent;
  std::string_view route;   // "POST /v1/check"
  std::int64_t untold = 0;  // others of the actor's before it, which were only counted; >= 0
};

enum class StopOutcome : std::uint8_t {
  Confirmed,    // the work is over
  Unconfirmed,  // the order arrived, or may have, and nobody says that the work is over
  Failed,       // it was tried and did not work
  TimedOut,     // no answer in time
};
constexpr StopOutcome last_of(StopOutcome) { return StopOutcome::TimedOut; }
// As on the wire, in the order of the enum.
inline constexpr std::array<std::string_view, 4> kStopOutcomeNames{"confirmed", "unconfirmed",
                                                                   "failed", "timed_out"};
constexpr std::string_view name_of(StopOutcome outcome) {
  return kStopOutcomeNames[static_cast<std::size_t>(outcome)];
}

// What one of those who end work says became of a stop order: for the audit, decides nothing.
struct TerminatorInput {
  std::string_view order;  // kill-N
  std::string_view kind;   // "process", "webhook", "command"; never empty
  std::string_view name;
  StopOutcome outcome = StopOutcome::Unconfirmed;
  std::string_view detail;  // "" if there is nothing to add
  Duration took{};          // >= 0, whole milliseconds
};

using InputBody = std::variant<Event, CheckInput, Report, KillInput, RearmInput, ApprovalInput,
                               Tick, ForceInput, RaiseInput, DenialInput, TerminatorInput>;

// Which of them an input is, in their order. The numbers are stable: a log outlives the program
// that wrote it.
enum class InputKind : std::uint8_t {
  Event,
  Check,
  Report,
  Kill,
  Rearm,
  Approval,
  Tick,
  Force,
  Raise,
  Denial,
  Terminator
};
constexpr InputKind last_of(InputKind) { return InputKind::Terminator; }
static_assert(std::variant_size_v<InputBody> == static_cast<std::size_t>(last_of(InputKind{})) + 1);

struct Input {
  Instant at;  // arrival, engine time
  InputBody body;

  [[nodiscard]] InputKind kind() const { return static_cast<InputKind>(body.index()); }
};

}  // namespace fusebox::telemetry
