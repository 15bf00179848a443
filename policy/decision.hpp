// The vocabulary of decisions: effects in order of strength, gates in order of precedence,
// reasons. Shared by every gate and by the records.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace fusebox::policy {

// Ascending strength. Kill is what rules may say; a decision answers it as deny at gate kill.
enum class Effect : std::uint8_t { Allow, Degrade, Throttle, RequireApproval, Deny, Kill };

// Ascending lateness: a tie in strength goes to the earlier gate. Trust comes with its own step.
enum class Gate : std::uint8_t { Kill, Governance, Reliability };

enum class Reason : std::uint8_t {
  None,  // an allow has no reason
  Killed,
  PolicyDenied,
  ApprovalRequired,
  BudgetExceeded,
  RateLimited,
  ConcurrencyLimited,
  DepthExceeded,
  BreakerOpen,
  BreakerProbing,
  Restricted,
};

// enforce does; shadow only says what it would have done.
enum class Enforcement : std::uint8_t { Enforce, Shadow };

// "require_approval", "governance", "breaker_open", "shadow": as on the wire.
[[nodiscard]] std::string_view name_of(Effect effect);
[[nodiscard]] std::string_view name_of(Gate gate);
[[nodiscard]] std::string_view name_of(Reason reason);  // "" for None
[[nodiscard]] std::string_view name_of(Enforcement enforcement);

constexpr Effect last_of(Effect) { return Effect::Kill; }
constexpr Gate last_of(Gate) { return Gate::Reliability; }
constexpr Reason last_of(Reason) { return Reason::Restricted; }
constexpr Enforcement last_of(Enforcement) { return Enforcement::Shadow; }

// What one rule, breaker or limit says about one request. The strongest verdict decides: by
// effect, then gate, then priority, then name, so that the order of files cannot matter.
struct Verdict {
  Effect effect = Effect::Allow;
  Gate gate = Gate::Governance;
  Reason reason = Reason::None;
  std::int32_t priority = 0;
  std::string_view rule = {};       // who says so: id or name; the view of the spec that holds it
  std::string_view message = {};    // for people; "" if the rule has none
  std::int64_t retry_after_ms = 0;  // rounded up; 0 if waiting does not help
  std::int64_t epoch = 0;           // of the deciding stop order; 0 otherwise
};

// True if `a` decides over `b`.
[[nodiscard]] bool stronger(const Verdict& a, const Verdict& b);

}  // namespace fusebox::policy
