// One connection: bytes to requests, answers to bytes, in the order of the requests.
//
// Everything that happens (bytes arrive, an answer comes, the socket takes more, time is up)
// changes a little state and calls proceed(), which does whatever is possible now: parse, collect
// answers, send, read on. So no order of events needs a path of its own.
#pragma once

#include <chrono>
#include <cstdint>
#include <deque>
#include <memory>
#include <string>

#include "sre/runtime/detail/asio.hpp"
#include "sre/runtime/detail/byte_buffer.hpp"
#include "sre/runtime/detail/message_text.hpp"
#include "sre/runtime/detail/request_parser.hpp"
#include "sre/runtime/detail/server_state.hpp"
#include "sre/runtime/detail/stream_queue.hpp"

namespace fusebox::runtime::detail {

class Connection final : public ResponseSink, public std::enable_shared_from_this<Connection> {
 public:
  Connection(StreamSocket socket, HttpPeer peer, std::shared_ptr<ListenerState> listener);
  ~Connection() override;

  // From any thread.
  void start();
  void drain();  // answers what was asked, ends streams, closes
  void abort();  // closes
  void respond(std::uint64_t exchange, HttpResponse response) override;
  StreamWriter stream(std::uint64_t exchange, HttpResponse head) override;

 private:
  using TimePoint = SteadyClock::time_point;

  // With this much unsent, no further answer is written and no further request read.
  static constexpr std::size_t kUnsentMax = std::size_t{64} * 1024;

  // A request that was read and whose answer is not out yet.
  struct Exchange {
    Framing framing;
    bool answered = false;
    bool stream_begun = false;
    HttpResponse answer{};
    std::shared_ptr<StreamQueue> stream{};
  };

  // What the client is expected to do next; each has its time.
  enum class Phase : std::uint8_t { Idle, Head, Body, Waiting, Linger };

  // Below, everything runs on the socket's strand.
  void proceed();

  void parse();
  void dispatch();
  void refuse(int status);
  [[nodiscard]] bool accepting() const;
  void count_body();
  void release_body();

  [[nodiscard]] Exchange* find(std::uint64_t id);
  void begin_stream(std::uint64_t id, HttpResponse head, std::shared_ptr<StreamQueue> queue);
  [[nodiscard]] bool collect();
  [[nodiscard]] bool collectable(const Exchange& front) const;
  [[nodiscard]] bool collect_front(Exchange& front);
  [[nodiscard]] bool pump(Exchange& front);
  void offer_continue();

  void send();
  void wait_writable();
  [[nodiscard]] std::size_t unsent() const { return out_.size() - sent_; }

  void read();
  void on_read(ErrorStatus error, std::size_t count);
  void finish();
  void tear_down();

  [[nodiscard]] Phase phase() const;
  [[nodiscard]] TimePoint transfer_deadline(TimePoint start, std::uint64_t bytes) const;
  void watch_time();
  [[nodiscard]] TimePoint deadline() const;
  [[nodiscard]] TimePoint receive_deadline() const;
  [[nodiscard]] TimePoint send_deadline() const;
  void arm(TimePoint due);
  void on_timer();
  void time_out();

  StreamSocket socket_;
  const HttpPeer peer_;
  const std::shared_ptr<ListenerState> listener_;

  ByteBuffer in_;  // INVARIANT: lent to the socket while reading_
  RequestParser parser_;
  std::uint64_t counted_body_ = 0;  // of the listener's receiving_bytes
  bool continue_sent_ = false;

  std::deque<Exchange> exchanges_;
  std::uint64_t first_exchange_ = 0;  // the id of the front

  std::string out_;
  std::size_t sent_ = 0;  // of out_

  bool proceeding_ = false;
  bool reading_ = false;
  bool blocked_ = false;         // waiting until the socket takes more
  bool sending_slowly_ = false;  // blocked once, and not everything sent since
  bool input_closed_ = false;    // no further request is read; the last answer says so
  bool refused_ = false;         // a request was answered without reading all of it
  bool end_of_input_ = false;    // the client closed its side
  bool lingering_ = false;
  bool closed_ = false;

  SteadyTimer timer_;
  TimePoint timer_due_ = TimePoint::max();
  Phase phase_ = Phase::Idle;
  std::uint64_t phase_request_ = 0;  // of which request the phase is
  TimePoint phase_started_{};
  TimePoint blocked_since_{};
  std::uint64_t sent_since_blocked_ = 0;
};

}  // namespace fusebox::runtime::detail
