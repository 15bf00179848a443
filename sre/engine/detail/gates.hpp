// What the gates and the decision share.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/time.hpp"
#include "breakers/limit.hpp"
#include "killswitch/fence.hpp"
#include "policy/rules.hpp"
#include "sre/engine/spec.hpp"
#include "telemetry/event.hpp"

namespace fusebox::engine {

// What the fence and restrictions look at. A view of the check.
[[nodiscard]] killswitch::Target target_of(const telemetry::Check& check);

// Of the policies, in their order; views of `spec`, which must outlive them where it is.
[[nodiscard]] std::vector<policy::RequestRules> request_rules_of(const EngineSpec& spec);

// What a limit with on_exceed: kill stops: its own key, or the agent if the key has no name.
[[nodiscard]] killswitch::Scope scope_of_limit(const breakers::LimitSpec& limit,
                                               const Dimensions& dimensions);

// Up, so that a caller who waits as told is not a fraction too early.
[[nodiscard]] std::int64_t to_ms_rounded_up(Duration duration);

// A limit's refusal in words: which budget, and which field of the request was left out.
[[nodiscard]] std::string describe_refusal(const breakers::LimitSpec& limit,
                                           const breakers::LimitAnswer& answer);

}  // namespace fusebox::engine
