#include "sre/runtime/detail/response_parser.hpp"

#include <algorithm>
#include <limits>

// Beast brings Asio's buffers along, so Asio must be configured before it.
#include "sre/runtime/detail/asio.hpp"
//
#include <boost/beast/http/basic_parser.hpp>

namespace fusebox::runtime::detail {
namespace {

namespace http = boost::beast::http;
using BeastView = boost::beast::string_view;

// The shortest end of a chunked body, "0" and two line ends. Beast asserts that it is asked again
// only with as much, so fewer bytes wait; whatever they are, more must follow them.
constexpr std::size_t kLastChunkBytes = 5;

std::string_view view(BeastView text) { return {text.data(), text.size()}; }

}  // namespace

class ResponseParser::Reader final : public http::basic_parser<false> {
 public:
  Reader(const AnswerLimits& limits, bool head) {
    eager(true);
    header_limit(static_cast<std::uint32_t>(
        std::min<std::size_t>(limits.header_bytes_max, std::numeric_limits<std::uint32_t>::max())));
    body_limit(limits.body_bytes_max);
    skip(head);
  }

  HttpResponse response;

 private:
  void on_response_impl(int status, BeastView, int, ErrorStatus&) override {
    response.status = status;
  }
  void on_field_impl(http::field name, BeastView name_text, BeastView value,
                     ErrorStatus&) override {
    if (is_header_done()) return;  // trailers
    if (name == http::field::content_type) response.content_type = view(value);
    response.headers.add(view(name_text), view(value));
  }
  std::size_t on_body_impl(BeastView body, ErrorStatus&) override {
    response.body.append(body.data(), body.size());
    return body.size();
  }
  std::size_t on_chunk_body_impl(std::uint64_t, BeastView body, ErrorStatus& error) override {
    return on_body_impl(body, error);
  }
  void on_request_impl(http::verb, BeastView, BeastView, int, ErrorStatus&) override {}
  void on_header_impl(ErrorStatus&) override {}
  void on_body_init_impl(const boost::optional<std::uint64_t>&, ErrorStatus&) override {}
  void on_chunk_header_impl(std::uint64_t, BeastView, ErrorStatus&) override {}
  void on_finish_impl(ErrorStatus&) override {}
};

ResponseParser::ResponseParser(const AnswerLimits& limits, bool head)
    : limits_(limits), head_(head), reader_(std::make_unique<Reader>(limits_, head_)) {}

ResponseParser::~ResponseParser() = default;

ResponseParser::Step ResponseParser::put(std::string_view bytes) {
  std::size_t used = 0;
  while (used < bytes.size()) {
    ErrorStatus error;
    const std::string_view rest = bytes.substr(used);
    if (header_done() && reader_->chunked() && rest.size() < kLastChunkBytes) break;
    used += reader_->put({rest.data(), rest.size()}, error);
    if (error == http::error::need_more) {
      const bool hopeless = bytes.size() - used > limits_.header_bytes_max;
      return {.used = used, .state = hopeless ? State::Failed : State::NeedMore};
    }
    if (error) return {.used = used, .state = State::Failed};
    if (!reader_->is_done()) continue;
    if (reader_->response.status >= 200) return {.used = used, .state = State::Complete};
    reader_ = std::make_unique<Reader>(limits_, head_);
  }
  return {.used = used, .state = State::NeedMore};
}

ResponseParser::State ResponseParser::put_end() {
  if (!reader_->got_some()) return State::Failed;
  ErrorStatus error;
  reader_->put_eof(error);
  return error ? State::Failed : State::Complete;
}

bool ResponseParser::started() const { return reader_->got_some(); }

bool ResponseParser::header_done() const { return reader_->is_header_done(); }

bool ResponseParser::keep_alive() const { return reader_->keep_alive(); }

HttpResponse& ResponseParser::response() { return reader_->response; }

}  // namespace fusebox::runtime::detail
