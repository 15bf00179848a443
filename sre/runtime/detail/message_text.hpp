// Answers and requests as bytes.
#pragma once

#include <ctime>
#include <string>
#include <string_view>

#include "base/result.hpp"
#include "sre/runtime/endpoint.hpp"
#include "sre/runtime/http.hpp"

namespace fusebox::runtime::detail {

// What the request and the connection decide about the form of an answer.
struct Framing {
  bool http11 = true;
  bool head = false;        // the answer to HEAD: a length, and no body
  bool keep_alive = false;  // the connection takes another request
};

// Appends one whole request. `host` is what the Host field says.
struct RequestText {
  std::string_view method;
  std::string_view target;
  std::string_view host;
  const HttpHeaders& headers;
  std::string_view body;
};
void append_request(std::string& out, const RequestText& request);

// InvalidValue for what would not be one request line.
[[nodiscard]] Result<void> check_request_line(std::string_view method, std::string_view target);

// What a client of this endpoint says it wants: "127.0.0.1:7100"; "localhost" for a Unix socket.
[[nodiscard]] std::string host_field(const Endpoint& endpoint);

// Appends one whole answer. Bytes that would end a header field early become blanks.
void append_response(std::string& out, const HttpResponse& response, Framing framing,
                     std::string_view date);

// Appends the head of an answer without known length, and its first bytes: in chunks, or to the end
// of the connection for HTTP/1.0.
void append_stream_head(std::string& out, const HttpResponse& head, Framing framing,
                        std::string_view date);
void append_stream_bytes(std::string& out, std::string_view bytes, Framing framing);
void append_stream_end(std::string& out, Framing framing);

// "Sun, 06 Nov 1994 08:49:37 GMT", RFC 9110 5.6.7.
[[nodiscard]] std::string http_date(std::time_t seconds);

}  // namespace fusebox::runtime::detail
