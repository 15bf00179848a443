#include "sre/runtime/detail/request_parser.hpp"

#include <algorithm>
#include <limits>
#include <utility>

// Beast brings Asio's buffers along, so Asio must be configured before it.
#include "sre/runtime/detail/asio.hpp"
//
#include <boost/beast/http/basic_parser.hpp>

#include "base/assert.hpp"
#include "sre/runtime/detail/target.hpp"

namespace fusebox::runtime::detail {
namespace {

namespace http = boost::beast::http;
using BeastView = boost::beast::string_view;

// A body is given this much room at once; a longer one must arrive before it costs memory.
constexpr std::uint64_t kBodyReserveMax = 1 << 20;

// A line's blanks and ends, for counting what a field takes of the limit: ": " and CRLF.
constexpr std::size_t kFieldOverhead = 4;
constexpr std::size_t kRequestLineOverhead = 12;  // two blanks, "HTTP/1.1", CRLF

// What the fields of a usual request take, to grow once and not six times.
constexpr std::size_t kUsualFields = 12;
constexpr std::size_t kUsualFieldBytes = 400;

constexpr std::string_view kLineEnd = "\r\n";

// The shortest end of a chunked body, "0" and two line ends. Beast asserts that it is asked again
// only with as much, so fewer bytes wait; whatever they are, more must follow them.
constexpr std::size_t kLastChunkBytes = 5;

std::string_view view(BeastView text) { return {text.data(), text.size()}; }

// Whether the first line is a request of some HTTP that is neither 1.0 nor 1.1.
bool names_other_version(std::string_view bytes) {
  const std::string_view line = bytes.substr(0, bytes.find(kLineEnd));
  if (line.size() < 9) return false;
  const std::string_view version = line.substr(line.size() - 9);
  const auto digit = [](char c) { return c >= '0' && c <= '9'; };
  return version.starts_with(" HTTP/") && digit(version[6]) && version[7] == '.' &&
         digit(version[8]);
}

}  // namespace

// One request. Beast calls the on_…_impl functions while it reads; an error set there stops it.
class RequestParser::Reader final : public http::basic_parser<true> {
 public:
  explicit Reader(const RequestLimits& limits) : limits_(limits) {
    eager(true);
    header_limit(std::numeric_limits<std::uint32_t>::max());  // ours is below
    body_limit(limits.body_bytes_max);
  }

  Step put_more(std::string_view bytes);

  HttpRequest request;
  std::uint64_t body_bytes = 0;
  int failure = 0;  // the status, once something was wrong
  bool expects_continue = false;
  bool http11 = false;

 private:
  [[nodiscard]] int status_of(const ErrorStatus& error, std::string_view bytes) const;
  void refuse(int status, ErrorStatus& error);
  void count_header_bytes(std::size_t bytes, ErrorStatus& error);
  void read_special(http::field name, std::string_view value, ErrorStatus& error);

  void on_request_impl(http::verb, BeastView method, BeastView target, int version,
                       ErrorStatus& error) override;
  void on_field_impl(http::field name, BeastView name_text, BeastView value,
                     ErrorStatus& error) override;
  void on_header_impl(ErrorStatus& error) override;
  void on_body_init_impl(const boost::optional<std::uint64_t>& length, ErrorStatus&) override;
  std::size_t on_body_impl(BeastView body, ErrorStatus&) override;
  std::size_t on_chunk_body_impl(std::uint64_t, BeastView body, ErrorStatus&) override;
  void on_chunk_header_impl(std::uint64_t, BeastView, ErrorStatus&) override {}
  void on_response_impl(int, BeastView, int, ErrorStatus&) override {}
  void on_finish_impl(ErrorStatus&) override {}

