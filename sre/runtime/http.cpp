#include "sre/runtime/http.hpp"

#include <algorithm>
#include <array>

#include "base/assert.hpp"
#include "base/json_writer.hpp"

namespace fusebox::runtime {
namespace {

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

bool same_name(std::string_view a, std::string_view b) {
  return a.size() == b.size() && std::equal(a.begin(), a.end(), b.begin(),
                                            [](char x, char y) { return lower(x) == lower(y); });
}

std::optional<unsigned> hex_digit(char c) {
  if (c >= '0' && c <= '9') return static_cast<unsigned>(c - '0');
  const char small = lower(c);
  if (small >= 'a' && small <= 'f') return static_cast<unsigned>(small - 'a') + 10;
  return std::nullopt;
}

struct Phrase {
  int status;
  std::string_view text;
};

// RFC 9110 section 15, what this server and its handlers answer; 429 and 431 are RFC 6585's.
constexpr std::array kPhrases{
    Phrase{200, "OK"},
    Phrase{201, "Created"},
    Phrase{202, "Accepted"},
    Phrase{204, "No Content"},
    Phrase{301, "Moved Permanently"},
    Phrase{302, "Found"},
    Phrase{304, "Not Modified"},
    Phrase{307, "Temporary Redirect"},
    Phrase{308, "Permanent Redirect"},
    Phrase{400, "Bad Request"},
    Phrase{401, "Unauthorized"},
    Phrase{403, "Forbidden"},
    Phrase{404, "Not Found"},
    Phrase{405, "Method Not Allowed"},
    Phrase{406, "Not Acceptable"},
    Phrase{408, "Request Timeout"},
    Phrase{409, "Conflict"},
    Phrase{410, "Gone"},
    Phrase{411, "Length Required"},
    Phrase{412, "Precondition Failed"},
    Phrase{413, "Content Too Large"},
    Phrase{414, "URI Too Long"},
    Phrase{415, "Unsupported Media Type"},
    Phrase{417, "Expectation Failed"},
    Phrase{422, "Unprocessable Content"},
    Phrase{429, "Too Many Requests"},
    Phrase{431, "Request Header Fields Too Large"},
    Phrase{500, "Internal Server Error"},
    Phrase{501, "Not Implemented"},
    Phrase{502, "Bad Gateway"},
    Phrase{503, "Service Unavailable"},
    Phrase{504, "Gateway Timeout"},
    Phrase{505, "HTTP Version Not Supported"},
    Phrase{507, "Insufficient Storage"},
};

// What a stream writes to when its connection was gone before it began.
class NoReader final : public StreamSink {
 public:
  bool write(std::string_view) override { return false; }
  void close() override {}
  void on_closed(std::function<void()> callback) override { callback(); }
};

}  // namespace

void HttpHeaders::add(std::string_view name, std::string_view value) {
  spans_.push_back({.begin = static_cast<std::uint32_t>(text_.size()),
                    .name_bytes = static_cast<std::uint32_t>(name.size()),
                    .value_bytes = static_cast<std::uint32_t>(value.size())});
  text_.append(name).append(value);
}

void HttpHeaders::reserve(std::size_t fields, std::size_t bytes) {
  spans_.reserve(fields);
  text_.reserve(bytes);
}

std::optional<std::string_view> HttpHeaders::find(std::string_view name) const {
  for (std::size_t i = 0; i < spans_.size(); ++i) {
    const Field field = (*this)[i];
    if (same_name(field.name, name)) return field.value;
  }
  return std::nullopt;
}

std::size_t HttpHeaders::count(std::string_view name) const {
  std::size_t found = 0;
  for (std::size_t i = 0; i < spans_.size(); ++i) found += same_name((*this)[i].name, name) ? 1 : 0;
  return found;
}

HttpHeaders::Field HttpHeaders::operator[](std::size_t index) const {
  FUSEBOX_ASSERT(index < spans_.size());
  const Span span = spans_[index];
  const std::string_view text = text_;
  return {.name = text.substr(span.begin, span.name_bytes),
          .value = text.substr(span.begin + span.name_bytes, span.value_bytes)};
}

std::optional<std::string_view> HttpRequest::query_value(std::string_view name) const {
  const auto found = std::find_if(query.begin(), query.end(),
                                  [name](const QueryPair& pair) { return pair.name == name; });
  if (found == query.end()) return std::nullopt;
  return found->value;
}

std::optional<std::string> percent_decode(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      out.push_back(text[i]);
      continue;
    }
    if (text.size() - i < 3) return std::nullopt;
    const std::optional<unsigned> high = hex_digit(text[i + 1]);
    const std::optional<unsigned> low = hex_digit(text[i + 2]);
    if (!high || !low) return std::nullopt;
    out.push_back(static_cast<char>(*high * 16 + *low));
    i += 2;
  }
  return out;
}

std::string percent_encode(std::string_view text) {
  constexpr std::string_view kHex = "0123456789ABCDEF";
  std::string out;
  out.reserve(text.size());
  for (const char c : text) {
    const char small = lower(c);
    const bool plain = (small >= 'a' && small <= 'z') || (c >= '0' && c <= '9') || c == '-' ||
                       c == '.' || c == '_' || c == '~';
    if (plain) {
      out.push_back(c);
      continue;
    }
    const auto byte = static_cast<unsigned char>(c);
    out.append({'%', kHex[byte / 16], kHex[byte % 16]});
  }
  return out;
}

std::string_view reason_phrase(int status) {
  const auto found =
      std::lower_bound(kPhrases.begin(), kPhrases.end(), status,
                       [](const Phrase& phrase, int wanted) { return phrase.status < wanted; });
  return found != kPhrases.end() && found->status == status ? found->text : std::string_view{};
}

HttpResponse problem_response(int status, std::string_view detail) {
  HttpResponse response{.status = status, .content_type = "application/problem+json"};
  JsonWriter json(response.body);
  json.begin_object();
  json.field("title", reason_phrase(status));
  json.field("status", static_cast<std::int64_t>(status));
  if (!detail.empty()) json.field("detail", detail);
  json.end_object();
  return response;
}

StreamWriter& StreamWriter::operator=(StreamWriter&& other) noexcept {
  if (this == &other) return *this;
  if (sink_) sink_->close();
  sink_ = std::move(other.sink_);
  return *this;
}

StreamWriter::~StreamWriter() {
  if (sink_) sink_->close();
}

Responder::Responder(Responder&& other) noexcept
    : sink_(std::move(other.sink_)), exchange_(other.exchange_), answered_(other.answered_) {
  other.answered_ = true;
}

Responder& Responder::operator=(Responder&& other) noexcept {
  if (this == &other) return *this;
  if (!answered_) (*this)(problem_response(500));
  sink_ = std::move(other.sink_);
  exchange_ = other.exchange_;
  answered_ = other.answered_;
  other.answered_ = true;
  return *this;
}

Responder::~Responder() {
  if (!answered_) (*this)(problem_response(500));
}

void Responder::operator()(HttpResponse response) {
  if (const std::shared_ptr<ResponseSink> sink = take()) {
    sink->respond(exchange_, std::move(response));
  }
}

StreamWriter Responder::stream(HttpResponse head) {
  if (const std::shared_ptr<ResponseSink> sink = take()) {
    return sink->stream(exchange_, std::move(head));
  }
  return StreamWriter(std::make_shared<NoReader>());
}

std::shared_ptr<ResponseSink> Responder::take() {
  FUSEBOX_ASSERT(!answered_);
  answered_ = true;
  return sink_.lock();
}

}  // namespace fusebox::runtime
