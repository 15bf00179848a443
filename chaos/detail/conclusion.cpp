#include "chaos/detail/conclusion.hpp"

#include <algorithm>
#include <array>
#include <vector>

#include "chaos/detail/figures.hpp"

namespace fusebox::chaos {
namespace {

std::vector<const Finding*> with_state(std::span<const Finding> findings, FindingState state) {
  std::vector<const Finding*> out;
  for (const Finding& finding : findings) {
    if (finding.state == state) out.push_back(&finding);
  }
  std::stable_sort(out.begin(), out.end(), [](const Finding* a, const Finding* b) {
    return a->kind == FindingKind::Comparison && b->kind != FindingKind::Comparison;
  });
  return out;
}

const Finding* first_of(std::span<const Finding> findings, FindingKind kind, FindingState state) {
  for (const Finding& finding : findings) {
    if (finding.kind == kind && finding.state == state) return &finding;
  }
  return nullptr;
}

std::string sentence(const std::vector<const Finding*>& findings) {
  const Finding& first = *findings.front();
  std::string text = first.name + ": " + first.text;
  if (findings.size() > 1) {
    text += "; and " + count_of(static_cast<std::int64_t>(findings.size() - 1), "more finding");
  }
  return text + ".";
}

std::string all_held(std::span<const Finding> findings) {
  const auto number = static_cast<std::int64_t>(findings.size());
  std::string text = "All " + count_of(number, "claim") + " held";
  const Finding* compared = first_of(findings, FindingKind::Comparison, FindingState::Pass);
  if (compared != nullptr) text += "; " + compared->name + ": " + compared->text;
  return text + ".";
}

}  // namespace

Conclusion conclude(std::span<const Finding> findings, const Course& course) {
  const auto failed = [findings](FindingKind kind) {
    return first_of(findings, kind, FindingState::Fail);
  };
  if (const Finding* rollback = failed(FindingKind::Rollback)) {
    return {Verdict::RollbackUnverified, "Faults may still be at work: " + rollback->text + "."};
  }
  if (course.aborted) return {Verdict::Aborted, "Aborted: " + *course.aborted + "."};
  if (course.unsteady) {
    const Finding& steady = *failed(FindingKind::SteadyState);
    return {Verdict::Unsteady,
            "Not steady before any fault: " + steady.name + ", " + steady.text + "."};
  }
  if (course.cut_short) return {Verdict::HarnessError, "The run ended before its last stage did."};
  if (const Finding* trigger = failed(FindingKind::Trigger)) {
    return {Verdict::NotTriggered, "Fault " + trigger->name + " was " + trigger->text + "."};
  }
  if (const auto fails = with_state(findings, FindingState::Fail); !fails.empty()) {
    return {Verdict::Fail, sentence(fails)};
  }
  if (const auto open = with_state(findings, FindingState::Inconclusive); !open.empty()) {
    return {Verdict::Inconclusive, sentence(open)};
  }
  return {Verdict::Pass, all_held(findings)};
}

}  // namespace fusebox::chaos