  const RequestLimits& limits_;
  std::size_t header_bytes_ = 0;
  std::size_t hosts_ = 0;
};

RequestParser::Step RequestParser::Reader::put_more(std::string_view bytes) {
  if (is_header_done() && chunked() && bytes.size() < kLastChunkBytes) {
    return {.used = 0, .state = State::NeedMore};
  }
  ErrorStatus error;
  const std::size_t used = put({bytes.data(), bytes.size()}, error);
  const std::size_t left = bytes.size() - used;
  if (error && error != http::error::need_more) {
    failure = status_of(error, bytes);
    return {.used = used, .state = State::Failed};
  }
  if (is_done()) return {.used = used, .state = State::Complete};
  // What is left is part of a line: of the head, of a chunk's size or of the trailers.
  const std::size_t before = is_header_done() ? 0 : header_bytes_;
  if (before + left > limits_.header_bytes_max) {
    const bool in_first_line =
        header_bytes_ == 0 && bytes.substr(used).find(kLineEnd) == std::string_view::npos;
    failure = in_first_line ? 414 : 431;
    return {.used = used, .state = State::Failed};
  }
  return {.used = used, .state = State::NeedMore};
}

int RequestParser::Reader::status_of(const ErrorStatus& error, std::string_view bytes) const {
  if (failure != 0) return failure;
  if (error == http::error::body_limit) return 413;
  if (error == http::error::header_limit) return 431;  // a folded line
  if (error == http::error::bad_version && names_other_version(bytes)) return 505;
  return 400;
}

// The error's own value does not matter, only that there is one.
void RequestParser::Reader::refuse(int status, ErrorStatus& error) {
  failure = status;
  error = http::error::bad_value;
}

void RequestParser::Reader::count_header_bytes(std::size_t bytes, ErrorStatus& error) {
  header_bytes_ += bytes;
  if (header_bytes_ > limits_.header_bytes_max) refuse(431, error);
}

void RequestParser::Reader::on_request_impl(http::verb, BeastView method, BeastView target,
                                            int version, ErrorStatus& error) {
  if (target.size() > limits_.target_bytes_max) return refuse(414, error);
  if (!split_target(view(target), request)) return refuse(400, error);
  request.method = view(method);
  request.headers.reserve(kUsualFields, kUsualFieldBytes);
  http11 = version == 11;
  count_header_bytes(method.size() + target.size() + kRequestLineOverhead, error);
}

void RequestParser::Reader::on_field_impl(http::field name, BeastView name_text, BeastView value,
                                          ErrorStatus& error) {
  count_header_bytes(name_text.size() + value.size() + kFieldOverhead, error);
  // Trailers come after the handler's decisions could use them, and could forge what a proxy in
  // front has checked.
  if (error || is_header_done()) return;
  if (request.headers.size() == limits_.headers_max) return refuse(431, error);
  request.headers.add(view(name_text), view(value));
  read_special(name, view(value), error);
}

void RequestParser::Reader::read_special(http::field name, std::string_view value,
                                         ErrorStatus& error) {
  if (name == http::field::host) ++hosts_;
  if (name == http::field::transfer_encoding) {
    if (!boost::beast::iequals(value, "chunked")) return refuse(501, error);
    // A proxy that knows 1.0 only would have read another body than we do.
    if (!http11) return refuse(400, error);
  }
  if (name == http::field::expect && http11) {
    if (!boost::beast::iequals(value, "100-continue")) return refuse(417, error);
    expects_continue = true;
  }
}

void RequestParser::Reader::on_header_impl(ErrorStatus& error) {
  if (hosts_ > 1 || (hosts_ == 0 && http11)) refuse(400, error);
}

void RequestParser::Reader::on_body_init_impl(const boost::optional<std::uint64_t>& length,
                                              ErrorStatus&) {
  if (length) request.body.reserve(std::min(*length, kBodyReserveMax));
}

std::size_t RequestParser::Reader::on_body_impl(BeastView body, ErrorStatus&) {
  request.body.append(body.data(), body.size());
  body_bytes += body.size();
  return body.size();
}

std::size_t RequestParser::Reader::on_chunk_body_impl(std::uint64_t, BeastView body,
                                                      ErrorStatus& error) {
  return on_body_impl(body, error);
}

RequestParser::RequestParser(const RequestLimits& limits)
    : limits_(limits), reader_(std::make_unique<Reader>(limits_)) {}

RequestParser::~RequestParser() = default;

RequestParser::Step RequestParser::put(std::string_view bytes) {
  std::size_t blank = 0;
  // RFC 9112 2.2: some clients end a body with an empty line that they do not count.
  if (!reader_->got_some()) {
    while (bytes.substr(blank).starts_with(kLineEnd)) blank += kLineEnd.size();
  }
  bytes.remove_prefix(blank);
  if (bytes.empty() || bytes == "\r") return {.used = blank, .state = State::NeedMore};
  Step step = reader_->put_more(bytes);
  step.used += blank;
  return step;
}

bool RequestParser::started() const { return reader_->got_some(); }

bool RequestParser::header_done() const { return reader_->is_header_done(); }

std::uint64_t RequestParser::body_bytes() const { return reader_->body_bytes; }

int RequestParser::error_status() const { return reader_->failure; }

bool RequestParser::expects_continue() const { return reader_->expects_continue; }

bool RequestParser::keep_alive() const { return reader_->keep_alive(); }

bool RequestParser::http11() const { return reader_->http11; }

bool RequestParser::head() const { return reader_->request.method == "HEAD"; }

HttpRequest RequestParser::take() {
  FUSEBOX_ASSERT(reader_->is_done());
  HttpRequest request = std::move(reader_->request);
  reader_ = std::make_unique<Reader>(limits_);
  return request;
}

}  // namespace fusebox::runtime::detail
