// Clients that are slow, broken, too many or gone.
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include <gtest/gtest.h>
#include <sys/resource.h>

#include "sre/runtime/http_server.hpp"
#include "tests/runtime/support.hpp"

namespace fusebox::runtime {
namespace {

using testing::body_of;
using testing::Counter;
using testing::echo;
using testing::RawClient;
using testing::status_of;
using testing::TestServer;

constexpr Duration kShort = std::chrono::milliseconds{20};
constexpr std::size_t kMoreThanSocketsHold = 50'000'000;

const std::string kGet = "GET / HTTP/1.1\r\nHost: x\r\n\r\n";
const std::string kPartOfHead = "GET / HTTP/1.1\r\nHo";
const std::string kPartOfBody = "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\nabc";

// Holds every request until the test answers it.
class Holder {
 public:
  HttpHandler handler() {
    return [this](const HttpRequest&, Responder respond) {
      const std::lock_guard lock(mutex_);
      held_.push_back(std::move(respond));
      seen.raise();
    };
  }
  void answer_all(int status) {
    std::vector<Responder> all;
    {
      const std::lock_guard lock(mutex_);
      all.swap(held_);
    }
    for (Responder& respond : all) respond({.status = status});
  }

  Counter seen;

 private:
  std::mutex mutex_;
  std::vector<Responder> held_;
};

TEST(HttpTimeouts, AHeadThatDoesNotEndIsAnswered408) {
  TestServer server(echo, {.header_timeout = kShort});
  RawClient client(server.endpoint);
  client.send(kPartOfHead);
  EXPECT_EQ(status_of(client.read_all()), 408);
  EXPECT_EQ(server.server.counters().timeouts, 1U);
}

TEST(HttpTimeouts, ABodyThatDoesNotComeIsAnswered408) {
  TestServer server(echo, {.transfer_grace = kShort});
  RawClient client(server.endpoint);
  client.send(kPartOfBody);
  EXPECT_EQ(status_of(client.read_all()), 408);
  EXPECT_EQ(server.server.counters().timeouts, 1U);
}

TEST(HttpTimeouts, ABodyEarnsTimeByArriving) {
  // At one byte a second, three bytes that came earn three seconds: far more than this test takes.
  TestServer server(echo, {.transfer_grace = kShort, .bytes_per_second_min = 1});
  Counter later;
  RawClient client(server.endpoint);
  client.send(kPartOfBody);
  const Timer timer = server.io.after(3 * kShort, [&later] { later.raise(); });
  ASSERT_TRUE(later.reaches(1));
  client.send("defghij");
  EXPECT_EQ(body_of(client.read_until("abcdefghij")), "POST / abcdefghij");
}

TEST(HttpTimeouts, AnIdleConnectionIsClosedWithoutAWord) {
  TestServer server(echo, {.idle_timeout = kShort});
  RawClient fresh(server.endpoint);
  EXPECT_EQ(fresh.read_all(), "");
  RawClient used(server.endpoint);
  used.send(kGet);
  EXPECT_EQ(body_of(used.read_all()), "GET / ");
  EXPECT_EQ(server.server.counters().timeouts, 0U);
}

TEST(HttpTimeouts, WaitingForAHandlerIsNobodysFault) {
  Holder holder;
  TestServer server(holder.handler(), {.idle_timeout = kShort, .header_timeout = kShort});
  Counter later;
  RawClient client(server.endpoint);
  client.send(kGet);
  ASSERT_TRUE(holder.seen.reaches(1));
  const Timer timer = server.io.after(3 * kShort, [&later] { later.raise(); });
  ASSERT_TRUE(later.reaches(1));
  holder.answer_all(204);
  EXPECT_EQ(status_of(client.read_until("\r\n\r\n")), 204);
}

TEST(HttpTimeouts, AReaderThatTakesNothingIsCut) {
  const auto handler = [](const HttpRequest&, Responder respond) {
    respond({.status = 200, .body = std::string(kMoreThanSocketsHold, 'x')});
  };
  TestServer server(handler, {.transfer_grace = kShort, .bytes_per_second_min = 1'000'000'000});
  RawClient client(server.endpoint);
  client.send(kGet);
  Counter cut;
  const Timer poll = server.io.every(kShort, [&] {
    if (server.server.counters().timeouts == 1 && server.server.counters().active == 0) cut.raise();
  });
  EXPECT_TRUE(cut.reaches(1));
}

TEST(HttpTimeouts, ARefusedClientMayNotLinger) {
  TestServer server(echo, {.linger_timeout = kShort});
  RawClient client(server.endpoint);
  client.send("nonsense\r\n\r\n");
  EXPECT_EQ(status_of(client.read_until("}")), 400);
  Counter closed;
  const Timer poll = server.io.every(kShort, [&] {
    if (server.server.counters().active == 0) closed.raise();
  });
  EXPECT_TRUE(closed.reaches(1));
}

TEST(HttpHalfClose, WhatWasAskedBeforeIsAnswered) {
  Holder holder;
  TestServer server(holder.handler());
  RawClient client(server.endpoint);
  client.send(kGet + kGet + kPartOfHead);
  client.close_sending();
  ASSERT_TRUE(holder.seen.reaches(2));
  holder.answer_all(204);
  const std::string answers = client.read_all();
  EXPECT_EQ(status_of(answers), 204);
  EXPECT_NE(answers.find("204", answers.find("204") + 1), std::string::npos);
  EXPECT_EQ(answers.find("HTTP/1.1 4"), std::string::npos);
}

TEST(HttpHalfClose, WithoutAQuestionClosesAtOnce) {
  TestServer server(echo);
  RawClient client(server.endpoint);
  client.close_sending();
  EXPECT_EQ(client.read_all(), "");
}

TEST(HttpReset, LeavesNothingBehind) {
  Holder holder;
  TestServer server(holder.handler());
  for (const std::string& sent : {std::string(), kPartOfHead, kPartOfBody, kGet}) {
    RawClient client(server.endpoint);
    client.send(sent);
    if (sent == kGet) {
      ASSERT_TRUE(holder.seen.reaches(1));
    }
    client.reset();
  }
  Counter gone;
  const Timer poll = server.io.every(kShort, [&] {
    const HttpCounters counters = server.server.counters();
    if (counters.accepted == 4 && counters.active == 0) gone.raise();
  });
  EXPECT_TRUE(gone.reaches(1));
  holder.answer_all(200);  // to nobody
}

TEST(HttpConnections, OneAboveTheLimitIsTold503AndOthersGoOn) {
  TestServer server(echo, {.connections_max = 2});
  RawClient first(server.endpoint);
  RawClient second(server.endpoint);
  for (RawClient* client : {&first, &second}) {
    client->send(kGet);
    EXPECT_EQ(body_of(client->read_until("GET / ")), "GET / ");
  }
  RawClient third(server.endpoint);
  const std::string refusal = third.read_all();
  EXPECT_EQ(status_of(refusal), 503);
  EXPECT_NE(refusal.find("Retry-After: 1"), std::string::npos);
  EXPECT_EQ(server.server.counters().refused, 1U);
  first.send(kGet);
  EXPECT_EQ(body_of(first.read_until("GET / ")), "GET / ");
}

TEST(HttpConnections, BodiesUnderWayShareOneBound) {
  TestServer server(echo, {.receiving_bytes_max = 1000});
  const std::string part =
      "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 900\r\n\r\n" + std::string(600, 'a');
  RawClient first(server.endpoint);
  RawClient second(server.endpoint);
  first.send(part);
  second.send(part);
  // Either alone would fit; whichever came second did not.
  Counter refused;
  const Timer poll = server.io.every(kShort, [&] {
    if (server.server.counters().refused == 1) refused.raise();
  });
  EXPECT_TRUE(refused.reaches(1));
}

#if defined(__has_feature)
#if __has_feature(undefined_behavior_sanitizer)
#define FUSEBOX_TEST_UBSAN
#endif
#endif

TEST(HttpConnections, OneThatFindsNoDescriptorIsAcceptedWhenThereIsOne) {
#ifdef FUSEBOX_TEST_UBSAN
  GTEST_SKIP() << "the sanitizer itself needs descriptors to look at an object's type";
#endif
  TestServer server(echo);
  const int lowest_free = ::dup(0);
  ASSERT_GE(lowest_free, 0);
  ::close(lowest_free);
  rlimit before{};
  ASSERT_EQ(::getrlimit(RLIMIT_NOFILE, &before), 0);
  // Room for the client's end alone.
  const rlimit one_more{.rlim_cur = static_cast<rlim_t>(lowest_free) + 1,
                        .rlim_max = before.rlim_max};
  ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &one_more), 0);
  RawClient client(server.endpoint);
  client.send(kGet);
  Counter failed;
  const Timer poll = server.io.every(kShort, [&] {
    if (server.server.counters().accept_failures > 0) failed.raise();
  });
  EXPECT_TRUE(failed.reaches(1));
  ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &before), 0);
  EXPECT_EQ(body_of(client.read_until("GET / ")), "GET / ");
}

