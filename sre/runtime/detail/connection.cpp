#include "sre/runtime/detail/connection.hpp"

#include <ctime>
#include <iterator>
#include <utility>

namespace fusebox::runtime::detail {
namespace {

RequestLimits request_limits(const HttpLimits& limits) {
  return {.header_bytes_max = limits.header_bytes_max,
          .target_bytes_max = limits.target_bytes_max,
          .headers_max = limits.headers_max,
          .body_bytes_max = limits.body_bytes_max};
}

// Formatted once a second for each thread.
const std::string& current_date() {
  thread_local std::time_t second = 0;
  thread_local std::string text;
  const std::time_t now = std::time(nullptr);
  if (std::exchange(second, now) != now) text = http_date(now);
  return text;
}

}  // namespace

Connection::Connection(StreamSocket socket, HttpPeer peer, std::shared_ptr<ListenerState> listener)
    : socket_(std::move(socket)),
      peer_(std::move(peer)),
      listener_(std::move(listener)),
      parser_(request_limits(listener_->limits)),
      timer_(socket_.get_executor()),
      phase_started_(SteadyClock::now()) {
  listener_->connections.fetch_add(1, std::memory_order_relaxed);
}

Connection::~Connection() {
  release_body();
  listener_->connections.fetch_sub(1, std::memory_order_relaxed);
}

void Connection::start() {
  asio::post(socket_.get_executor(), [self = shared_from_this()] { self->proceed(); });
}

void Connection::abort() {
  asio::post(socket_.get_executor(), [self = shared_from_this()] { self->tear_down(); });
}

void Connection::drain() {
  asio::post(socket_.get_executor(), [self = shared_from_this()] {
    const Phase phase = self->phase();
    if (phase == Phase::Head || phase == Phase::Body) self->refuse(503);
    self->input_closed_ = true;
    for (const Exchange& exchange : self->exchanges_) {
      if (exchange.stream) exchange.stream->break_off();
    }
    self->proceed();
  });
}

void Connection::respond(std::uint64_t exchange, HttpResponse response) {
  asio::dispatch(socket_.get_executor(),
                 [self = shared_from_this(), exchange, response = std::move(response)]() mutable {
                   Exchange* const found = self->find(exchange);
                   if (found == nullptr) return;
                   found->answer = std::move(response);
                   found->answered = true;
                   self->proceed();
                 });
}

StreamWriter Connection::stream(std::uint64_t exchange, HttpResponse head) {
  auto wake = [weak = weak_from_this()] {
    const std::shared_ptr<Connection> self = weak.lock();
    if (self) asio::post(self->socket_.get_executor(), [self] { self->proceed(); });
  };
  auto queue = std::make_shared<StreamQueue>(listener_->limits.stream_bytes_max, std::move(wake));
  asio::dispatch(socket_.get_executor(),
                 [self = shared_from_this(), exchange, head = std::move(head), queue]() mutable {
                   self->begin_stream(exchange, std::move(head), std::move(queue));
                 });
  return StreamWriter(queue);
}

void Connection::begin_stream(std::uint64_t id, HttpResponse head,
                              std::shared_ptr<StreamQueue> queue) {
  Exchange* const found = find(id);
  if (found == nullptr || end_of_input_) return queue->break_off();
  found->answer = std::move(head);
  found->stream = std::move(queue);
  found->answered = true;
  proceed();
}

void Connection::proceed() {
  if (closed_ || std::exchange(proceeding_, true)) return;
  bool collected = false;
  do {
    parse();
    collected = collect();
    offer_continue();
    send();
  } while (collected && unsent() == 0 && !closed_);
  proceeding_ = false;
  finish();
  if (closed_) return;
  read();
  watch_time();
}

bool Connection::accepting() const {
  return !input_closed_ && !reading_ && unsent() < kUnsentMax &&
         exchanges_.size() < listener_->limits.pipeline_max;
}

void Connection::parse() {
  while (accepting() && !in_.empty()) {
    const RequestParser::Step step = parser_.put(in_.view());
    in_.consume(step.used);
    switch (step.state) {
      case RequestParser::State::NeedMore:
        return count_body();
      case RequestParser::State::Failed:
        listener_->server->counts.bad_requests.add();
        return refuse(parser_.error_status());
      case RequestParser::State::Complete:
        dispatch();
        break;
    }
  }
}

void Connection::dispatch() {
  release_body();
  continue_sent_ = false;
  const std::uint64_t id = first_exchange_ + exchanges_.size();
  exchanges_.push_back({.framing = {.http11 = parser_.http11(), .head = parser_.head()}});
  if (!parser_.keep_alive()) input_closed_ = true;
  HttpRequest request = parser_.take();
  request.peer = peer_;
  listener_->server->counts.requests.add();
  listener_->handler(std::move(request), Responder(weak_from_this(), id));
}

// Answers for the handler; where the next request would begin cannot be known.
void Connection::refuse(int status) {
  release_body();
  in_.clear();
  refused_ = input_closed_ = true;
  HttpResponse answer = problem_response(status);
  if (status == 503) answer.headers.add("Retry-After", "1");
  exchanges_.push_back({.framing = {}, .answered = true, .answer = std::move(answer)});
}

// A body that arrives whole with its head costs the shared count nothing.
void Connection::count_body() {
  const std::uint64_t more = parser_.body_bytes() - counted_body_;
  if (more == 0) return;
  counted_body_ += more;
  const std::uint64_t total =
      listener_->receiving_bytes.fetch_add(more, std::memory_order_relaxed) + more;
  if (total <= listener_->limits.receiving_bytes_max) return;
  listener_->server->counts.refused.add();
  refuse(503);
}

void Connection::release_body() {
  if (counted_body_ == 0) return;
  listener_->receiving_bytes.fetch_sub(std::exchange(counted_body_, 0), std::memory_order_relaxed);
}

Connection::Exchange* Connection::find(std::uint64_t id) {
  if (closed_ || id < first_exchange_) return nullptr;
  const std::uint64_t index = id - first_exchange_;
  return index < exchanges_.size() ? &exchanges_[index] : nullptr;
}

// The front answers that are there, into out_. True if one was completed, which makes room for
// more; what a stream adds later wakes the connection by itself.
bool Connection::collect() {
  const std::uint64_t before = first_exchange_;
  while (!exchanges_.empty() && collectable(exchanges_.front())) {
    if (!collect_front(exchanges_.front())) break;
    exchanges_.pop_front();
    ++first_exchange_;
  }
  return first_exchange_ != before;
}

// A stream that overflowed must be cut although, or because, nothing can be sent.
bool Connection::collectable(const Exchange& front) const {
  if (!front.answered) return false;
  return unsent() < kUnsentMax || (front.stream && front.stream->overflowed());
}

// True if the exchange is done.
bool Connection::collect_front(Exchange& front) {
  if (front.stream && !front.framing.http11) {
    // Without a length, 1.0 ends an answer by closing; nothing can follow it.
    input_closed_ = true;
    exchanges_.erase(std::next(exchanges_.begin()), exchanges_.end());
  }
  front.framing.keep_alive = !input_closed_ || exchanges_.size() > 1;
  if (front.stream) return pump(front);
  append_response(out_, front.answer, front.framing, current_date());
  return true;
}

bool Connection::pump(Exchange& front) {
  if (!std::exchange(front.stream_begun, true)) {
    append_stream_head(out_, front.answer, front.framing, current_date());
  }
  if (front.framing.head) front.stream->break_off();
  const StreamQueue::Taken taken = front.stream->take();
  if (taken.overflowed) {
    listener_->server->counts.streams_cut.add();
    tear_down();
    return false;
  }
  append_stream_bytes(out_, taken.bytes, front.framing);
  if (taken.ended) append_stream_end(out_, front.framing);
  return taken.ended;
}

void Connection::offer_continue() {
  const bool awaited = !input_closed_ && exchanges_.empty() && parser_.header_done() &&
                       parser_.expects_continue() && parser_.body_bytes() == 0;
  if (awaited && !std::exchange(continue_sent_, true)) out_.append("HTTP/1.1 100 Continue\r\n\r\n");
}

}  // namespace fusebox::runtime::detail
