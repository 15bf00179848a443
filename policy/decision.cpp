#include "policy/decision.hpp"

#include "base/assert.hpp"

namespace fusebox::policy {

std::string_view name_of(Effect effect) {
  switch (effect) {
    case Effect::Allow:
      return "allow";
    case Effect::Degrade:
      return "degrade";
    case Effect::Throttle:
      return "throttle";
    case Effect::RequireApproval:
      return "require_approval";
    case Effect::Deny:
      return "deny";
    case Effect::Kill:
      return "kill";
  }
  FUSEBOX_ASSERT(false);
  return {};
}

std::string_view name_of(Gate gate) {
  switch (gate) {
    case Gate::Kill:
      return "kill";
    case Gate::Governance:
      return "governance";
    case Gate::Reliability:
      return "reliability";
  }
  FUSEBOX_ASSERT(false);
  return {};
}

std::string_view name_of(Reason reason) {
  switch (reason) {
    case Reason::None:
      return "";
    case Reason::Killed:
      return "killed";
    case Reason::PolicyDenied:
      return "policy_denied";
    case Reason::ApprovalRequired:
      return "approval_required";
    case Reason::BudgetExceeded:
      return "budget_exceeded";
    case Reason::RateLimited:
      return "rate_limited";
    case Reason::ConcurrencyLimited:
      return "concurrency_limited";
    case Reason::DepthExceeded:
      return "depth_exceeded";
    case Reason::BreakerOpen:
      return "breaker_open";
    case Reason::BreakerProbing:
      return "breaker_probing";
    case Reason::Restricted:
      return "restricted";
  }
  FUSEBOX_ASSERT(false);
  return {};
}

std::string_view name_of(Enforcement enforcement) {
  switch (enforcement) {
    case Enforcement::Enforce:
      return "enforce";
    case Enforcement::Shadow:
      return "shadow";
  }
  FUSEBOX_ASSERT(false);
  return {};
}

bool stronger(const Verdict& a, const Verdict& b) {
  if (a.effect != b.effect) return a.effect > b.effect;
  if (a.gate != b.gate) return a.gate < b.gate;
  if (a.priority != b.priority) return a.priority > b.priority;
  return a.rule < b.rule;
}

}  // namespace fusebox::policy
