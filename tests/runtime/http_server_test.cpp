#include "sre/runtime/http_server.hpp"

#include <algorithm>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

#include "tests/runtime/support.hpp"

namespace fusebox::runtime {
namespace {

using testing::body_of;
using testing::Counter;
using testing::echo;
using testing::RawClient;
using testing::status_of;
using testing::TempDir;
using testing::TestServer;
using testing::without_dates;

std::string get(std::string_view path) {
  return "GET " + std::string(path) + " HTTP/1.1\r\nHost: x\r\n\r\n";
}

std::string post(std::string_view fields, std::string_view body) {
  return "POST / HTTP/1.1\r\nHost: x\r\n" + std::string(fields) + "\r\n" + std::string(body);
}

std::string ok(std::string_view body) {
  return "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: " +
         std::to_string(body.size()) + "\r\n\r\n" + std::string(body);
}

TEST(HttpServer, KeepsAConnectionForTheNextRequest) {
  TestServer server(echo);
  RawClient client(server.endpoint);
  for (const std::string path : {"/a", "/b", "/c"}) {
    client.send(get(path));
    EXPECT_EQ(without_dates(client.read_until("GET " + path + " ")), ok("GET " + path + " "));
  }
  EXPECT_EQ(server.server.counters().accepted, 1U);
  EXPECT_EQ(server.server.counters().requests, 3U);
}

TEST(HttpServer, ClosesWhenAskedTo) {
  TestServer server(echo);
  RawClient client(server.endpoint);
  client.send("GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
  EXPECT_EQ(without_dates(client.read_all()),
            "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nConnection: close\r\n"
            "Content-Length: 6\r\n\r\nGET / ");
  RawClient old(server.endpoint);
  old.send("GET / HTTP/1.0\r\n\r\n");
  EXPECT_EQ(body_of(old.read_all()), "GET / ");
}

TEST(HttpServer, AnswersPipelinedRequestsInTheirOrderHoweverHandlersFinish) {
  constexpr int kRequests = 100;
  std::mutex mutex;
  std::vector<std::pair<std::string, Responder>> waiting;
  const auto handler = [&](const HttpRequest& request, Responder respond) {
    const std::lock_guard lock(mutex);
    waiting.emplace_back(request.path, std::move(respond));
    if (waiting.size() < kRequests) return;
    for (auto entry = waiting.rbegin(); entry != waiting.rend(); ++entry) {
      entry->second({.status = 200, .body = entry->first});
    }
    waiting.clear();
  };
  TestServer server(handler, {.pipeline_max = kRequests});
  RawClient client(server.endpoint);
  std::string requests;
  std::string expected;
  for (int i = 0; i < kRequests; ++i) {
    const std::string path = "/" + std::to_string(1000 + i);
    requests += get(path);
    expected += "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n" + path;
  }
  client.send(requests);
  EXPECT_EQ(without_dates(client.read_until("/1099")), expected);
}

TEST(HttpServer, ReadsNoFurtherThanItsPipelineIsDeep) {
  constexpr int kDepth = 4;
  Counter seen;
  std::mutex mutex;
  std::vector<Responder> waiting;
  const auto handler = [&](const HttpRequest&, Responder respond) {
    const std::lock_guard lock(mutex);
    waiting.push_back(std::move(respond));
    seen.raise();
  };
  TestServer server(handler, {.pipeline_max = kDepth});
  RawClient client(server.endpoint);
  std::string requests;
  for (int i = 0; i < 10; ++i) requests += get("/");
  client.send(requests);
  for (int answered = 0; answered < 10; ++answered) {
    ASSERT_TRUE(seen.reaches(std::min(answered + kDepth, 10)));
    EXPECT_LE(seen.value(), answered + kDepth);
    std::unique_lock lock(mutex);
    Responder oldest = std::move(waiting.front());
    waiting.erase(waiting.begin());
    lock.unlock();
    oldest({.status = 204});
    EXPECT_EQ(status_of(client.read_until("\r\n\r\n")), 204);
  }
}

TEST(HttpServer, AnswersFromAnyThread) {
  std::vector<std::thread> threads;
  std::mutex mutex;
  const auto handler = [&](const HttpRequest& request, Responder respond) {
    const std::lock_guard lock(mutex);
    threads.emplace_back([path = request.path, respond = std::move(respond)]() mutable {
      respond({.status = 200, .body = path + "!"});
    });
  };
  {
    TestServer server(handler);
    std::vector<std::unique_ptr<RawClient>> clients;
    for (int i = 0; i < 20; ++i) {
      clients.push_back(std::make_unique<RawClient>(server.endpoint));
      clients.back()->send(get("/" + std::to_string(i)));
    }
    for (int i = 0; i < 20; ++i) {
      EXPECT_EQ(body_of(clients[static_cast<std::size_t>(i)]->read_until("!")),
                "/" + std::to_string(i) + "!");
    }
  }
  for (std::thread& thread : threads) thread.join();
}

TEST(HttpServer, AHandlerThatForgetsItsAnswerAnswers500) {
  TestServer server([](const HttpRequest&, Responder) {});
  RawClient client(server.endpoint);
  client.send(get("/"));
  EXPECT_EQ(status_of(client.read_until("}")), 500);
  client.send(get("/"));
  EXPECT_EQ(status_of(client.read_until("}")), 500) << "the connection goes on";
}

TEST(HttpServer, TakesARequestCutAnywhere) {
  TestServer server(echo);
  const std::string chunked =
      post("Transfer-Encoding: chunked\r\n", "3\r\nabc\r\n1\r\nd\r\n0\r\n\r\n");
  for (const std::string& request : {post("Content-Length: 4\r\n", "abcd"), chunked}) {
    RawClient client(server.endpoint);
    for (std::size_t cut = 1; cut < request.size(); ++cut) {
      ASSERT_TRUE(client.send(std::string_view(request).substr(0, cut)));
      ASSERT_TRUE(client.send(std::string_view(request).substr(cut)));
      ASSERT_EQ(body_of(client.read_until("abcd")), "POST / abcd") << "cut at " << cut;
    }
  }
}

TEST(HttpServer, TakesABodyOfManyReads) {
  constexpr std::size_t kBytes = 3'000'000;
  const auto handler = [](const HttpRequest& request, Responder respond) {
    const auto good = std::count(request.body.begin(), request.body.end(), 'x');
    respond({.status = 200, .body = std::to_string(good) + "!"});
  };
  TestServer server(handler, {.body_bytes_max = kBytes});
  RawClient client(server.endpoint);
  client.send(post("Content-Length: " + std::to_string(kBytes) + "\r\n", std::string(kBytes, 'x')));
  EXPECT_EQ(body_of(client.read_until("!")), "3000000!");
}

TEST(HttpServer, SendsAnAnswerThatNoSocketTakesAtOnce) {
  constexpr std::size_t kBytes = 20'000'000;
  TestServer server([](const HttpRequest&, Responder respond) {
    respond({.status = 200, .body = std::string(kBytes, 'y')});
  });
  RawClient client(server.endpoint);
  client.send(get("/") + "GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
  const std::string both = client.read_all();
  EXPECT_EQ(std::count(both.begin(), both.end(), 'y'), 2 * static_cast<std::ptrdiff_t>(kBytes));
}

TEST(HttpServer, InvitesABodyThatWaitsToBeAsked) {
  TestServer server(echo);
  RawClient client(server.endpoint);
  client.send(post("Content-Length: 4\r\nExpect: 100-continue\r\n", ""));
  EXPECT_EQ(client.read_until("\r\n\r\n"), "HTTP/1.1 100 Continue\r\n\r\n");
  client.send("abcd");
  EXPECT_EQ(without_dates(client.read_until("abcd")), ok("POST / abcd"));
}

TEST(HttpServer, InvitesABodyOnlyAfterTheAnswersBefore) {
  std::mutex mutex;
  std::vector<Responder> waiting;
  Counter seen;
  const auto handler = [&](const HttpRequest&, Responder respond) {
    const std::lock_guard lock(mutex);
    waiting.push_back(std::move(respond));
    seen.raise();
  };
  TestServer server(handler);
  RawClient client(server.endpoint);
  client.send(get("/") + post("Content-Length: 4\r\nExpect: 100-continue\r\n", ""));
  ASSERT_TRUE(seen.reaches(1));
  waiting.front()({.status = 204});
  EXPECT_EQ(without_dates(client.read_until("\r\n\r\n", 2)),
            "HTTP/1.1 204 No Content\r\n\r\nHTTP/1.1 100 Continue\r\n\r\n");
  client.send("abcd");
  ASSERT_TRUE(seen.reaches(2));
}

TEST(HttpServer, AnswersHeadWithALengthAndNoBody) {
  TestServer server(echo);
  RawClient client(server.endpoint);
  client.send("HEAD /abc HTTP/1.1\r\nHost: x\r\n\r\n" + get("/d"));
  EXPECT_EQ(
      without_dates(client.read_until("GET /d ")),
      "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 10\r\n\r\n" + ok("GET /d "));
}

TEST(HttpServer, ServesAUnixSocketAndKnowsItsPeer) {
  const TempDir folder;
  IoThreads io;
  HttpServer server(io);
  const auto handler = [](const HttpRequest& request, Responder respond) {
    respond({.status = 200,
             .body = request.peer.address + " " + std::to_string(request.peer.uid.value()) + "!"});
  };
  const auto endpoint = server.listen(UnixAddress{folder.path("s")}, handler);
  ASSERT_TRUE(endpoint) << endpoint.error().message;
  RawClient client(*endpoint);
  client.send(get("/"));
  EXPECT_EQ(body_of(client.read_until("!")), "unix " + std::to_string(::getuid()) + "!");
}

TEST(HttpServer, RefusesWithAnAnswerThatSurvivesWhatTheClientStillSends) {
  TestServer server(echo, {.body_bytes_max = 1000});
  struct Row {
    std::string request;
    int status;
  };
  const Row rows[] = {{post("Content-Length: 5000000\r\n", std::string(5'000'000, 'x')), 413},
                      {get("/" + std::string(9000, 'a')), 414},
                      {"GET / HTTP/1.1\r\nHost: x\r\nA: " + std::string(100'000, 'a'), 431},
                      {"nonsense\r\n\r\n", 400},
                      {"GET / HTTP/3.0\r\nHost: x\r\n\r\n", 505},
                      {post("Transfer-Encoding: zip\r\n", ""), 501}};
  for (const Row& row : rows) {
    RawClient client(server.endpoint);
    std::thread sender([&] { client.send(row.request); });
    const std::string answer = client.read_all();
    sender.join();
    EXPECT_EQ(status_of(answer), row.status);
    EXPECT_NE(answer.find("Connection: close"), std::string::npos);
    EXPECT_NE(answer.find("application/problem+json"), std::string::npos);
  }
  EXPECT_EQ(server.server.counters().bad_requests, std::size(rows));
  EXPECT_EQ(server.server.counters().requests, 0U);
}

TEST(HttpServer, RefusesInOrderBehindWhatItAnswers) {
  TestServer server(echo);
  RawClient client(server.endpoint);
  client.send(get("/a") + get("/b") + "nonsense\r\n\r\n" + get("/c"));
  const std::string answers = client.read_all();
  EXPECT_LT(answers.find("GET /a "), answers.find("GET /b "));
  EXPECT_LT(answers.find("GET /b "), answers.find("400 Bad Request"));
  EXPECT_EQ(answers.find("GET /c "), std::string::npos);
}

TEST(HttpServer, ListensInSeveralPlacesWithTheirOwnLimits) {
  IoThreads io;
  HttpServer server(io);
  const auto small = server.listen(testing::any_port(), echo, {.body_bytes_max = 1});
  const auto large = server.listen(testing::any_port(), echo, {.body_bytes_max = 10});
  ASSERT_TRUE(small);
  ASSERT_TRUE(large);
  RawClient first(*small);
  first.send(post("Content-Length: 4\r\n", "abcd"));
  EXPECT_EQ(status_of(first.read_all()), 413);
  RawClient second(*large);
  second.send(post("Content-Length: 4\r\n", "abcd"));
  EXPECT_EQ(status_of(second.read_until("abcd")), 200);
}

}  // namespace
}  // namespace fusebox::runtime
