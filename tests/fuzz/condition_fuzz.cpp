// Any bytes as a condition: they compile or are refused with places inside the text, and what
// compiles evaluates and explains itself without a trace of undefined behaviour.
#include "policy/condition.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "base/assert.hpp"
#include "tests/policy/sample_facts.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  namespace policy = fusebox::policy;
  const std::string_view text(reinterpret_cast<const char*>(data), size);  // NOLINT: bytes as text
  std::vector<policy::ConditionError> errors;
  const std::optional<policy::Condition> condition =
      policy::Condition::compile(text, policy::testing::kSampleSchema, errors);
  FUSEBOX_ASSERT(condition.has_value() == errors.empty());
  FUSEBOX_ASSERT(errors.size() <= policy::kConditionErrorsMax);
  for (const policy::ConditionError& error : errors) FUSEBOX_ASSERT(error.offset <= size);
  if (!condition) return 0;
  static const policy::testing::SampleFacts facts;
  const policy::Outcome outcome = condition->evaluate(facts);
  FUSEBOX_ASSERT(outcome == condition->evaluate(facts));
  FUSEBOX_ASSERT(!condition->explain(facts).empty());
  FUSEBOX_ASSERT(condition->text() == text);
  return 0;
}
