#include <future>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "sre/runtime/http_client.hpp"
#include "tests/runtime/support.hpp"

namespace fusebox::runtime {
namespace {

using testing::kPatience;
using testing::TestServer;

struct Outcome {
  std::vector<std::string> lines;
  Result<HttpResponse> end = Unexpected{ErrorCode::Unreachable, "nothing came"};
};

// Posts, takes `wanted` lines at most, and waits for the end.
Outcome post(IoThreads& io, const Endpoint& endpoint, std::size_t wanted,
             Duration silence = kPatience) {
  auto outcome = std::make_shared<Outcome>();
  auto ended = std::make_shared<std::promise<void>>();
  post_lines_async(
      io, {.endpoint = endpoint, .target = "/", .body = "body"}, silence,
      [outcome, wanted](std::string_view line) {
        outcome->lines.emplace_back(line);
        return outcome->lines.size() < wanted;
      },
      [outcome, ended](Result<HttpResponse> end) {
        outcome->end = std::move(end);
        ended->set_value();
      });
  EXPECT_EQ(ended->get_future().wait_for(kPatience), std::future_status::ready);
  return *outcome;
}

// Answers with these pieces as a stream, and ends it or not.
HttpHandler stream_of(std::vector<std::string> pieces, bool ends) {
  return [pieces = std::move(pieces), ends, kept = std::make_shared<std::vector<StreamWriter>>()](
             const HttpRequest& request, Responder respond) {
    EXPECT_EQ(request.body, "body");
    StreamWriter writer = respond.stream({.status = 200, .content_type = "application/x-ndjson"});
    for (const std::string& each : pieces) EXPECT_TRUE(writer.write(each));
    if (!ends) kept->push_back(std::move(writer));
  };
}

TEST(PostLines, HandsOverLinesAsTheyCome) {
  TestServer server(stream_of({"a\nb", "b\r\n", "\n", "rest"}, true));
  const Outcome outcome = post(server.io, server.endpoint, 99);
  EXPECT_EQ(outcome.lines, (std::vector<std::string>{"a", "bb", ""}));
  ASSERT_TRUE(outcome.end) << outcome.end.error().message;
  EXPECT_EQ(outcome.end->status, 200);
}

TEST(PostLines, EndsWhenTheReaderHasEnough) {
  TestServer server(stream_of({"a\nb\nc\n"}, false));
  const Outcome outcome = post(server.io, server.endpoint, 2);
  EXPECT_EQ(outcome.lines, (std::vector<std::string>{"a", "b"}));
  EXPECT_TRUE(outcome.end);
}

TEST(PostLines, SilenceIsAnError) {
  TestServer server(stream_of({"a\n"}, false));
  const Outcome outcome = post(server.io, server.endpoint, 99, std::chrono::milliseconds{50});
  ASSERT_FALSE(outcome.end);
  EXPECT_EQ(outcome.end.error().code, ErrorCode::TimedOut);
}

TEST(PostLines, ARefusalComesWholeAndNotInLines) {
  TestServer server([](const HttpRequest&, Responder respond) {
    respond({.status = 403, .body = "one\ntwo\n"});
  });
  const Outcome outcome = post(server.io, server.endpoint, 99);
  EXPECT_TRUE(outcome.lines.empty());
  ASSERT_TRUE(outcome.end);
  EXPECT_EQ(outcome.end->status, 403);
  EXPECT_EQ(outcome.end->body, "one\ntwo\n");
}

TEST(PostLines, ALineWithoutEndIsRefused) {
  const std::string piece(std::size_t{128} * 1024, 'x');
  TestServer server([&piece](const HttpRequest&, Responder respond) {
    HttpResponse head{.status = 200};
    for (int i = 0; i < 9; ++i) head.body += piece;  // above 1 MiB
    respond(std::move(head));
  });
  const Outcome outcome = post(server.io, server.endpoint, 99);
  ASSERT_FALSE(outcome.end);
  EXPECT_EQ(outcome.end.error().code, ErrorCode::InvalidAnswer);
}

TEST(PostLines, NobodyThereIsUnreachable) {
  IoThreads io;
  const testing::TempDir folder;
  const Outcome outcome = post(io, UnixAddress{folder.path("none.sock")}, 99);
  ASSERT_FALSE(outcome.end);
  EXPECT_EQ(outcome.end.error().code, ErrorCode::Unreachable);
}

}  // namespace
}  // namespace fusebox::runtime
