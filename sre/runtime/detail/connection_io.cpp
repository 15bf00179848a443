// The connection's socket and its time. What it reads and answers stands in connection.cpp.
#include <algorithm>
#include <utility>

#include "sre/runtime/detail/connection.hpp"

namespace fusebox::runtime::detail {
namespace {

// A head is read in pieces of this size: most requests are one piece.
constexpr std::size_t kHeadPiece = std::size_t{4} * 1024;
constexpr std::size_t kBodyPiece = std::size_t{64} * 1024;

}  // namespace

// Writes at once and waits only for a socket that is full: an answer usually fits, and then there
// is nothing to wait for.
void Connection::send() {
  while (unsent() > 0 && !blocked_ && !closed_) {
    ErrorStatus error;
    const std::size_t count =
        socket_.write_some(asio::buffer(out_.data() + sent_, unsent()), error);
    if (error == asio::error::would_block) return wait_writable();
    if (error) return tear_down();
    sent_ += count;
    sent_since_blocked_ += count;
  }
  if (unsent() > 0) return;
  if (out_.capacity() > kUnsentMax) out_ = {};
  out_.clear();
  sent_ = 0;
}

void Connection::wait_writable() {
  if (sent_ > unsent()) out_.erase(0, std::exchange(sent_, 0));
  if (!sending_slowly_) {
    blocked_since_ = SteadyClock::now();
    sent_since_blocked_ = 0;
  }
  blocked_ = sending_slowly_ = true;
  socket_.async_wait(StreamSocket::wait_write, [self = shared_from_this()](ErrorStatus error) {
    self->blocked_ = false;
    if (error) return self->tear_down();
    self->send();
    self->sending_slowly_ = self->unsent() > 0;
    self->proceed();
  });
}

void Connection::read() {
  if (reading_ || end_of_input_) return;
  // Once input is closed it is read only to see when the client goes, and to let it finish sending.
  if (input_closed_) in_.clear();
  if (!input_closed_ && !accepting()) return;
  reading_ = true;
  const std::size_t piece = phase() == Phase::Body ? kBodyPiece : kHeadPiece;
  const std::span<char> room = in_.prepare(piece);
  socket_.async_read_some(asio::buffer(room.data(), room.size()),
                          [self = shared_from_this()](ErrorStatus error, std::size_t count) {
                            self->on_read(error, count);
                          });
}

void Connection::on_read(ErrorStatus error, std::size_t count) {
  reading_ = false;
  if (closed_) return;
  if (error && error != asio::error::eof) return tear_down();
  if (error) {
    end_of_input_ = input_closed_ = true;
    // Half a connection is enough for an answer that ends, and not for one that would go on until
    // the client leaves.
    const bool streaming = std::any_of(exchanges_.begin(), exchanges_.end(),
                                       [](const Exchange& e) { return e.stream != nullptr; });
    if (streaming) return tear_down();
  } else if (!input_closed_) {
    in_.commit(count);
  }
  proceed();
}

// Once everything is answered and nothing more will be read.
void Connection::finish() {
  if (closed_ || lingering_ || !input_closed_ || !exchanges_.empty() || unsent() > 0) return;
  // Unread bytes would turn the close into a reset, and a reset destroys the answer on its way.
  if (end_of_input_ || !refused_) return tear_down();
  lingering_ = true;
  ErrorStatus ignored;
  socket_.shutdown(StreamSocket::shutdown_send, ignored);
}

void Connection::tear_down() {
  if (std::exchange(closed_, true)) return;
  const std::shared_ptr<Connection> self = shared_from_this();  // the server may hold the last
  timer_.cancel();
  ErrorStatus ignored;
  socket_.close(ignored);
  release_body();
  for (const Exchange& exchange : std::exchange(exchanges_, {})) {
    if (exchange.stream) exchange.stream->break_off();
  }
  listener_->server->leave(self);
}

Connection::Phase Connection::phase() const {
  if (lingering_) return Phase::Linger;
  // Not reading is our choice then, and no fault of the client's.
  if (input_closed_ || exchanges_.size() >= listener_->limits.pipeline_max) return Phase::Waiting;
  if (parser_.header_done()) return Phase::Body;
  if (parser_.started() || !in_.empty()) return Phase::Head;
  return exchanges_.empty() && unsent() == 0 ? Phase::Idle : Phase::Waiting;
}

void Connection::watch_time() {
  const Phase now_in = phase();
  const std::uint64_t request = first_exchange_ + exchanges_.size();
  if (std::exchange(phase_, now_in) != now_in ||
      std::exchange(phase_request_, request) != request) {
    phase_started_ = SteadyClock::now();
  }
  arm(deadline());
}

Connection::TimePoint Connection::transfer_deadline(TimePoint start, std::uint64_t bytes) const {
  const HttpLimits& limits = listener_->limits;
  return start + limits.transfer_grace + std::chrono::seconds{bytes / limits.bytes_per_second_min};
}

Connection::TimePoint Connection::deadline() const {
  return std::min(receive_deadline(), send_deadline());
}

Connection::TimePoint Connection::receive_deadline() const {
  const HttpLimits& limits = listener_->limits;
  switch (phase_) {
    case Phase::Idle:
      return phase_started_ + limits.idle_timeout;
    case Phase::Head:
      return phase_started_ + limits.header_timeout;
    case Phase::Body:
      return transfer_deadline(phase_started_, parser_.body_bytes());
    case Phase::Linger:
      return phase_started_ + limits.linger_timeout;
    case Phase::Waiting:
      return TimePoint::max();
  }
  return TimePoint::max();
}

Connection::TimePoint Connection::send_deadline() const {
  return blocked_ ? transfer_deadline(blocked_since_, sent_since_blocked_) : TimePoint::max();
}

// Deadlines move with every request. The timer is set anew only for an earlier one; for a later
// one it looks again when it fires, which costs one wake-up a timeout and not one a request.
void Connection::arm(TimePoint due) {
  if (due >= timer_due_) return;
  timer_due_ = due;
  timer_.expires_at(due);
  timer_.async_wait([self = shared_from_this()](ErrorStatus error) {
    if (!error) self->on_timer();
  });
}

void Connection::on_timer() {
  timer_due_ = TimePoint::max();
  if (closed_) return;
  const TimePoint due = deadline();
  if (SteadyClock::now() < due) return arm(due);
  time_out();
}

void Connection::time_out() {
  if (SteadyClock::now() >= send_deadline()) {
    listener_->server->counts.timeouts.add();
    return tear_down();
  }
  switch (phase_) {
    case Phase::Head:
    case Phase::Body:
      listener_->server->counts.timeouts.add();
      refuse(408);
      return proceed();
    case Phase::Idle:
    case Phase::Linger:
    case Phase::Waiting:
      return tear_down();
  }
}

}  // namespace fusebox::runtime::detail
