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

constexpr std::string_view kForce =
    R"({"id":"tools:x","state":"open","for":"1h","reason":"r","actor":"a"})";
constexpr std::string_view kRaise =
    R"({"id":"spend:x","dimension":"cost_usd","for":"1h","reason":"r","actor":"a"})";

std::string without(std::string_view body, std::string_view member) {
  std::string out(body);
  const std::size_t found = out.find(member);
  return found == std::string::npos ? out : out.erase(found, member.size());
}

TEST(JournalForce, EveryMemberArrives) {
  JournalDecoder decoder;
  const auto& force = decode_as<ForceInput>(decoder, line_of("force", kForce));
  EXPECT_EQ(force.id, "tools:x");
  EXPECT_EQ(force.state, ForcedState::Open);
  EXPECT_EQ(force.validity.lasts, std::chrono::hours{1});
  EXPECT_EQ(force.validity.until, std::nullopt);
  EXPECT_EQ(force.reason, "r");
  EXPECT_EQ(force.actor, "a");
}

TEST(JournalForce, WrongMembersAreNamed) {
  const auto field = ErrorCode::InvalidField;
  const std::string endless = without(kForce, R"("for":"1h",)");
  expect_refused({
      {"no end", line_of("force", endless), field, "force: exactly one of for and until"},
      {"two ends", line_of("force", with(kForce, R"("until":5)")), field, "exactly one of for"},
      {"half open",
       line_of("force", with(without(kForce, R"("state":"open",)"), R"("state":"half_open")")),
       field, "force.state: expected open or closed"},
      {"no actor", line_of("force", without(kForce, R"(,"actor":"a")")), field, "force.actor"},
      {"no reason", line_of("force", without(kForce, R"("reason":"r",)")), field, "force.reason"},
  });
}

TEST(JournalRaise, AmountIsInTheUnitOfItsDimension) {
  JournalDecoder decoder;
  const auto amount = [&](std::string_view dimension, std::string_view value) {
    const std::string body =
        with(without(kRaise, R"("dimension":"cost_usd",)"),
             R"("dimension":")" + std::string(dimension) + R"(","to":)" + std::string(value));
    return decode_as<RaiseInput>(decoder, line_of("raise", body)).to;
  };
  EXPECT_EQ(amount("cost_usd", "\"0.5\""), 500'000);
  EXPECT_EQ(amount("wall_clock", "\"2s\""), 2'000'000'000);
  EXPECT_EQ(amount("tokens", "7"), 7);
}

TEST(JournalRaise, WrongMembersAreNamed) {
  const auto field = ErrorCode::InvalidField;
  const auto raise = [](std::string_view more) { return line_of("raise", with(kRaise, more)); };
  expect_refused({
      {"nothing", raise(""), field, "raise: exactly one of to and by"},
      {"both", raise(R"("to":1,"by":1)"), field, "raise: exactly one of to and by"},
      {"money", raise(R"("to":-1)"), field, "raise.to: expected USD"},
      {"no end", line_of("raise", without(with(kRaise, R"("to":1)"), R"("for":"1h",)")), field,
       "raise: exactly one of for and until"},
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
