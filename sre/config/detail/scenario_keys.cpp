#include "sre/config/detail/scenario_keys.hpp"

namespace fusebox::config::detail::scenario_keys {

std::span<const Key> with_keys(chaos::FaultType type) {
  using chaos::FaultType;
  switch (type) {
    case FaultType::SlowTtft:
      return kSlowTtft;
    case FaultType::InStreamError:
      return kInStreamError;
    case FaultType::RateLimit:
      return kRateLimit;
    case FaultType::Hang:
      return {};
    case FaultType::UsageInflation:
      return kUsageInflation;
    case FaultType::ToolError:
      return kToolError;
    case FaultType::TelemetryLoss:
      return kTelemetryLoss;
    case FaultType::ClockStep:
      return kClockStep;
  }
  return {};
}

std::span<const Key> expect_keys(std::size_t kind) {
  static constexpr std::array<std::span<const Key>, kExpectKinds.size()> kTables{
      kExpectBreaker,       kExpectKillSwitch, kExpectBudget, kExpectCost,     kExpectTokens,
      kExpectAmplification, kExpectRecovery,   kExpectAlert,  kExpectTelemetry};
  return kTables[kind];
}

}  // namespace fusebox::config::detail::scenario_keys
