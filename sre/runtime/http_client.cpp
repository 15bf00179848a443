#include "sre/runtime/http_client.hpp"

#include <algorithm>
#include <array>
#include <limits>
#include <optional>
#include <utility>

#include "sre/runtime/detail/byte_buffer.hpp"
#include "sre/runtime/detail/client_socket.hpp"
#include "sre/runtime/detail/lines.hpp"
#include "sre/runtime/detail/message_text.hpp"
#include "sre/runtime/detail/response_parser.hpp"

namespace fusebox::runtime {
namespace {

using detail::ClientSocket;
using detail::Deadline;
using detail::ResponseParser;

constexpr std::size_t kPiece = std::size_t{16} * 1024;

Unexpected gone() {
  return {ErrorCode::Unreachable, "the connection closed before the whole answer came"};
}

Unexpected not_http() {
  return {ErrorCode::InvalidAnswer, "the answer is not HTTP, or larger than its limit"};
}

bool repeatable(std::string_view method) {
  constexpr std::array<std::string_view, 5> kSafe{"GET", "HEAD", "PUT", "DELETE", "OPTIONS"};
  return std::find(kSafe.begin(), kSafe.end(), method) != kSafe.end();
}

}  // namespace

struct HttpClient::Link {
  explicit Link(Endpoint to) : endpoint(std::move(to)), host(detail::host_field(endpoint)) {}

  [[nodiscard]] Result<void> ensure_connected(Deadline deadline) {
    if (socket && !socket->stale()) return {};
    socket.reset();
    in.clear();
    Result<ClientSocket> fresh = ClientSocket::connect(endpoint, deadline);
    if (!fresh) return Unexpected{fresh.error()};
    socket = std::move(*fresh);
    return {};
  }

  [[nodiscard]] Result<void> send(const HttpCall& call, Deadline deadline) {
    std::string text;
    detail::append_request(text, {.method = call.method,
                                  .target = call.target,
                                  .host = host,
                                  .headers = call.headers,
                                  .body = call.body});
    return socket->send(text, deadline);
  }

  // Receives something and lets the parser have it.
  [[nodiscard]] Result<ResponseParser::State> receive(ResponseParser& parser, Deadline deadline) {
    const std::span<char> room = in.prepare(kPiece);
    const Result<std::size_t> count = socket->receive(room, deadline);
    if (!count) return Unexpected{count.error()};
    if (*count == 0) {
      const ResponseParser::State state = parser.put_end();
      if (state == ResponseParser::State::Failed) return gone();
      return state;
    }
    in.commit(*count);
    const ResponseParser::Step step = parser.put(in.view());
    in.consume(step.used);
    if (step.state == ResponseParser::State::Failed) return not_http();
    return step.state;
  }

  // Sends, and reads until the head is there.
  [[nodiscard]] Result<ResponseParser::State> begin(const HttpCall& call, ResponseParser& parser,
                                                    Deadline deadline) {
    if (const Result<void> sent = send(call, deadline); !sent) return Unexpected{sent.error()};
    auto state = ResponseParser::State::NeedMore;
    while (state == ResponseParser::State::NeedMore && !parser.header_done()) {
      Result<ResponseParser::State> next = receive(parser, deadline);
      if (!next) return next;
      state = *next;
    }
    return state;
  }

  [[nodiscard]] Result<HttpResponse> exchange(const HttpCall& call, ResponseParser& parser,
                                              Deadline deadline) {
    Result<ResponseParser::State> state = begin(call, parser, deadline);
    while (state && *state == ResponseParser::State::NeedMore) state = receive(parser, deadline);
    const bool kept = state && parser.keep_alive() && in.empty();
    if (!kept) socket.reset();
    if (!state) return Unexpected{state.error()};
    return std::move(parser.response());
  }

  const Endpoint endpoint;
  const std::string host;
  std::optional<ClientSocket> socket;
  detail::ByteBuffer in;
};

HttpClient::HttpClient(std::unique_ptr<Link> link) : link_(std::move(link)) {}
HttpClient::HttpClient(HttpClient&&) noexcept = default;
HttpClient& HttpClient::operator=(HttpClient&&) noexcept = default;
HttpClient::~HttpClient() = default;

Result<HttpClient> HttpClient::connect(const Endpoint& endpoint, Duration timeout) {
  auto link = std::make_unique<Link>(endpoint);
  const Result<void> connected = link->ensure_connected(detail::deadline_after(timeout));
  if (!connected) return Unexpected{connected.error()};
  return HttpClient(std::move(link));
}

Result<HttpResponse> HttpClient::request(const HttpCall& call, Duration timeout) {
  const Deadline deadline = detail::deadline_after(timeout);
  if (const auto fine = detail::check_request_line(call.method, call.target); !fine) {
    return Unexpected{fine.error()};
  }
  for (bool repeated = false;; repeated = true) {
    if (const Result<void> connected = link_->ensure_connected(deadline); !connected) {
      return Unexpected{connected.error()};
    }
    ResponseParser parser({}, call.method == "HEAD");
    Result<HttpResponse> answer = link_->exchange(call, parser, deadline);
    const bool closed_first =
        !answer && answer.error().code == ErrorCode::Unreachable && !parser.started();
    if (repeated || !closed_first || !repeatable(call.method)) return answer;
  }
}

Result<HttpResponse> HttpClient::stream_lines(std::string_view target, const HttpHeaders& headers,
                                              const std::function<bool(std::string_view)>& on_line,
                                              Duration silence) {
  const HttpCall call{.method = "GET", .target = target, .headers = headers};
  if (const auto fine = detail::check_request_line(call.method, target); !fine) {
    return Unexpected{fine.error()};
  }
  const auto connected = link_->ensure_connected(detail::deadline_after(silence));
  if (!connected) return Unexpected{connected.error()};
  ResponseParser parser({.body_bytes_max = std::numeric_limits<std::uint64_t>::max()}, false);
  auto state = link_->begin(call, parser, detail::deadline_after(silence));
  HttpResponse& response = parser.response();
  while (state) {
    if (response.status == 200 && !detail::hand_over_lines(response.body, on_line)) break;
    if (*state == ResponseParser::State::Complete) break;
    state = response.body.size() > detail::kLineBytesMax
                ? not_http()
                : link_->receive(parser, detail::deadline_after(silence));
  }
  link_->socket.reset();  // the rest of the answer may be on its way
  if (!state) return Unexpected{state.error()};
  return std::move(response);
}

}  // namespace fusebox::runtime
