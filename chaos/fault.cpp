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

}  // namespace fusebox::chaos