TEST(HttpConnections, AThousandSlowOnesLeaveARequestUnharmed) {
  constexpr std::size_t kSlow = 1000;
  rlimit files{};
  ASSERT_EQ(::getrlimit(RLIMIT_NOFILE, &files), 0);
  files.rlim_cur = files.rlim_max;
  ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &files), 0);

  TestServer server(echo);
  std::vector<std::unique_ptr<RawClient>> slow;
  for (std::size_t i = 0; i < kSlow; ++i) {
    slow.push_back(std::make_unique<RawClient>(server.endpoint));
    switch (i % 4) {
      case 0:
        break;
      case 1:
        slow.back()->send(kPartOfHead);
        break;
      case 2:
        slow.back()->send(kPartOfBody);
        break;
      case 3:
        slow.back()->send(kGet + kPartOfHead);
        slow.back()->close_sending();
        break;
    }
  }
  RawClient quick(server.endpoint);
  for (int i = 0; i < 1000; ++i) {
    quick.send(kGet);
    ASSERT_EQ(body_of(quick.read_until("GET / ")), "GET / ");
  }
  for (std::size_t i = 2; i < kSlow; i += 4) slow[i]->send("defghij");
  for (std::size_t i = 2; i < kSlow; i += 4) {
    ASSERT_EQ(body_of(slow[i]->read_until("abcdefghij")), "POST / abcdefghij");
  }
}

