#include "chaos/verdict.hpp"

namespace fusebox::chaos {

int exit_code_of(Verdict verdict) {
  switch (verdict) {
    case Verdict::Pass:
      return 0;
    case Verdict::Fail:
      return 1;
    case Verdict::Inconclusive:
      return 3;
    case Verdict::Aborted:
      return 4;
    case Verdict::HarnessError:
      return 5;
    case Verdict::Refused:
      return 6;
    case Verdict::Unsteady:
      return 7;
    case Verdict::NotTriggered:
      return 8;
    case Verdict::RollbackUnverified:
      return 9;
  }
  return 5;
}

}  // namespace fusebox::chaos
