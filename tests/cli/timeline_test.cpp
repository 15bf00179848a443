#include "sre/cli/timeline.hpp"

#include <gtest/gtest.h>

namespace fusebox::cli {
namespace {

std::string line_of(telemetry::RecordBody body) {
  std::string out;
  Timeline(false).append(out, {from_ns(1'500'000'000), 1, std::move(body)});
  return out.substr(out.find('\n') + 1);
}

TEST(Timeline, WritesTheDateOnceADay) {
  std::string out;
  Timeline timeline(false);
  const telemetry::NoticeRecord notice{"code", "text"};
  timeline.append(out, {from_ns(0), 1, notice});
  timeline.append(out, {from_ns(1), 2, notice});
  timeline.append(out, {Instant{std::chrono::days{1}}, 3, notice});
  EXPECT_EQ(out,
            "1970-01-01 (UTC)\n"
            "  00:00:00  notice    code          text\n"
            "  00:00:00.000000001  notice    code          text\n"
            "1970-01-02 (UTC)\n"
            "  00:00:00  notice    code          text\n");
}

TEST(Timeline, SaysWhoDecidedAndWhatToDo) {
  telemetry::DecisionRecord decision;
  decision.id = "c1";
  decision.effect = policy::Effect::Deny;
  decision.reason = policy::Reason::BreakerOpen;
  decision.rule = "tools";
  decision.retry_after_ms = 9000;
  EXPECT_EQ(line_of(decision),
            "  00:00:01.5  decision  c1            deny: breaker_open by tools, retry after 9s\n");
}

TEST(Timeline, ReadsKeysWithoutTheirJson) {
  const telemetry::BreakerRecord breaker{
      "tools", R"({"agent":"a:b,c","tool":"say \"hi\""})", "closed", "open", "failure_rate", ""};
  EXPECT_EQ(line_of(breaker),
            "  00:00:01.5  breaker   tools         agent=a:b,c tool=say \"hi\"  closed -> open\n");
}

TEST(Timeline, ShadowRulesWould) {
  const telemetry::PolicyRecord rule{"r", policy::Effect::Kill, "agent:x",
                                     policy::Enforcement::Shadow, true};
  EXPECT_EQ(line_of(rule), "  00:00:01.5  rule      r             would kill agent:x (shadow)\n");
}

}  // namespace
}  // namespace fusebox::cli
