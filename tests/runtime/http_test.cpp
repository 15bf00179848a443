#include "sre/runtime/http.hpp"

#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

namespace fusebox::runtime {
namespace {

TEST(HttpHeaders, AreFoundWithoutCaseAndKeepTheirOrder) {
  HttpHeaders headers;
  headers.add("Content-Type", "text/plain");
  headers.add("X-A", "1");
  headers.add("x-a", "2");
  EXPECT_EQ(headers.find("content-type"), "text/plain");
  EXPECT_EQ(headers.find("X-a"), "1");
  EXPECT_EQ(headers.find("X-AB"), std::nullopt);
  EXPECT_EQ(headers.count("X-A"), 2U);
  EXPECT_EQ(headers.size(), 3U);
  EXPECT_EQ(headers[2].name, "x-a");
  EXPECT_EQ(headers[2].value, "2");
}

TEST(PercentDecode, TakesWellFormedEscapesOnly) {
  struct Row {
    const char* text;
    std::optional<std::string> decoded;
  };
  const Row rows[] = {
      {"", ""},
      {"plain", "plain"},
      {"a%20b", "a b"},
      {"%41%4a%4A", "AJJ"},
      {"a+b", "a+b"},
      {"%00", std::string(1, '\0')},
      {"%", std::nullopt},
      {"%4", std::nullopt},
      {"%zz", std::nullopt},
      {"%4g", std::nullopt},
      {"100%", std::nullopt},
  };
  for (const Row& row : rows) EXPECT_EQ(percent_decode(row.text), row.decoded) << row.text;
}

TEST(PercentEncode, IsUndoneByDecode) {
  std::string every;
  for (int byte = 0; byte < 256; ++byte) every.push_back(static_cast<char>(byte));
  const std::string encoded = percent_encode(every);
  EXPECT_EQ(percent_decode(encoded), every);
  EXPECT_EQ(encoded.find_first_of("/?#& +\r\n"), std::string::npos);
  EXPECT_EQ(percent_encode("agent-1_x.y~z"), "agent-1_x.y~z");
}

TEST(ReasonPhrase, KnowsWhatTheServerAnswersAndInventsNothing) {
  EXPECT_EQ(reason_phrase(200), "OK");
  EXPECT_EQ(reason_phrase(431), "Request Header Fields Too Large");
  EXPECT_EQ(reason_phrase(507), "Insufficient Storage");
  EXPECT_EQ(reason_phrase(299), "");
  EXPECT_EQ(reason_phrase(999), "");
}

TEST(ProblemResponse, IsJsonThatSaysTheStatus) {
  const HttpResponse problem = problem_response(404, "no \"x\"");
  EXPECT_EQ(problem.status, 404);
  EXPECT_EQ(problem.content_type, "application/problem+json");
  EXPECT_EQ(problem.body, R"({"title":"Not Found","status":404,"detail":"no \"x\""})");
  EXPECT_EQ(problem_response(500).body, R"({"title":"Internal Server Error","status":500})");
}

class RecordingStream : public StreamSink {
 public:
  bool write(std::string_view bytes) override {
    text += bytes;
    return true;
  }
  void close() override { text += "|"; }
  void on_closed(std::function<void()>) override {}

  std::string text;
};

class RecordingSink : public ResponseSink {
 public:
  void respond(std::uint64_t exchange, HttpResponse response) override {
    answers.emplace_back(exchange, response.status);
  }
  StreamWriter stream(std::uint64_t exchange, HttpResponse head) override {
    answers.emplace_back(exchange, head.status);
    return StreamWriter(stream_text);
  }

  std::vector<std::pair<std::uint64_t, int>> answers;
  std::shared_ptr<RecordingStream> stream_text = std::make_shared<RecordingStream>();
};

TEST(Responder, AnswersOnceAndDroppedAnswers500) {
  const auto sink = std::make_shared<RecordingSink>();
  { const Responder dropped(sink, 7); }
  {
    Responder used(sink, 8);
    Responder moved(std::move(used));
    moved({.status = 204});
  }
  {
    Responder first(sink, 9);
    first = Responder(sink, 10);
  }
  const std::vector<std::pair<std::uint64_t, int>> expected{
      {7, 500}, {8, 204}, {9, 500}, {10, 500}};
  EXPECT_EQ(sink->answers, expected);
}

TEST(Responder, WithoutItsConnectionAnswersNobody) {
  auto sink = std::make_shared<RecordingSink>();
  Responder late(sink, 1);
  Responder later(sink, 2);
  sink.reset();
  late({.status = 200});
  const StreamWriter writer = later.stream({.status = 200});
  bool told = false;
  writer.on_closed([&told] { told = true; });
  EXPECT_TRUE(told);
  EXPECT_FALSE(writer.write("x"));
}

TEST(StreamWriter, EndsItsStreamWhenItGoes) {
  const auto sink = std::make_shared<RecordingSink>();
  Responder responder(sink, 1);
  {
    StreamWriter writer = responder.stream({.status = 200});
    EXPECT_TRUE(writer.write("a"));
    const StreamWriter moved = std::move(writer);
    EXPECT_TRUE(moved.write("b"));
  }
  EXPECT_EQ(sink->stream_text->text, "ab|");
}

TEST(ResponderDeathTest, ASecondAnswerIsABug) {
  const auto sink = std::make_shared<RecordingSink>();
  Responder responder(sink, 1);
  responder({.status = 200});
  EXPECT_DEATH(responder({.status = 200}), "assertion failed");
}

}  // namespace
}  // namespace fusebox::runtime
