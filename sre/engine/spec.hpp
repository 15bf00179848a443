// Everything the engine is configured with, as one immutable value. The loader checks and binds;
// the engine trusts what stands here.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/time.hpp"
#include "breakers/breaker.hpp"
#include "breakers/limit.hpp"
#include "policy/rules.hpp"
#include "slo/spec.hpp"

namespace fusebox::engine {

struct EngineSpec {
  // Each list in the order of the files; names are unique within a list.
  std::vector<slo::SloSpec> slos;
  std::vector<breakers::BreakerSpec> breakers;
  std::vector<breakers::LimitSpec> limits;
  std::vector<policy::PolicySpec> policies;
  // "sha256:<64 hex>" over the policy documents' bytes; "" without any.
  std::string policy_digest;
  // Events older than this on arrival are only counted.
  Duration lateness = std::chrono::minutes{5};
  // No telemetry of an agent for this long makes its keys uncertain; absent: never.
  std::optional<Duration> silence;
};

}  // namespace fusebox::engine
