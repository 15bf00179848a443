#include "telemetry/event_list.hpp"

#include <gtest/gtest.h>

#include "telemetry/journal.hpp"

namespace fusebox::telemetry {
namespace {

std::string event(std::string_view id) {
  return R"({"agent":"bot","kind":"tool","id":")" + std::string(id) + R"(","note":")" +
         std::string(id) + R"("})";
}

std::string ids_of(const EventList& list) {
  std::string ids;
  for (const Event& each : list.events) {
    ids += std::string(each.id) + "/";
    ids += std::string(policy::find_member(*each.attributes->root(), "note")->text) + " ";
  }
  return ids;
}

std::string rejections_of(const EventList& list) {
  std::string out;
  for (const RejectedEvent& each : list.rejected) {
    out += std::to_string(each.line) + ": " + each.error + "\n";
  }
  return out;
}

TEST(EventList, LinesAndArraysHoldTheSameEvents) {
  const std::string a = event("a");
  const std::string b = event("b");
  for (const std::string& body : {a + "\n" + b, a + "\r\n\r\n" + b + "\n", "[" + a + "," + b + "]",
                                  " \n[" + a + "," + b + "]\n"}) {
    EventListDecoder decoder;
    const auto list = decoder.decode(body);
    ASSERT_TRUE(list.has_value()) << body;
    EXPECT_EQ(ids_of(*list), "a/a b/b ") << body;
    EXPECT_TRUE(list->rejected.empty()) << rejections_of(*list);
  }
}

TEST(EventList, OneBadEventRejectsNoOther) {
  EventListDecoder decoder;
  const auto lines = decoder.decode(event("a") + "\n{\n\n{\"kind\":\"tool\"}\n" + event("b"));
  ASSERT_TRUE(lines.has_value());
  EXPECT_EQ(ids_of(*lines), "a/a b/b ");
  EXPECT_EQ(rejections_of(*lines),
            "2: the input is not one JSON object\n"
            "4: agent: is missing; expected a non-empty string\n");

  const auto array = decoder.decode("[" + event("a") + ",7,{\"agent\":\"x\",\"kind\":1}]");
  ASSERT_TRUE(array.has_value());
  EXPECT_EQ(ids_of(*array), "a/a ");
  EXPECT_EQ(rejections_of(*array),
            "2: the element is no object\n"
            "3: kind: expected task, llm, tool, delegation, policy, evaluation or heartbeat, found "
            "1\n");
}

TEST(EventList, AnArrayThatIsNoJsonIsRefusedAsAWhole) {
  EventListDecoder decoder;
  const auto code = [&](std::string_view body) { return decoder.decode(body).error().code; };
  EXPECT_EQ(code("[" + event("a") + ","), ErrorCode::InvalidJson);
  EXPECT_EQ(code("[\"\xff\"]"), ErrorCode::InvalidUtf8);
  EXPECT_EQ(code(std::string(100, '[') + std::string(100, ']')), ErrorCode::TooDeep);
}

TEST(EventList, NothingIsAnEmptyList) {
  EventListDecoder decoder;
  for (const std::string_view body : {"", "\n \n", "[]"}) {
    const auto list = decoder.decode(body);
    ASSERT_TRUE(list.has_value()) << body;
    EXPECT_TRUE(list->events.empty() && list->rejected.empty()) << body;
  }
}

TEST(EventList, BoundsWhatItHoldsAndWhatItTells) {
  EventListDecoder decoder;
  std::string body;
  for (std::size_t i = 0; i <= kEventListMax; ++i) body += "{\"agent\":\"a\",\"kind\":\"tool\"}\n";
  EXPECT_EQ(decoder.decode(body).error().code, ErrorCode::TooLarge);

  std::string array = "[" + std::string(kEventArrayBytesMax - 2, ' ') + "]";
  EXPECT_TRUE(decoder.decode(array).has_value());
  const auto larger = decoder.decode(array + " ");
  ASSERT_FALSE(larger.has_value());
  EXPECT_EQ(larger.error().code, ErrorCode::TooLarge);
  EXPECT_TRUE(decoder.decode(std::string(kEventArrayBytesMax, '\n')).has_value());

  std::string bad;
  for (std::size_t i = 0; i < kToldRejectionsMax + 5; ++i) bad += "x\n";
  const auto list = decoder.decode(bad);
  ASSERT_TRUE(list.has_value());
  EXPECT_EQ(list->rejected.size(), kToldRejectionsMax);
  EXPECT_EQ(list->rejected_untold, 5U);
}

TEST(EventList, TextsOfAnySizeOutliveTheNextLine) {
  const std::string longest(300'000, 'x');
  EventListDecoder decoder;
  const auto list = decoder.decode(event(longest) + "\n" + event("b"));
  ASSERT_TRUE(list.has_value());
  ASSERT_EQ(list->events.size(), 2U);
  EXPECT_EQ(list->events[0].id, longest);
  EXPECT_EQ(list->events[0].dimensions[Dimension::Kind], "tool");
}

TEST(JournalDecoder, BodiesOfEventsAndReportsNameTheirMembersAlone) {
  JournalDecoder decoder;
  const auto event_input = decoder.decode_event(event("a"), from_ns(7));
  ASSERT_TRUE(event_input.has_value());
  EXPECT_EQ((*event_input)->at, from_ns(7));
  EXPECT_EQ(std::get<Event>((*event_input)->body).id, "a");
  const auto report = decoder.decode_report(R"({"permit":"p","outcome":"ok"})", from_ns(8));
  ASSERT_TRUE(report.has_value());
  EXPECT_EQ(std::get<Report>((*report)->body).permit, "p");
  EXPECT_EQ(decoder.decode_report(R"({"permit":"p","outcome":"no"})", from_ns(8)).error().message,
            "outcome: expected ok, error, timeout, cancelled, throttled or denied, found \"no\"");
  EXPECT_EQ(decoder.decode_event(R"({"agent":"a","kind":"tool","attributes":3})", from_ns(8))
                .error()
                .message,
            "attributes: expected an object, found 3");
}

}  // namespace
}  // namespace fusebox::telemetry
