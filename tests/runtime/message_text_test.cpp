#include "sre/runtime/detail/message_text.hpp"

#include <string>

#include <gtest/gtest.h>

namespace fusebox::runtime::detail {
namespace {

constexpr std::string_view kDate = "Sun, 06 Nov 1994 08:49:37 GMT";

std::string answer(const HttpResponse& response, Framing framing) {
  std::string out;
  append_response(out, response, framing, kDate);
  const std::string date = "Date: " + std::string(kDate) + "\r\n";
  const std::size_t at = out.find(date);
  EXPECT_NE(at, std::string::npos);
  return out.erase(at, date.size());
}

TEST(AppendResponse, FramesByVersionMethodAndConnection) {
  struct Row {
    const char* name;
    int status;
    Framing framing;
    const char* text;
  };
  const Row rows[] = {
      {"kept",
       200,
       {.keep_alive = true},
       "HTTP/1.1 200 OK\r\nContent-Type: a/b\r\nContent-Length: 2\r\n\r\nhi"},
      {"last",
       200,
       {},
       "HTTP/1.1 200 OK\r\nContent-Type: a/b\r\nConnection: close\r\nContent-Length: 2\r\n\r\nhi"},
      {"1.0 kept",
       200,
       {.http11 = false, .keep_alive = true},
       "HTTP/1.1 200 OK\r\nContent-Type: a/b\r\nConnection: keep-alive\r\nContent-Length: "
       "2\r\n\r\nhi"},
      {"1.0 last",
       200,
       {.http11 = false},
       "HTTP/1.1 200 OK\r\nContent-Type: a/b\r\nContent-Length: 2\r\n\r\nhi"},
      {"head",
       200,
       {.head = true, .keep_alive = true},
       "HTTP/1.1 200 OK\r\nContent-Type: a/b\r\nContent-Length: 2\r\n\r\n"},
      {"no content",
       204,
       {.keep_alive = true},
       "HTTP/1.1 204 No Content\r\nContent-Type: a/b\r\n\r\n"},
      {"unknown status",
       299,
       {.keep_alive = true},
       "HTTP/1.1 299 \r\nContent-Type: a/b\r\nContent-Length: 2\r\n\r\nhi"},
  };
  for (const Row& row : rows) {
    const HttpResponse response{.status = row.status, .content_type = "a/b", .body = "hi"};
    EXPECT_EQ(answer(response, row.framing), row.text) << row.name;
  }
}

TEST(AppendResponse, LetsNoFieldEndEarly) {
  HttpResponse response;
  response.headers.add("X-A", "one\r\nSet-Cookie: two");
  response.headers.add("X\r\nB", "tab\tstays");
  EXPECT_EQ(answer(response, {.keep_alive = true}),
            "HTTP/1.1 200 OK\r\nX-A: one  Set-Cookie: two\r\nX  B: tab\tstays\r\n"
            "Content-Length: 0\r\n\r\n");
}

TEST(AppendStream, ChunksFor11AndRunsToTheEndFor10) {
  std::string chunked;
  append_stream_bytes(chunked, "", {});
  append_stream_bytes(chunked, std::string(26, 'x'), {});
  append_stream_end(chunked, {});
  EXPECT_EQ(chunked, "1a\r\n" + std::string(26, 'x') + "\r\n0\r\n\r\n");
  std::string plain;
  append_stream_bytes(plain, "abc", {.http11 = false});
  append_stream_end(plain, {.http11 = false});
  EXPECT_EQ(plain, "abc");
}

TEST(HttpDate, IsTheFixedForm) {
  EXPECT_EQ(http_date(784'111'777), kDate);  // the example of RFC 9110 5.6.7
  EXPECT_EQ(http_date(0), "Thu, 01 Jan 1970 00:00:00 GMT");
  EXPECT_EQ(http_date(951'782'400), "Tue, 29 Feb 2000 00:00:00 GMT");
}

TEST(AppendRequest, SetsHostAndLength) {
  HttpHeaders headers;
  headers.add("X-A", "b");
  std::string get;
  append_request(get,
                 {.method = "GET", .target = "/a", .host = "h:1", .headers = headers, .body = ""});
  EXPECT_EQ(get, "GET /a HTTP/1.1\r\nHost: h:1\r\nX-A: b\r\n\r\n");
  std::string post;
  append_request(post, {.method = "POST", .target = "/", .host = "h", .headers = {}, .body = ""});
  EXPECT_EQ(post, "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 0\r\n\r\n");
}

TEST(CheckRequestLine, RefusesWhatWouldBeTwo) {
  EXPECT_TRUE(check_request_line("GET", "/a?b=%20"));
  for (const char* target : {"", "/a b", "/a\r\nX: y", "/\x7f", "/\xC3\xA9"}) {
    EXPECT_FALSE(check_request_line("GET", target)) << target;
  }
  EXPECT_FALSE(check_request_line("", "/"));
  EXPECT_FALSE(check_request_line("G T", "/"));
}

}  // namespace
}  // namespace fusebox::runtime::detail
