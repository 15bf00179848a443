// Policy documents: rules on requests and on SLO state, evaluated in one pass, no state.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/dimension.hpp"
#include "policy/condition.hpp"
#include "policy/decision.hpp"

namespace fusebox::policy {

enum class Trigger : std::uint8_t { Request, Slo };

// strict and permissive enforce; audit puts every rule in shadow. Permissive enforces deny and
// kill only, its other rules are shadow.
enum class PolicyMode : std::uint8_t { Strict, Permissive, Audit };

[[nodiscard]] std::string_view name_of(Trigger trigger);  // "request", "slo"
[[nodiscard]] std::string_view name_of(PolicyMode mode);  // "strict", "permissive", "audit"
constexpr Trigger last_of(Trigger) { return Trigger::Slo; }
constexpr PolicyMode last_of(PolicyMode) { return PolicyMode::Audit; }

// The mode of a rule once its policy's mode has been applied. A permissive policy leaves `allow`
// rules as they are: they restrict nobody, and in shadow they would make `default: deny` stricter.
[[nodiscard]] Enforcement effective_mode(PolicyMode policy, Enforcement rule, Effect effect);

// What a rule's kill or restriction applies to: a dimension whose value comes from the request or
// the SLO's key, or a fixed scope such as `global` or `tool:shell`.
struct RuleScope {
  std::optional<Dimension> dimension;
  std::string fixed;  // used if `dimension` is absent; a scope's text
};

struct RuleSpec {
  std::string id;
  Trigger trigger = Trigger::Request;
  Condition when;
  // Request: Allow RequireApproval Deny Kill. Slo: Deny (a standing restriction) and Kill.
  Effect effect = Effect::Deny;
  std::optional<RuleScope> scope = {};  // required for Kill and for restrictions
  std::string message = {};
  // What a request rule whose condition errs says. Restricting rules refuse by default.
  Effect on_error = Effect::Deny;
  std::int32_t priority = 0;
  Enforcement mode = Enforcement::Enforce;  // after the policy's own mode has been applied
};

struct PolicySpec {
  std::string name;
  PolicyMode mode = PolicyMode::Strict;
  Effect default_effect = Effect::Allow;  // Allow or Deny: what a request no rule matches gets
  std::vector<RuleSpec> rules = {};
};

// One rule's answer to one request.
struct RuleMatch {
  const RuleSpec* rule;
  Effect effect;       // the rule's, or its on_error
  bool erred = false;  // the condition was an error value
};

// The request rules of one policy, made ready to be asked often. A rule that demands another value
// of one name than the request has (`target == "x" && …`) is passed over by comparing two hashes,
// 0.3 ns instead of 10: a conjunction with a false operand is false, whatever errs beside it.
class RequestRules {
 public:
  // The policy must outlive this, where it is. `by`: the name, a string, that is compared first.
  RequestRules(const PolicySpec& policy, Slot by);

  // Every rule that matches `facts` or errs with an on_error other than allow, appended to `out` in
  // the order of the file. Allocates only if `out` must grow. Thread-safe.
  void match(const Facts& facts, std::vector<RuleMatch>& out) const;

 private:
  std::vector<const RuleSpec*> rules_;
  std::vector<std::uint32_t> demands_;  // by rule: a hash of the value it demands, kNothing if none
  Slot by_;
};

// The verdict of one match, as gate governance: kill and deny carry policy_denied,
// require_approval carries approval_required. (Who trips a kill is the engine's business.)
[[nodiscard]] Verdict verdict_of(const RuleMatch& match);

// The verdict of a policy none of whose enforced rules matched. An audit policy allows whatever
// its default says, because it enforces nothing.
[[nodiscard]] Verdict default_verdict(const PolicySpec& policy);

}  // namespace fusebox::policy
