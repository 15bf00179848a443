#include "sre/runtime/http_client.hpp"

#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

#include "sre/runtime/detail/listen_socket.hpp"
#include "sre/runtime/detail/response_parser.hpp"
#include "tests/runtime/support.hpp"

namespace fusebox::runtime {
namespace {

using detail::ResponseParser;
using testing::Counter;
using testing::echo;
using testing::kPatience;
using testing::TempDir;
using testing::TestServer;

constexpr Duration kShort = std::chrono::milliseconds{20};

// A server that answers each connection with the next of its texts, byte for byte, and closes.
class ScriptedServer {
 public:
  explicit ScriptedServer(std::vector<std::string> answers)
      : socket_(std::move(*detail::open_listen_socket(testing::any_port()))),
        thread_([this, answers = std::move(answers)] { run(answers); }) {}
  ~ScriptedServer() { thread_.join(); }
  [[nodiscard]] const Endpoint& endpoint() const { return socket_.bound; }

 private:
  void run(const std::vector<std::string>& answers) {
    for (const std::string& answer : answers) {
      pollfd poll{.fd = socket_.fd.get(), .events = POLLIN, .revents = 0};
      ::poll(&poll, 1, 60'000);
      const detail::FileDescriptor fd(::accept(socket_.fd.get(), nullptr, nullptr));
      std::string request;
      char byte = 0;
      while (!request.ends_with("\r\n\r\n") && ::recv(fd.get(), &byte, 1, 0) == 1) request += byte;
      ::send(fd.get(), answer.data(), answer.size(), MSG_NOSIGNAL);
    }
  }

  detail::ListenSocket socket_;
  std::thread thread_;
};

HttpClient connected(const Endpoint& endpoint) {
  Result<HttpClient> client = HttpClient::connect(endpoint, kPatience);
  EXPECT_TRUE(client) << client.error().message;
  return std::move(*client);
}

TEST(HttpClient, AsksAgainOnTheSameConnection) {
  TestServer server(echo);
  HttpClient client = connected(server.endpoint);
  for (const char* body : {"", "abc", "de"}) {
    const auto answer = client.request({.method = "POST", .target = "/x", .body = body}, kPatience);
    ASSERT_TRUE(answer) << answer.error().message;
    EXPECT_EQ(answer->status, 200);
    EXPECT_EQ(answer->content_type, "text/plain");
    EXPECT_EQ(answer->body, std::string("POST /x ") + body);
  }
  EXPECT_EQ(server.server.counters().accepted, 1U);
}

TEST(HttpClient, AsksAUnixSocketAndForHeads) {
  const TempDir folder;
  IoThreads io;
  HttpServer server(io);
  const auto endpoint = server.listen(UnixAddress{folder.path("s")}, echo);
  ASSERT_TRUE(endpoint);
  HttpClient client = connected(*endpoint);
  const auto head = client.request({.method = "HEAD", .target = "/a"}, kPatience);
  ASSERT_TRUE(head) << head.error().message;
  EXPECT_EQ(head->body, "");
  EXPECT_EQ(head->headers.find("content-length"), "8");
  EXPECT_EQ(client.request({.target = "/b"}, kPatience)->body, "GET /b ");
}

TEST(HttpClient, NoticesThatAKeptConnectionWasClosedBeforeItSends) {
  TestServer server(echo, {.idle_timeout = kShort});
  HttpClient client = connected(server.endpoint);
  ASSERT_TRUE(client.request({}, kPatience));
  Counter closed;
  const Timer poll = server.io.every(kShort, [&] {
    if (server.server.counters().active == 0) closed.raise();
  });
  ASSERT_TRUE(closed.reaches(1));
  const auto answer = client.request({.method = "POST", .target = "/"}, kPatience);
  ASSERT_TRUE(answer) << answer.error().message;
  EXPECT_EQ(server.server.counters().accepted, 2U);
}

TEST(HttpClient, FindsARestartedServer) {
  auto first = std::make_unique<TestServer>(echo);
  const Endpoint endpoint = first->endpoint;
  HttpClient client = connected(endpoint);
  ASSERT_TRUE(client.request({}, kPatience));
  first.reset();
  const auto none = client.request({}, kPatience);
  ASSERT_FALSE(none);
  EXPECT_EQ(none.error().code, ErrorCode::Unreachable);
  IoThreads io;
  HttpServer second(io);
  ASSERT_TRUE(second.listen(endpoint, echo));
  EXPECT_TRUE(client.request({.method = "POST"}, kPatience));
}

TEST(HttpClient, RepeatsOnlyWhatDoesNoHarmTwice) {
  const std::string answer = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";
  {
    const ScriptedServer server({"", answer});
    const auto repeated = connected(server.endpoint()).request({.method = "GET"}, kPatience);
    ASSERT_TRUE(repeated) << repeated.error().message;
    EXPECT_EQ(repeated->body, "ok");
  }
  const ScriptedServer server({""});
  const auto once = connected(server.endpoint()).request({.method = "POST"}, kPatience);
  ASSERT_FALSE(once);
  EXPECT_EQ(once.error().code, ErrorCode::Unreachable);
}

TEST(HttpClient, SaysWhatWentWrong) {
  struct Row {
    const char* answer;
    ErrorCode code;
  };
  const Row rows[] = {
      {"garbage\r\n\r\n", ErrorCode::InvalidAnswer},
      {"HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\nshort", ErrorCode::Unreachable},
      {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nab", ErrorCode::Unreachable},
      {"HTTP/1.1 200 OK\r\nContent-Length: 99999999999\r\n\r\n", ErrorCode::InvalidAnswer}};
  for (const Row& row : rows) {
    const ScriptedServer server({row.answer});
    const auto answer = connected(server.endpoint()).request({.method = "POST"}, kPatience);
    ASSERT_FALSE(answer) << row.answer;
    EXPECT_EQ(answer.error().code, row.code) << row.answer;
  }
}

TEST(HttpClient, ReachesNobodyOrWaitsNoLongerThanTold) {
  Endpoint closed = testing::any_port();
  closed = detail::open_listen_socket(closed)->bound;
  const auto nobody = HttpClient::connect(closed, kPatience);
  ASSERT_FALSE(nobody);
  EXPECT_EQ(nobody.error().code, ErrorCode::Unreachable);
  EXPECT_NE(nobody.error().message.find(endpoint_text(closed)), std::string::npos);

  std::vector<Responder> held;
  TestServer server(
      [&held](const HttpRequest&, Responder respond) { held.push_back(std::move(respond)); });
  const auto late = connected(server.endpoint).request({}, kShort);
  ASSERT_FALSE(late);
  EXPECT_EQ(late.error().code, ErrorCode::TimedOut);
}

TEST(HttpClient, SendsNoRequestThatWouldBeTwo) {
  TestServer server(echo);
  HttpClient client = connected(server.endpoint);
  const auto answer = client.request({.method = "GET", .target = "/ HTTP/1.1\r\nX: y"}, kPatience);
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().code, ErrorCode::InvalidValue);
  EXPECT_EQ(server.server.counters().requests, 0U);
}

TEST(HttpClient, ReadsLinesWhileTheyArrive) {
  std::optional<StreamWriter> writer;
  TestServer server([&writer](const HttpRequest&, Responder respond) {
    writer.emplace(respond.stream({.status = 200, .body = "1\n2\r"}));
  });
  HttpClient client = connected(server.endpoint);
  std::string seen;
  const auto on_line = [&](std::string_view line) {
    seen += "[" + std::string(line) + "]";
    if (line == "1") writer->write("\n\n4\npart");
    return line != "4";
  };
  const auto answer = client.stream_lines("/", {}, on_line, kPatience);
  ASSERT_TRUE(answer) << answer.error().message;
  EXPECT_EQ(answer->status, 200);
  EXPECT_EQ(seen, "[1][2][][4]");
  const auto silence = client.stream_lines(
      "/", {}, [](std::string_view) { return true; }, kShort);
  ASSERT_FALSE(silence);
  EXPECT_EQ(silence.error().code, ErrorCode::TimedOut);
}

TEST(HttpClient, GivesTheBodyOfAStreamThatIsNone) {
  TestServer server([](const HttpRequest&, Responder respond) { respond(problem_response(403)); });
  HttpClient client = connected(server.endpoint);
  const auto none = [](std::string_view) -> bool {
    ADD_FAILURE();
    return false;
  };
  const auto answer = client.stream_lines("/", {}, none, kPatience);
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->status, 403);
  EXPECT_EQ(answer->body, problem_response(403).body);
}

Result<HttpResponse> posted(const Endpoint& endpoint, Duration timeout) {
  IoThreads io;
  Counter done;
  Result<HttpResponse> result = HttpResponse{};
  HttpHeaders headers;
  headers.add("Content-Type", "text/plain");
  post_async(io, {.endpoint = endpoint, .target = "/hook", .headers = headers, .body = "abc"},
             timeout, [&](Result<HttpResponse> answer) {
               result = std::move(answer);
               done.raise();
             });
  EXPECT_TRUE(done.reaches(1));
  return result;
}

TEST(PostAsync, BringsTheAnswer) {
  TestServer server(echo);
  const auto& tcp = std::get<TcpAddress>(server.endpoint);
  const TempDir folder;
  const auto path = server.server.listen(UnixAddress{folder.path("s")}, echo);
  ASSERT_TRUE(path);
  for (const Endpoint& endpoint :
       {Endpoint{tcp}, Endpoint{TcpAddress{.host = "localhost", .port = tcp.port}}, *path}) {
    const auto answer = posted(endpoint, kPatience);
    ASSERT_TRUE(answer) << answer.error().message;
    EXPECT_EQ(answer->body, "POST /hook abc");
  }
}

TEST(PostAsync, SaysWhatWentWrong) {
  Endpoint closed = testing::any_port();
  closed = detail::open_listen_socket(closed)->bound;
  EXPECT_EQ(posted(closed, kPatience).error().code, ErrorCode::Unreachable);
  EXPECT_EQ(posted(TcpAddress{.host = "no-such-name.invalid", .port = 1}, kPatience).error().code,
            ErrorCode::Unreachable);
  std::vector<Responder> held;
  TestServer server(
      [&held](const HttpRequest&, Responder respond) { held.push_back(std::move(respond)); });
  EXPECT_EQ(posted(server.endpoint, kShort).error().code, ErrorCode::TimedOut);
  const ScriptedServer garbage({"garbage\r\n\r\n"});
  EXPECT_EQ(posted(garbage.endpoint(), kPatience).error().code, ErrorCode::InvalidAnswer);
}

TEST(ResponseParser, PassesOver1xxAndReadsToTheEnd) {
  const std::string bytes =
      "HTTP/1.1 103 Early Hints\r\nLink: a\r\n\r\nHTTP/1.1 200 OK\r\nX-A: b\r\n\r\nuntil the end";
  for (std::size_t cut = 0; cut <= bytes.size(); ++cut) {
    ResponseParser parser({}, false);
    std::string held;
    for (const std::string& part : {bytes.substr(0, cut), bytes.substr(cut)}) {
      held += part;
      const auto step = parser.put(held);
      ASSERT_EQ(step.state, ResponseParser::State::NeedMore) << cut;
      held.erase(0, step.used);
    }
    EXPECT_EQ(parser.put_end(), ResponseParser::State::Complete);
    EXPECT_FALSE(parser.keep_alive());
    EXPECT_EQ(parser.response().status, 200);
    EXPECT_EQ(parser.response().body, "until the end");
    EXPECT_EQ(parser.response().headers.find("link"), std::nullopt);
  }
}

}  // namespace
}  // namespace fusebox::runtime
