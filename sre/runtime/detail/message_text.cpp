#include "sre/runtime/detail/message_text.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <chrono>
#include <cstdint>

namespace fusebox::runtime::detail {
namespace {

constexpr std::string_view kLineEnd = "\r\n";

void append_number(std::string& out, std::uint64_t number, int base = 10) {
  std::array<char, 20> digits;
  const auto [end, error] =
      std::to_chars(digits.data(), digits.data() + digits.size(), number, base);
  out.append(digits.data(), end);
}

void append_two_digits(std::string& out, std::uint64_t number) {
  if (number < 10) out.push_back('0');
  append_number(out, number);
}

void append_clean(std::string& out, std::string_view text) {
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    out.push_back((byte < 0x20 && c != '\t') || byte == 0x7F ? ' ' : c);
  }
}

void append_field(std::string& out, std::string_view name, std::string_view value) {
  append_clean(out, name);
  out.append(": ");
  append_clean(out, value);
  out.append(kLineEnd);
}

void append_fields(std::string& out, const HttpHeaders& headers) {
  for (std::size_t i = 0; i < headers.size(); ++i) {
    append_field(out, headers[i].name, headers[i].value);
  }
}

bool has_body(int status) { return status >= 200 && status != 204 && status != 304; }

void append_head(std::string& out, const HttpResponse& response, std::string_view date) {
  out.append("HTTP/1.1 ");
  append_number(out, static_cast<std::uint64_t>(response.status));
  out.append(" ").append(reason_phrase(response.status)).append(kLineEnd);
  out.append("Date: ").append(date).append(kLineEnd);
  if (!response.content_type.empty()) append_field(out, "Content-Type", response.content_type);
  append_fields(out, response.headers);
}

// 1.1 keeps a connection unless told otherwise, 1.0 the other way round.
void append_connection(std::string& out, Framing framing) {
  if (framing.keep_alive == framing.http11) return;
  out.append(framing.keep_alive ? "Connection: keep-alive\r\n" : "Connection: close\r\n");
}

void append_length(std::string& out, std::size_t bytes) {
  out.append("Content-Length: ");
  append_number(out, bytes);
  out.append(kLineEnd);
}

}  // namespace

void append_request(std::string& out, const RequestText& request) {
  out.append(request.method).append(" ").append(request.target).append(" HTTP/1.1\r\n");
  append_field(out, "Host", request.host);
  append_fields(out, request.headers);
  const bool bare = request.body.empty() && (request.method == "GET" || request.method == "HEAD");
  if (!bare) append_length(out, request.body.size());
  out.append(kLineEnd).append(request.body);
}

Result<void> check_request_line(std::string_view method, std::string_view target) {
  const auto printable = [](char c) { return c > ' ' && c < '\x7F'; };
  const bool fine = !method.empty() && !target.empty() &&
                    std::all_of(method.begin(), method.end(), printable) &&
                    std::all_of(target.begin(), target.end(), printable);
  if (fine) return {};
  return Unexpected{ErrorCode::InvalidValue,
                    "not a request: \"" + std::string(method) + " " + std::string(target) + "\""};
}

std::string host_field(const Endpoint& endpoint) {
  return std::holds_alternative<TcpAddress>(endpoint) ? endpoint_text(endpoint) : "localhost";
}

void append_response(std::string& out, const HttpResponse& response, Framing framing,
                     std::string_view date) {
  append_head(out, response, date);
  append_connection(out, framing);
  if (has_body(response.status)) append_length(out, response.body.size());
  out.append(kLineEnd);
  if (has_body(response.status) && !framing.head) out.append(response.body);
}

void append_stream_head(std::string& out, const HttpResponse& head, Framing framing,
                        std::string_view date) {
  append_head(out, head, date);
  append_connection(out, framing);
  if (framing.http11) out.append("Transfer-Encoding: chunked\r\n");
  out.append(kLineEnd);
  if (!framing.head) append_stream_bytes(out, head.body, framing);
}

void append_stream_bytes(std::string& out, std::string_view bytes, Framing framing) {
  if (bytes.empty()) return;  // a chunk of no bytes would be the last
  if (!framing.http11) {
    out.append(bytes);
    return;
  }
  append_number(out, bytes.size(), 16);
  out.append(kLineEnd).append(bytes).append(kLineEnd);
}

void append_stream_end(std::string& out, Framing framing) {
  if (framing.http11 && !framing.head) out.append("0\r\n\r\n");
}

std::string http_date(std::time_t seconds) {
  constexpr std::array kDays{"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
  constexpr std::array kMonths{"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                               "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  const std::chrono::sys_seconds at{std::chrono::seconds{seconds}};
  const auto day = std::chrono::floor<std::chrono::days>(at);
  const std::chrono::year_month_day date{day};
  const std::chrono::hh_mm_ss time{at - day};
  std::string out = kDays[std::chrono::weekday{day}.c_encoding()];
  out.append(", ");
  append_two_digits(out, static_cast<unsigned>(date.day()));
  out.append(" ").append(kMonths[static_cast<unsigned>(date.month()) - 1]).append(" ");
  append_number(out, static_cast<std::uint64_t>(static_cast<int>(date.year())));
  const std::array parts{time.hours().count(), time.minutes().count(),
                         static_cast<std::int64_t>(time.seconds().count())};
  char separator = ' ';
  for (const std::int64_t part : parts) {
    out.push_back(separator);
    append_two_digits(out, static_cast<std::uint64_t>(part));
    separator = ':';
  }
  return out.append(" GMT");
}

}  // namespace fusebox::runtime::detail
