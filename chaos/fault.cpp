#include "chaos/fault.hpp"

namespace fusebox::chaos {

bool is_terminal(FaultType type) {
  switch (type) {
    case FaultType::InStreamError:
    case FaultType::RateLimit:
    case FaultType::Hang:
    case FaultType::ToolError:
      return true;
    case FaultType::SlowTtft:
    case FaultType::UsageInflation:
    case FaultType::TelemetryLoss:
    case FaultType::ClockStep:
      return false;
  }
  return false;
}

bool acts_on(FaultType type, TargetKind target) {
  switch (type) {
    case FaultType::SlowTtft:
    case FaultType::InStreamError:
    case FaultType::UsageInflation:
      return target == TargetKind::Llm;
    case FaultType::RateLimit:
    case FaultType::Hang:
      return target == TargetKind::Llm || target == TargetKind::Tool;
    case FaultType::ToolError:
      return target == TargetKind::Tool;
    case FaultType::TelemetryLoss:
      return target == TargetKind::Telemetry;
    case FaultType::ClockStep:
      return target == TargetKind::Clock;
  }
  return false;
}

}  // namespace fusebox::chaos
