// post_async: one POST on a connection of its own, as a chain of callbacks on one strand.
#include <limits>
#include <utility>
#include <vector>

#include "sre/runtime/detail/asio.hpp"
#include "sre/runtime/detail/byte_buffer.hpp"
#include "sre/runtime/detail/io_core.hpp"
#include "sre/runtime/detail/lines.hpp"
#include "sre/runtime/detail/message_text.hpp"
#include "sre/runtime/detail/response_parser.hpp"
#include "sre/runtime/detail/socket_address.hpp"
#include "sre/runtime/http_client.hpp"

namespace fusebox::runtime {
namespace detail {
namespace {

using GenericEndpoint = asio::generic::stream_protocol::endpoint;
using Resolver = asio::ip::basic_resolver<asio::ip::tcp, Strand>;

constexpr std::size_t kPiece = std::size_t{16} * 1024;

class PostCall : public std::enable_shared_from_this<PostCall> {
 public:
  using Done = std::function<void(Result<HttpResponse>)>;
  using OnLine = std::function<bool(std::string_view)>;

  // Without `on_line` the answer is handed over whole.
  PostCall(IoCore& core, HttpPost post, OnLine on_line, Done done)
      : post_(std::move(post)),
        on_line_(std::move(on_line)),
        done_(std::move(done)),
        strand_(asio::make_strand(core.context)),
        socket_(strand_),
        resolver_(strand_),
        timer_(strand_),
        parser_(on_line_ ? AnswerLimits{.body_bytes_max = kEndless} : AnswerLimits{}, false) {}

  // `timeout` is for all of a whole answer, and between two receptions of one in lines.
  void start(Duration timeout) {
    timeout_ = timeout;
    asio::post(strand_, [self = shared_from_this()] { self->begin(); });
  }

 private:
  static constexpr std::uint64_t kEndless = std::numeric_limits<std::uint64_t>::max();

  void begin() {
    if (const Result<void> fine = check_request_line("POST", post_.target); !fine) {
      return finish(Unexpected{fine.error()});
    }
    restart_timer();
    const std::optional<SocketAddress> numeric = numeric_address(post_.endpoint);
    if (!numeric) return look_up(std::get<TcpAddress>(post_.endpoint));
    addresses_.emplace_back(numeric->get(), numeric->size);
    connect(0);
  }

  void restart_timer() {
    timer_.expires_after(timeout_);
    timer_.async_wait([self = shared_from_this()](ErrorStatus error) {
      if (!error) self->finish(Unexpected{ErrorCode::TimedOut, "no answer in time"});
    });
  }

  void look_up(const TcpAddress& tcp) {
    resolver_.async_resolve(
        tcp.host, std::to_string(tcp.port),
        [self = shared_from_this()](ErrorStatus error, const Resolver::results_type& found) {
          if (error) return self->fail(error);
          for (const auto& entry : found) self->addresses_.emplace_back(entry.endpoint());
          self->connect(0);
        });
  }

  void connect(std::size_t index) {
    if (!done_) return;
    ErrorStatus ignored;
    socket_.close(ignored);
    socket_.async_connect(addresses_[index], [self = shared_from_this(), index](ErrorStatus error) {
      if (!error) return self->send();
      if (index + 1 == self->addresses_.size()) return self->fail(error);
      self->connect(index + 1);
    });
  }

  void send() {
    append_request(text_, {.method = "POST",
                           .target = post_.target,
                           .host = host_field(post_.endpoint),
                           .headers = post_.headers,
                           .body = post_.body});
    asio::async_write(socket_, asio::buffer(text_),
                      [self = shared_from_this()](ErrorStatus error, std::size_t) {
                        if (error) return self->fail(error);
                        self->receive();
                      });
  }

  void receive() {
    const std::span<char> room = in_.prepare(kPiece);
    socket_.async_read_some(asio::buffer(room.data(), room.size()),
                            [self = shared_from_this()](ErrorStatus error, std::size_t count) {
                              self->on_read(error, count);
                            });
  }

  void on_read(ErrorStatus error, std::size_t count) {
    if (error && error != asio::error::eof) return fail(error);
    if (error && parser_.put_end() == ResponseParser::State::Failed) return fail(error);
    if (error) return finish(std::move(parser_.response()));
    in_.commit(count);
    const ResponseParser::Step step = parser_.put(in_.view());
    in_.consume(step.used);
    if (on_line_ && done_ && !take_lines()) return;
    switch (step.state) {
      case ResponseParser::State::NeedMore:
        return receive();
      case ResponseParser::State::Complete:
        return finish(std::move(parser_.response()));
      case ResponseParser::State::Failed:
        return finish(Unexpected{ErrorCode::InvalidAnswer, "the answer is not HTTP, or too large"});
    }
  }

  // False when that ended the call.
  bool take_lines() {
    restart_timer();
    HttpResponse& response = parser_.response();
    if (!parser_.header_done()) return true;
    if (response.status == 200 && !hand_over_lines(response.body, on_line_)) {
      finish(std::move(response));
    } else if (response.body.size() > kLineBytesMax) {
      finish(Unexpected{ErrorCode::InvalidAnswer, "a line of the answer is too long"});
    }
    return static_cast<bool>(done_);
  }

  void fail(const ErrorStatus& error) {
    finish(Unexpected{ErrorCode::Unreachable,
                      "cannot reach " + endpoint_text(post_.endpoint) + ": " + error.message()});
  }

  void finish(Result<HttpResponse> result) {
    if (!done_) return;  // the deadline was first
    const Done done = std::exchange(done_, nullptr);
    timer_.cancel();
    resolver_.cancel();
    ErrorStatus ignored;
    socket_.close(ignored);
    done(std::move(result));
  }

  const HttpPost post_;
  const OnLine on_line_;
  Done done_;  // empty once called
  Duration timeout_{};
  Strand strand_;
  StreamSocket socket_;
  Resolver resolver_;
  SteadyTimer timer_;
  std::vector<GenericEndpoint> addresses_;
  std::string text_;
  ByteBuffer in_;
  ResponseParser parser_;
};

}  // namespace
}  // namespace detail

void post_async(IoThreads& io, HttpPost post, Duration timeout,
                std::function<void(Result<HttpResponse>)> done) {
  std::make_shared<detail::PostCall>(io.core(), std::move(post), nullptr, std::move(done))
      ->start(timeout);
}

void post_lines_async(IoThreads& io, HttpPost post, Duration silence,
                      std::function<bool(std::string_view)> on_line,
                      std::function<void(Result<HttpResponse>)> done) {
  std::make_shared<detail::PostCall>(io.core(), std::move(post), std::move(on_line),
                                     std::move(done))
      ->start(silence);
}

}  // namespace fusebox::runtime
