#include "sre/cli/exit_code.hpp"

namespace fusebox::cli {

int exit_code_of(policy::Effect effect) {
  switch (effect) {
    case policy::Effect::Allow:
      return 0;
    case policy::Effect::Deny:
    case policy::Effect::Kill:
      return 1;
    case policy::Effect::RequireApproval:
      return 3;
    case policy::Effect::Throttle:
    case policy::Effect::Degrade:
      return 4;
  }
  return 1;
}

}  // namespace fusebox::cli
