#include "sre/cli/detail/story_text.hpp"

#include <boost/json.hpp>
#include <gtest/gtest.h>

namespace fusebox::cli {
namespace {

TEST(StoryText, IsOneAlignedLineForEachThing) {
  const auto story = boost::json::parse(R"({
    "subject":"session:s1","from":"2026-01-01T00:00:00Z","until":"2026-01-01T00:00:09Z",
    "totals":{"events":1,"decisions":1,"allowed":0,"tokens_in":5,"tokens_out":0,"cost_usd":"0.25"},
    "reach":{"inputs":"2026-01-01T00:00:00Z"},
    "timeline":[
      {"at":"2026-01-01T00:00:00Z","event":{"kind":"tool","agent":"bot","tool":"search",
        "outcome":"error","error":"timeout","duration_ms":12}},
      {"at":"2026-01-01T00:00:01Z","seq":1,"check":{"agent":"bot","action":"tool","target":"mail"},
        "decision":{"id":"d-1","effect":"deny","reason":"breaker_open","rule":"tools",
        "message":"open"}},
      {"at":"2026-01-01T00:00:02Z","report":{"permit":"d-0","outcome":"ok","cost_usd":"0.25"}},
      {"at":"2026-01-01T00:00:03Z","approval":{"id":"d-1","action":"grant","reason":"r",
        "actor":"alice"}},
      {"at":"2026-01-01T00:00:04Z","seq":2,"breaker":{"name":"tools","key":{"tool":"mail"},
        "from":"closed","to":"open","reason":"2 in a row"}},
      {"at":"2026-01-01T00:00:05Z","seq":3,"limit":{"name":"calls","key":{"agent":"bot"},
        "dimension":"tokens","used":5,"max":4,"overrun":true}},
      {"at":"2026-01-01T00:00:06Z","seq":4,"kill":{"id":"kill-1","scope":"agent:bot",
        "state":"tripped","reason":"odd","actor":""}},
      {"at":"2026-01-01T00:00:07Z","terminator":{"order":"kill-1","kind":"process","name":"bot",
        "outcome":"confirmed"}},
      {"at":"2026-01-01T00:00:08Z","seq":5,"policy":{"rule":"r1","effect":"deny",
        "scope":"agent:bot","on":true}}]})");
  EXPECT_EQ(story_text(story, false),
            R"(session:s1  2026-01-01T00:00:00Z to 2026-01-01T00:00:09Z
1 calls and events, 1 decisions (0 allowed), 5 tokens in, 0 out, 0.25 USD
the daemon remembers back to: inputs 2026-01-01T00:00:00Z

AT                    WHAT        SUBJECT  STORY
2026-01-01T00:00:00Z  event       bot      tool:search, error, timeout, duration_ms 12
2026-01-01T00:00:01Z  decision    d-1      bot tool:mail  deny: breaker_open by tools (open)
2026-01-01T00:00:02Z  report      d-0      ok, cost_usd 0.25
2026-01-01T00:00:03Z  approval    d-1      granted by alice: r
2026-01-01T00:00:04Z  breaker     tools    tool=mail  closed -> open  2 in a row
2026-01-01T00:00:05Z  limit       calls    agent=bot  tokens 5 of 4  overrun
2026-01-01T00:00:06Z  kill        kill-1   agent:bot stopped by an unnamed person: odd
2026-01-01T00:00:07Z  terminator  kill-1   process bot, confirmed
2026-01-01T00:00:08Z  policy      r1       on: deny agent:bot
)");
}

}  // namespace
}  // namespace fusebox::cli
