#include "sre/sim/retry.hpp"

#include <string>

#include <gtest/gtest.h>

namespace fusebox::sim {
namespace {

using namespace std::chrono_literals;

constexpr std::uint64_t kNoJitter = 0;
constexpr std::uint64_t kHalfJitter = std::uint64_t{1} << 63;
constexpr std::uint64_t kAllJitter = ~std::uint64_t{0};

// As the SDK of Anthropic was until it began to wait as long as it is told.
chaos::RetryRules anthropic() {
  chaos::RetryRules rules;
  rules.retry_after_max = 60s;
  rules.retry_beyond = true;
  return rules;
}
chaos::RetryRules openai() { return {}; }
chaos::RetryRules patient() {
  chaos::RetryRules rules;
  rules.retries_max = 10;
  return rules;
}

struct RetryCase {
  std::string name;
  chaos::RetryRules rules;
  std::int64_t retries;
  FailedAttempt failed;
  std::uint64_t draw;
  std::optional<Duration> wait;
};

class RetryWait : public testing::TestWithParam<RetryCase> {};

TEST_P(RetryWait, IsTheSdks) {
  const RetryCase& row = GetParam();
  EXPECT_EQ(retry_wait(row.rules, row.retries, row.failed, row.draw), row.wait);
}

FailedAttempt failed(AttemptEnd end, std::optional<Duration> retry_after = std::nullopt) {
  return {end, retry_after};
}

INSTANTIATE_TEST_SUITE_P(
    Rows, RetryWait,
    testing::Values(
        RetryCase{"FirstWaitIsTheBase", anthropic(), 0, failed(AttemptEnd::ServerError), kNoJitter,
                  500ms},
        RetryCase{"SecondIsTwice", anthropic(), 1, failed(AttemptEnd::ServerError), kNoJitter, 1s},
        RetryCase{"JitterShortens", anthropic(), 1, failed(AttemptEnd::ServerError), kHalfJitter,
                  875ms},
        RetryCase{"TwoRetriesAreAll", anthropic(), 2, failed(AttemptEnd::ServerError), kNoJitter,
                  std::nullopt},
        RetryCase{"WaitsAreCapped", patient(), 9, failed(AttemptEnd::TimedOut), kNoJitter, 8s},
        RetryCase{"OverloadIsRetried", anthropic(), 0, failed(AttemptEnd::Overloaded), kNoJitter,
                  500ms},
        RetryCase{"RateLimitIsRetried", openai(), 0, failed(AttemptEnd::RateLimited), kNoJitter,
                  500ms},
        RetryCase{"RetryAfterIsObeyedWithoutJitter", anthropic(), 1,
                  failed(AttemptEnd::RateLimited, 7s), kHalfJitter, 7s},
        RetryCase{"AMinuteIsStillObeyed", anthropic(), 0, failed(AttemptEnd::RateLimited, 60s),
                  kHalfJitter, 60s},
        RetryCase{"BeyondItAnthropicWaitsItsOwn", anthropic(), 0,
                  failed(AttemptEnd::RateLimited, 61s), kNoJitter, 500ms},
        RetryCase{"TwoMinutesAreObeyedByOpenAi", openai(), 0, failed(AttemptEnd::RateLimited, 120s),
                  kNoJitter, 120s},
        RetryCase{"BeyondThemOpenAiGivesUp", openai(), 0, failed(AttemptEnd::RateLimited, 121s),
                  kNoJitter, std::nullopt},
        RetryCase{"NoTimeAtAllIsNoHeader", openai(), 0, failed(AttemptEnd::RateLimited, 0s),
                  kNoJitter, 500ms},
        RetryCase{"AStreamIsNotBegunAgain", anthropic(), 0, failed(AttemptEnd::StreamError),
                  kNoJitter, std::nullopt},
        RetryCase{"AToolsAnswerIsAnAnswer", anthropic(), 0, failed(AttemptEnd::ToolFailed),
                  kNoJitter, std::nullopt},
        RetryCase{"AProtocolErrorToo", anthropic(), 0, failed(AttemptEnd::ProtocolError), kNoJitter,
                  std::nullopt}),
    [](const auto& each) { return each.param.name; });

TEST(RetryWaitJitter, TakesAtMostItsShare) {
  const auto wait = retry_wait(anthropic(), 1, failed(AttemptEnd::ServerError), kAllJitter);
  ASSERT_TRUE(wait);
  EXPECT_GE(*wait, 750ms);
  EXPECT_LE(*wait, 750ms + 1us);
}

}  // namespace
}  // namespace fusebox::sim
