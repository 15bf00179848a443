#include "sre/runtime/detail/order_lines.hpp"

#include <string>

#include <gtest/gtest.h>

namespace fusebox::runtime::detail {
namespace {

StopOrder order_in(std::string_view line) {
  const auto event = read_order_line(line);
  EXPECT_TRUE(event) << line;
  const auto* arrived = event && *event ? std::get_if<event::OrderArrived>(&**event) : nullptr;
  EXPECT_NE(arrived, nullptr) << line;
  return arrived == nullptr ? StopOrder{} : arrived->order;
}

TEST(OrderLines, ReadAWholeOrder) {
  const StopOrder order =
      order_in(R"({"order":{"id":"kill-3","scope":"agent:bot","epoch":7,"category":"drain",)"
               R"("deadline_ms":1500,"reason":"costs","actor":"alice","new":[1]}})");
  EXPECT_EQ(order.id, "kill-3");
  EXPECT_EQ(order.scope, "agent:bot");
  EXPECT_EQ(order.epoch, 7);
  EXPECT_EQ(order.category, StopOrder::Category::Drain);
  EXPECT_EQ(order.deadline, Duration{std::chrono::milliseconds{1500}});
  EXPECT_EQ(order.reason, "costs");
  EXPECT_EQ(order.actor, "alice");
}

TEST(OrderLines, AnOrderThatIsNotUnderstoodIsAHardOneAllTheSame) {
  for (const std::string_view line :
       {R"({"order":{}})", R"({"order":null})", R"({"order":[]})",
        R"({"order":{"id":7,"category":"gentle","deadline_ms":"soon","epoch":-0.5}})",
        R"({"order":{"deadline_ms":-1}})"}) {
    const StopOrder order = order_in(line);
    EXPECT_EQ(order.id, "") << line;
    EXPECT_EQ(order.category, StopOrder::Category::Hard) << line;
    EXPECT_FALSE(order.deadline.has_value()) << line;
  }
}

TEST(OrderLines, DeadlinesAreCutToADay) {
  EXPECT_EQ(order_in(R"({"order":{"deadline_ms":9223372036854775807}})").deadline,
            Duration{std::chrono::hours{24}});
}

TEST(OrderLines, TellTheirKinds) {
  struct Row {
    std::string_view line;
    std::optional<std::size_t> kind;
  };
  const Row rows[] = {
      {R"({"process":"proc-1"})", SupervisionEvent(event::Registered{}).index()},
      {R"({"standing":0})", SupervisionEvent(event::FenceRead{}).index()},
      {"", SupervisionEvent(event::Heard{}).index()},
      {" \t", SupervisionEvent(event::Heard{}).index()},
      {R"({"order":{"id":"kill-1"},"process":"x"})",
       SupervisionEvent(event::OrderArrived{}).index()},
      {R"({"something":"new"})", std::nullopt},
      {R"({"process":""})", std::nullopt},
      {R"({})", std::nullopt},
  };
  for (const Row& row : rows) {
    const auto event = read_order_line(row.line);
    ASSERT_TRUE(event) << row.line;
    EXPECT_EQ(*event ? std::optional((*event)->index()) : std::nullopt, row.kind) << row.line;
  }
}

TEST(OrderLines, WhatIsNoJsonObjectIsAnError) {
  const std::string deep(100, '[');
  for (const std::string_view line :
       {std::string_view("{"), std::string_view("[]"), std::string_view("null"),
        std::string_view("{} {}"), std::string_view("\xff"), std::string_view("{\"a\":\"\xff\"}"),
        std::string_view(deep)}) {
    const auto event = read_order_line(line);
    ASSERT_FALSE(event) << line;
    EXPECT_EQ(event.error().code, ErrorCode::InvalidJson) << line;
  }
}

TEST(OrderLines, RegistrationLeavesOutWhatIsAbsent) {
  EXPECT_EQ(registration_body({.agent = "bot", .pid = 7}), R"({"agent":"bot","pid":7})");
  EXPECT_EQ(registration_body(
                {.agent = "b\"", .tenant = "t", .session = "s", .name = "python", .pid = 8}),
            R"({"agent":"b\"","tenant":"t","session":"s","name":"python","pid":8})");
}

TEST(OrderLines, AcknowledgementRoundsTimeUp) {
  EXPECT_EQ(
      acknowledgement_body({.process = "proc-1",
                            .order = "kill-1",
                            .outcome = StopOutcome::Unconfirmed,
                            .detail = "2 processes left",
                            .took = std::chrono::microseconds{1001}}),
      R"({"order":"kill-1","outcome":"unconfirmed","detail":"2 processes left","took_ms":2})");
}

TEST(OrderLines, AProblemIsSaidInItsOwnWords) {
  struct Row {
    int status;
    std::string body;
    std::string text;
  };
  const Row rows[] = {
      {403, R"({"detail":"not for this agent"})", "HTTP 403 Forbidden: not for this agent"},
      {503, "", "HTTP 503 Service Unavailable"},
      {404, "<html>", "HTTP 404 Not Found"},
      {400, R"({"detail":7})", "HTTP 400 Bad Request"},
      {799, "[]", "HTTP 799"},
  };
  for (const Row& row : rows) {
    EXPECT_EQ(problem_text({.status = row.status, .body = row.body}), row.text);
  }
}

}  // namespace
}  // namespace fusebox::runtime::detail
