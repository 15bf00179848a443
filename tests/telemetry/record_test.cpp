// Output lines against data/records.ndjson; UPDATE_GOLDEN=1 writes the file anew.
#include "telemetry/record.hpp"

#include <cstdlib>
#include <fstream>
#include <iterator>

#include <gtest/gtest.h>

namespace fusebox::telemetry {
namespace {

std::string json_of(const DecisionRecord& decision) {
  std::string out;
  append_json(out, decision);
  return out;
}

std::string line_of(RecordBody body) {
  std::string out;
  append_json(out, Record{*parse_rfc3339("2026-01-01T00:00:04Z"), 7, std::move(body)});
  return out;
}

DecisionRecord full_decision() {
  DecisionRecord decision;
  decision.id = "c4";
  decision.effect = policy::Effect::RequireApproval;
  decision.gate = policy::Gate::Governance;
  decision.reason = policy::Reason::ApprovalRequired;
  decision.rule = "no-production-deletes";
  decision.message = "Deleting \"production\" files needs an approval.\n";
  decision.epoch = 2;
  decision.policy = std::make_shared<const std::string>("abcd");
  decision.ttl_ms = 600'000;
  decision.retry_after_ms = 9000;
  decision.approval = {"c3", *parse_rfc3339("2026-01-01T01:00:04.5Z")};
  decision.would_be = {
      {"stop", policy::Effect::Kill, policy::Gate::Governance, policy::Reason::PolicyDenied},
      {"tools", policy::Effect::Deny, policy::Gate::Reliability, policy::Reason::BreakerOpen}};
  decision.explain = {{"no-drop-table", "target = \"search\""}};
  return decision;
}

DecisionRecord denied(policy::Effect effect, policy::Gate gate, policy::Reason reason) {
  DecisionRecord decision;
  decision.id = "c6";
  decision.effect = effect;
  decision.gate = gate;
  decision.reason = reason;
  decision.epoch = 1;
  return decision;
}

std::vector<RecordBody> every_kind() {
  DecisionRecord allow;
  allow.id = allow.permit = "c1";
  const std::string key = R"({"agent":"bot","tool":"search"})";
  return {
      allow,
      full_decision(),
      denied(policy::Effect::Kill, policy::Gate::Kill, policy::Reason::Killed),
      PolicyRecord{"budget-gone", policy::Effect::Kill, "agent:bot", policy::Enforcement::Shadow,
                   true},
      PolicyRecord{"restrict", policy::Effect::Deny, "", policy::Enforcement::Enforce, false},
      BreakerRecord{"tools", key, "closed", "open", "failure_rate", "2 of 4 failed"},
      BreakerRecord{"tools", key, "open", "half_open", "", ""},
      AlertRecord{"tool-success", key, "standard", true, true, 14.5, 40, "1h", "5m"},
      AlertRecord{"tool-success", "{}", "", false, false, 0.1, 0, "3d", "6h"},
      SloStatusRecord{"tool-success", key, "standard", "healthy", "exhausted", -39, true},
      SloStatusRecord{"tool-success", "{}", "", "no_data", "healthy", 1, false},
      LimitRecord{"task-budget", R"({"task":"t1"})", "tokens", 6400, 8000, 0.8, false},
      LimitRecord{"task-budget", R"({"task":"t1"})", "cost_usd", 1'250'000, 500'000, {}, true},
      LimitRecord{"task-time", R"({"task":"t1"})", "wall_clock", 90'000'000'000, 100'000'000'000,
                  0.9},
      KillRecord{"kill-1", "agent:bot", 1, true, "example", "alice", 0},
      KillRecord{"kill-1", "agent:bot", 1, true, "example", "alice", 1},
      KillRecord{"kill-1", "agent:bot", 2, false, "", "", 2},
      NoticeRecord{"clock_clamped", "the line before was later"},
  };
}

TEST(Record, LinesAreTheGoldenOnes) {
  std::string written;
  for (RecordBody& body : every_kind()) written += line_of(std::move(body)) + "\n";
  const std::string path = FUSEBOX_TEST_DATA "/records.ndjson";
  // NOLINTNEXTLINE(concurrency-mt-unsafe): tests have one thread
  if (std::getenv("UPDATE_GOLDEN") != nullptr) std::ofstream(path) << written;
  std::ifstream in(path);
  const std::string golden{std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
  EXPECT_EQ(written, golden);
}

TEST(Record, PlainAllowSaysOnlyWhatItIs) {
  DecisionRecord allow;
  allow.id = allow.permit = "c1";
  allow.gate = policy::Gate::Reliability;
  EXPECT_EQ(json_of(allow), R"({"id":"c1","effect":"allow","permit":"c1","epoch":0})");
}

TEST(Record, ADecisionNeverSaysKill) {
  EXPECT_EQ(json_of(denied(policy::Effect::Kill, policy::Gate::Kill, policy::Reason::Killed)),
            R"({"id":"c6","effect":"deny","gate":"kill","reason":"killed","epoch":1})");
}

TEST(Record, AppendsBehindWhatIsThere) {
  std::string out = "x";
  append_json(out, Record{from_ns(0), 1, NoticeRecord{"a", "b"}});
  EXPECT_EQ(out, R"(x{"at":"1970-01-01T00:00:00Z","seq":1,"notice":{"code":"a","text":"b"}})");
}

TEST(Record, NumbersThatAreNoneAreNull) {
  SloStatusRecord status{"s", "{}", "", "healthy", "no_data", 0, false};
  status.budget_remaining = std::numeric_limits<double>::quiet_NaN();
  EXPECT_NE(line_of(status).find(R"("budget_remaining":null)"), std::string::npos);
}

}  // namespace
}  // namespace fusebox::telemetry
