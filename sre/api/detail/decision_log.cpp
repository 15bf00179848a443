#include "sre/api/detail/decision_log.hpp"

#include <algorithm>
#include <utility>

namespace fusebox::api::detail {
namespace {

KeySpec every_dimension() {
  std::vector<Dimension> all;
  for (std::size_t i = 0; i < kDimensionCount; ++i) all.push_back(static_cast<Dimension>(i));
  return KeySpec(std::move(all));
}

}  // namespace

const KeySpec& check_key() {
  static const KeySpec spec = every_dimension();
  return spec;
}

void DecisionLog::add(LoggedDecision decision) {
  const std::lock_guard lock(mutex_);
  if (decisions_.size() == kDecisionsMax) {
    const auto known = latest_.find(decisions_.front().id);
    if (known->second == decisions_.front().seq) latest_.erase(known);
    decisions_.pop_front();
  }
  latest_[decision.id] = decision.seq;
  decisions_.push_back(std::move(decision));
}

std::vector<LoggedDecision> DecisionLog::read(std::optional<std::int64_t> after, std::size_t max,
                                              const Wanted& wanted) const {
  std::vector<LoggedDecision> found;
  const std::lock_guard lock(mutex_);
  if (after) {
    for (const LoggedDecision& each : decisions_) {
      if (found.size() == max) break;
      if (each.seq > *after && wanted(each)) found.push_back(each);
    }
    return found;
  }
  for (auto each = decisions_.rbegin(); each != decisions_.rend() && found.size() < max; ++each) {
    if (wanted(*each)) found.push_back(*each);
  }
  std::reverse(found.begin(), found.end());
  return found;
}

std::optional<Instant> DecisionLog::since() const {
  const std::lock_guard lock(mutex_);
  return decisions_.empty() ? std::nullopt : std::optional(decisions_.front().at);
}

std::optional<DecisionLog::Holder> DecisionLog::holder_of(std::string_view permit) const {
  const std::lock_guard lock(mutex_);
  const auto latest = latest_.find(std::string(permit));
  if (latest == latest_.end()) return std::nullopt;
  const auto found =
      std::lower_bound(decisions_.begin(), decisions_.end(), latest->second,
                       [](const LoggedDecision& each, std::int64_t seq) { return each.seq < seq; });
  return Holder{std::string(check_key().value(found->key, Dimension::Tenant)),
                std::string(check_key().value(found->key, Dimension::Agent))};
}

}  // namespace fusebox::api::detail
