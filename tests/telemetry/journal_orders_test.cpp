// Kill, rearm, approval and tick lines.
#include <gtest/gtest.h>

#include "telemetry/journal.hpp"
#include "tests/telemetry/decode_rows.hpp"

namespace fusebox::telemetry {
namespace {

constexpr std::string_view kKill = R"({"scope":"agent:bot","reason":"r"})";
constexpr std::string_view kRearm = R"({"id":"kill-1","reason":"r","actor":"a"})";
constexpr std::string_view kGrant = R"({"id":"c1","action":"grant","reason":"r","actor":"a"})";

std::string kill_with(std::string_view member) { return line_of("kill", with(kKill, member)); }
std::string approval_with(std::string_view member) {
  return line_of("approval", with(kGrant, member));
}

TEST(JournalKill, ArrivesWithAndWithoutActor) {
  JournalDecoder decoder;
  const auto& bare = decode_as<KillInput>(decoder, kill_with(""));
  EXPECT_EQ(bare.scope, "agent:bot");
  EXPECT_EQ(bare.reason, "r");
  EXPECT_EQ(bare.actor, "");
  EXPECT_EQ(decode_as<KillInput>(decoder, kill_with(R"("actor":"alice")")).actor, "alice");
  EXPECT_EQ(decode_as<KillInput>(decoder, kill_with(R"("category":"hard")")).reason, "r");
  EXPECT_EQ(decode_as<KillInput>(decoder, kill_with(R"("deadline_ms":null)")).reason, "r");
}

TEST(JournalKill, WrongMembersAreNamed) {
  const auto field = ErrorCode::InvalidField;
  expect_refused({
      {"no scope", line_of("kill", R"({"reason":"r"})"), field, "kill.scope: is missing"},
      {"no reason", line_of("kill", R"({"scope":"global"})"), field, "kill.reason: is missing"},
      {"empty scope", line_of("kill", R"({"scope":"","reason":"r"})"), field, "kill.scope"},
      {"empty reason", line_of("kill", R"({"scope":"global","reason":""})"), field, "kill.reason"},
      {"empty actor", kill_with(R"("actor":"")"), field, "kill.actor"},
      {"category", kill_with(R"("category":"soft")"), field,
       "kill.category: expected hard or drain, found \"soft\""},
      {"drain", kill_with(R"("category":"drain")"), ErrorCode::NotYetSupported, "kill.category"},
      {"deadline", kill_with(R"("deadline_ms":30000)"), ErrorCode::NotYetSupported,
       "kill.deadline_ms"},
      {"unknown", kill_with(R"("why":"x")"), field, "kill.why: no such member"},
  });
}

TEST(JournalRearm, NeedsAllOfItsMembers) {
  JournalDecoder decoder;
  const auto& rearm = decode_as<RearmInput>(decoder, line_of("rearm", kRearm));
  EXPECT_EQ(rearm.order, "kill-1");
  EXPECT_EQ(rearm.reason, "r");
  EXPECT_EQ(rearm.actor, "a");
  const auto field = ErrorCode::InvalidField;
  expect_refused({
      {"id", line_of("rearm", R"({"reason":"r","actor":"a"})"), field, "rearm.id: is missing"},
      {"reason", line_of("rearm", R"({"id":"kill-1","actor":"a"})"), field, "rearm.reason"},
      {"actor", line_of("rearm", R"({"id":"kill-1","reason":"r"})"), field, "rearm.actor"},
      {"empty", line_of("rearm", R"({"id":"kill-1","reason":"r","actor":""})"), field,
       "rearm.actor: expected a non-empty string"},
      {"scope", line_of("rearm", with(kRearm, R"("scope":"x")")), field, "rearm.scope"},
  });
}

TEST(JournalApproval, GrantsAndDenies) {
  JournalDecoder decoder;
  const auto& grant = decode_as<ApprovalInput>(decoder, approval_with(R"("for":"1h")"));
  EXPECT_EQ(grant.id, "c1");
  EXPECT_TRUE(grant.granted);
  EXPECT_EQ(grant.reason, "r");
  EXPECT_EQ(grant.actor, "a");
  EXPECT_EQ(grant.valid_for, std::chrono::hours{1});
  EXPECT_EQ(decode_as<ApprovalInput>(decoder, approval_with("")).valid_for, std::nullopt);
  const auto& denial = decode_as<ApprovalInput>(
      decoder, line_of("approval", R"({"id":"c1","action":"deny","reason":"r","actor":"a"})"));
  EXPECT_FALSE(denial.granted);
}

TEST(JournalApproval, WrongMembersAreNamed) {
  const auto field = ErrorCode::InvalidField;
  const auto approval = [](std::string_view body) { return line_of("approval", body); };
  expect_refused({
      {"no action", approval(R"({"id":"c1","reason":"r","actor":"a"})"), field, "approval.action"},
      {"action", approval(R"({"id":"c1","action":"granted","reason":"r","actor":"a"})"), field,
       "approval.action: expected grant or deny, found \"granted\""},
      {"no reason", approval(R"({"id":"c1","action":"deny","actor":"a"})"), field,
       "approval.reason: is missing"},
      {"no actor", approval(R"({"id":"c1","action":"deny","reason":"r"})"), field,
       "approval.actor: is missing"},
      {"for number", approval_with(R"("for":3600)"), field, "approval.for: expected a duration"},
      {"for text", approval_with(R"("for":"an hour")"), field, "approval.for: expected a duration"},
      {"for nothing", approval_with(R"("for":"0s")"), field, "approval.for: expected a duration"},
      {"denied for", approval(R"({"id":"c","action":"deny","reason":"r","actor":"a","for":"1h"})"),
       field, "approval.for: stands only with action grant"},
  });
}

TEST(JournalTick, IsTrue) {
  JournalDecoder decoder;
  static_cast<void>(decode_as<Tick>(decoder, line_of("tick", "true")));
  for (const char* value : {"false", "1", "{}", "\"true\""}) {
    expect_refused(
        {{value, line_of("tick", value), ErrorCode::InvalidField, "tick: expected true"}});
  }
}

}  // namespace
}  // namespace fusebox::telemetry
