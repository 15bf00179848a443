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

using InputBody =
    std::variant<Event, CheckInput, Report, KillInput, RearmInput, ApprovalInput, Tick>;

struct Input {
  Instant at;  // arrival, engine time
  InputBody body;
};

}  // namespace fusebox::telemetry
