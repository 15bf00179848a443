// Answers that go on: chunks, readers that leave or lag, writers on other threads.
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

#include "sre/runtime/detail/stream_queue.hpp"
#include "sre/runtime/http_server.hpp"
#include "tests/runtime/support.hpp"

namespace fusebox::runtime {
namespace {

using testing::Counter;
using testing::RawClient;
using testing::TestServer;
using testing::without_dates;

const std::string kGet = "GET / HTTP/1.1\r\nHost: x\r\n\r\n";
const std::string kHead =
    "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n";

// Opens a stream for each request and leaves it to the test.
class Streams {
 public:
  HttpHandler handler() {
    return [this](const HttpRequest&, Responder respond) {
      StreamWriter writer =
          respond.stream({.status = 200, .content_type = "text/event-stream", .body = "hello"});
      writer.on_closed([this] { closed.raise(); });
      const std::lock_guard lock(mutex_);
      writers_.push_back(std::move(writer));
      opened.raise();
    };
  }
  StreamWriter take() {
    EXPECT_TRUE(opened.reaches(1));
    const std::lock_guard lock(mutex_);
    StreamWriter writer = std::move(writers_.back());
    writers_.pop_back();
    return writer;
  }

  Counter opened;
  Counter closed;

 private:
  std::mutex mutex_;
  std::vector<StreamWriter> writers_;
};

TEST(HttpStream, SendsWhatIsWrittenAndEndsWithItsWriter) {
  Streams streams;
  TestServer server(streams.handler());
  RawClient client(server.endpoint);
  client.send(kGet + kGet);
  {
    EXPECT_EQ(without_dates(client.read_until("hello\r\n")), kHead + "5\r\nhello\r\n");
    ASSERT_TRUE(streams.opened.reaches(2));
    const StreamWriter second = streams.take();
    const StreamWriter first = streams.take();
    EXPECT_TRUE(first.write("one"));
    EXPECT_EQ(client.read_until("one\r\n"), "3\r\none\r\n");
    EXPECT_TRUE(first.write("two"));
    EXPECT_EQ(client.read_until("two\r\n"), "3\r\ntwo\r\n");
    first.close();
    EXPECT_FALSE(first.write("three"));
    EXPECT_EQ(client.read_until("\r\n\r\n"), "0\r\n\r\n");
    EXPECT_EQ(without_dates(client.read_until("hello\r\n")), kHead + "5\r\nhello\r\n");
  }
  EXPECT_EQ(client.read_until("\r\n\r\n"), "0\r\n\r\n");
  EXPECT_EQ(streams.closed.value(), 0) << "who ends a stream need not be told";
}

TEST(HttpStream, Is10sWholeConnection) {
  Streams streams;
  TestServer server(streams.handler());
  RawClient client(server.endpoint);
  client.send("GET / HTTP/1.0\r\n\r\n");
  streams.take().write(" world");
  EXPECT_EQ(testing::body_of(client.read_all()), "hello world");
}

TEST(HttpStream, ForHeadIsAHeadAndTheWriterIsTold) {
  Streams streams;
  TestServer server(streams.handler());
  RawClient client(server.endpoint);
  client.send("HEAD / HTTP/1.1\r\nHost: x\r\n\r\n");
  EXPECT_EQ(without_dates(client.read_until("\r\n\r\n")), kHead);
  EXPECT_TRUE(streams.closed.reaches(1));
  EXPECT_FALSE(streams.take().write("x"));
  client.send("HEAD / HTTP/1.1\r\nHost: x\r\n\r\n");
  EXPECT_EQ(without_dates(client.read_until("\r\n\r\n")), kHead) << "the connection goes on";
}

TEST(HttpStream, ItsWriterIsToldWhenTheReaderLeaves) {
  for (const bool reset : {false, true}) {
    Streams streams;
    TestServer server(streams.handler());
    RawClient client(server.endpoint);
    client.send(kGet);
    const StreamWriter writer = streams.take();
    client.read_until("hello\r\n");
    if (reset) {
      client.reset();
    } else {
      client.close();
    }
    EXPECT_TRUE(streams.closed.reaches(1));
    EXPECT_FALSE(writer.write("x"));
    Counter told;
    writer.on_closed([&told] { told.raise(); });
    EXPECT_EQ(told.value(), 1) << "at once, when it has happened already";
  }
}

TEST(HttpStream, ASlowReaderIsCutAndCounted) {
  Streams streams;
  TestServer server(streams.handler(), {.stream_bytes_max = 1000});
  RawClient client(server.endpoint);
  client.send(kGet);
  const StreamWriter writer = streams.take();
  client.read_until("hello\r\n");
  // The client reads no more: the kernel's buffers fill, then the queue, and then a write fails.
  const std::string event(900, 'x');
  while (writer.write(event)) std::this_thread::yield();
  EXPECT_TRUE(streams.closed.reaches(1));
  EXPECT_EQ(server.server.counters().streams_cut, 1U);
  const std::string rest = client.read_all();
  EXPECT_FALSE(rest.ends_with("0\r\n\r\n")) << "a cut stream must not look complete";
}

TEST(HttpStream, TakesWritesFromManyThreads) {
  constexpr int kThreads = 4;
  constexpr int kWrites = 2000;
  Streams streams;
  TestServer server(streams.handler());
  RawClient client(server.endpoint);
  client.send(kGet);
  std::optional<StreamWriter> writer = streams.take();
  std::vector<std::thread> threads;
  threads.reserve(kThreads);
  for (int i = 0; i < kThreads; ++i) {
    threads.emplace_back([&writer] {
      for (int n = 0; n < kWrites; ++n) EXPECT_TRUE(writer->write("#"));
    });
  }
  for (std::thread& thread : threads) thread.join();
  writer.reset();
  const std::string all = client.read_until("\r\n0\r\n\r\n");
  EXPECT_EQ(std::count(all.begin(), all.end(), '#'), kThreads * kWrites);
}

TEST(HttpStream, EndsWhenTheServerDrains) {
  Streams streams;
  TestServer server(streams.handler());
  RawClient client(server.endpoint);
  client.send(kGet);
  const StreamWriter writer = streams.take();
  client.read_until("hello\r\n");
  server.server.drain(testing::kPatience);
  EXPECT_TRUE(streams.closed.reaches(1));
  EXPECT_FALSE(writer.write("x"));
  EXPECT_EQ(client.read_all(), "0\r\n\r\n");
}

TEST(StreamQueue, WakesOnceUntilItIsTakenFrom) {
  int wakes = 0;
  detail::StreamQueue queue(10, [&wakes] { ++wakes; });
  EXPECT_TRUE(queue.write("abc"));
  EXPECT_TRUE(queue.write("def"));
  EXPECT_EQ(wakes, 1);
  EXPECT_EQ(queue.take().bytes, "abcdef");
  EXPECT_TRUE(queue.write("0123456789"));
  EXPECT_EQ(wakes, 2);
  EXPECT_FALSE(queue.write("x"));
  EXPECT_EQ(wakes, 3) << "the connection must hear of an overflow whatever it waits for";
  EXPECT_TRUE(queue.overflowed());
  EXPECT_TRUE(queue.take().overflowed);
}

TEST(StreamQueue, TellsItsWriterOnce) {
  int told = 0;
  detail::StreamQueue queue(10, [] {});
  queue.on_closed([&told] { ++told; });
  queue.break_off();
  queue.break_off();
  EXPECT_EQ(told, 1);
  detail::StreamQueue closed(10, [] {});
  closed.on_closed([&told] { ++told; });
  closed.close();
  closed.break_off();
  EXPECT_EQ(told, 1);
}

}  // namespace
}  // namespace fusebox::runtime