TEST(HttpDrain, ClosesIdleConnectionsAndFreesTheAddress) {
  TestServer server(echo);
  RawClient idle(server.endpoint);
  idle.send(kGet);
  idle.read_until("GET / ");
  RawClient fresh(server.endpoint);
  fresh.send(kGet);
  fresh.read_until("GET / ");
  server.server.drain(testing::kPatience);
  EXPECT_EQ(idle.read_all(), "");
  EXPECT_EQ(fresh.read_all(), "");
  HttpServer next(server.io);
  EXPECT_TRUE(next.listen(server.endpoint, echo));
}

TEST(HttpDrain, AnswersWhatWasAskedAndSaysThatItIsTheLast) {
  Holder holder;
  TestServer server(holder.handler());
  RawClient client(server.endpoint);
  client.send(kGet + kGet);
  ASSERT_TRUE(holder.seen.reaches(2));
  std::thread drain([&] { server.server.drain(testing::kPatience); });
  // The listener closes first; once it refuses, the drain is under way.
  while (true) {
    const detail::FileDescriptor fd(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    const auto address = detail::numeric_address(server.endpoint);
    if (::connect(fd.get(), address->get(), address->size) != 0) break;
  }
  holder.answer_all(204);
  const std::string answers = client.read_all();
  drain.join();
  EXPECT_EQ(testing::without_dates(answers),
            "HTTP/1.1 204 No Content\r\n\r\n"
            "HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n");
}

TEST(HttpDrain, CutsWhatIsNotDoneInTime) {
  Holder holder;
  TestServer server(holder.handler());
  RawClient client(server.endpoint);
  client.send(kGet);
  ASSERT_TRUE(holder.seen.reaches(1));
  server.server.drain(Duration::zero());
  EXPECT_EQ(server.server.counters().active, 0U);
  EXPECT_EQ(client.read_all(), "");
  holder.answer_all(200);  // to nobody
}

TEST(HttpDrain, TellsAHalfSentRequestToTryElsewhere) {
  TestServer server(echo, {.linger_timeout = kShort});
  RawClient client(server.endpoint);
  client.send(kGet);
  client.read_until("GET / ");
  client.send(kPartOfBody);
  // Whether the part has arrived when the drain begins is a race; either way the client learns.
  server.server.drain(testing::kPatience);
  const std::string answer = client.read_all();
  EXPECT_TRUE(answer.empty() || status_of(answer) == 503) << answer;
}

TEST(HttpServer, MayOutliveItsThreads) {
  IoThreads io;
  HttpServer server(io);
  const auto endpoint = server.listen(testing::any_port(), echo);
  ASSERT_TRUE(endpoint);
  RawClient client(*endpoint);
  client.send(kGet);
  EXPECT_EQ(body_of(client.read_until("GET / ")), "GET / ");
  io.stop();
}

}  // namespace
}  // namespace fusebox::runtime
