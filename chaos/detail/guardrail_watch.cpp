#include "chaos/detail/guardrail_watch.hpp"

#include <algorithm>

#include "chaos/detail/figures.hpp"

namespace fusebox::chaos {

bool GuardrailWatch::judge(const Slis& delivered, Duration now) {
  const slo::Counts counts = delivered.trailing(slo_, guardrail_->arm, now, guardrail_->window);
  std::optional<double> burn;
  if (counts.total() > 0) {
    burn = slo::burn_rate(counts, spec_->objectives.front().target);
    highest_ = std::max(highest_.value_or(0), *burn);
  }
  if (burn && !holds(*burn, guardrail_->op, guardrail_->value)) {
    since_.reset();
    return false;
  }
  if (!since_) since_ = now;
  if (tripped_ || now - *since_ < guardrail_->lasting) return false;
  tripped_ = now;
  violation_ = text_of(burn);
  return true;
}

std::string GuardrailWatch::text_of(std::optional<double> burn) const {
  const std::string where = guardrail_->slo + " in the " + std::string(name_of(guardrail_->arm)) +
                            " arm over " + in_words(guardrail_->window);
  std::string text = burn ? "burn rate " + rounded(*burn) + " of " + where : "no data of " + where;
  if (guardrail_->lasting > Duration{}) text += ", for " + in_words(guardrail_->lasting);
  return text;
}

Finding GuardrailWatch::finding() const {
  Finding out{.kind = FindingKind::Guardrail,
              .state = tripped_ ? FindingState::Fail : FindingState::Pass,
              .name = guardrail_->name,
              .text = {},
              .estimate = {},
              .margin = {}};
  if (tripped_) {
    out.text = "tripped at " + clock_text(*tripped_) + ": " + violation_;
  } else if (highest_) {
    out.text = "never held for long enough; highest burn rate " + rounded(*highest_);
  } else {
    out.text = "never judged";
  }
  return out;
}

}  // namespace fusebox::chaos
