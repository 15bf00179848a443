#include "sre/runtime/detail/request_parser.hpp"

#include <string>
#include <string_view>
#include <vector>

#include <gtest/gtest.h>

namespace fusebox::runtime::detail {
namespace {

using State = RequestParser::State;

constexpr RequestLimits kLimits{
    .header_bytes_max = 512, .target_bytes_max = 128, .headers_max = 8, .body_bytes_max = 32};

// What comes out of bytes that arrive in pieces of `piece`: one line for each request, and the
// status at the end if the rest was refused.
std::string read_in_pieces(std::string_view bytes, std::size_t piece) {
  RequestParser parser(kLimits);
  std::string held;
  std::string out;
  while (!bytes.empty()) {
    held += bytes.substr(0, piece);
    bytes.remove_prefix(std::min(piece, bytes.size()));
    while (!held.empty()) {
      const RequestParser::Step step = parser.put(held);
      held.erase(0, step.used);
      if (step.state == State::Failed) return out + std::to_string(parser.error_status());
      if (step.state == State::NeedMore) break;
      const bool kept = parser.keep_alive();
      const HttpRequest request = parser.take();
      out += request.method + " " + request.path;
      for (const QueryPair& pair : request.query) out += " " + pair.name + "=" + pair.value;
      out += " [" + request.body + "]" + (kept ? "" : " close") + "\n";
    }
  }
  return out + (held.empty() ? "" : "…");
}

struct Row {
  const char* name;
  std::string bytes;
  std::string result;
};

std::string get(std::string_view target) {
  return "GET " + std::string(target) + " HTTP/1.1\r\nHost: x\r\n\r\n";
}

std::string post(std::string_view fields, std::string_view body) {
  return "POST / HTTP/1.1\r\nHost: x\r\n" + std::string(fields) + "\r\n" + std::string(body);
}

const std::string kChunked = "Transfer-Encoding: chunked\r\n";

std::vector<Row> rows() {
  return {
      {"a request", get("/a"), "GET /a []\n"},
      {"two requests", get("/a") + get("/b"), "GET /a []\nGET /b []\n"},
      {"empty lines before", "\r\n\r\n" + get("/a"), "GET /a []\n"},
      {"a length", post("Content-Length: 3\r\n", "abc"), "POST / [abc]\n"},
      {"no body", post("Content-Length: 0\r\n", ""), "POST / []\n"},
      {"body and next", post("Content-Length: 3\r\n", "abc") + get("/"),
       "POST / [abc]\nGET / []\n"},
      {"chunks", post(kChunked, "3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n"), "POST / [abcde]\n"},
      {"chunk extension", post(kChunked, "1;a=b\r\nx\r\n0\r\n\r\n"), "POST / [x]\n"},
      {"trailers are dropped", post(kChunked, "1\r\nx\r\n0\r\nX-Y: z\r\n\r\n"), "POST / [x]\n"},
      {"chunks and next", post(kChunked, "1\r\nx\r\n0\r\n\r\n") + get("/"),
       "POST / [x]\nGET / []\n"},
      {"asked to close", "GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",
       "GET / [] close\n"},
      {"1.0 closes", "GET / HTTP/1.0\r\n\r\n", "GET / [] close\n"},
      {"1.0 kept", "GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n", "GET / []\n"},
      {"query", get("/a?b=c&d=e%20f+g&&h&=i"), "GET /a b=c d=e f g h= =i []\n"},
      {"escapes in the path stay", get("/a%2Fb"), "GET /a%2Fb []\n"},
      {"absolute form", get("http://host:1/a?b=c"), "GET /a b=c []\n"},
      {"absolute form without path", get("http://host"), "GET / []\n"},
      {"asterisk form", "OPTIONS * HTTP/1.1\r\nHost: x\r\n\r\n", "OPTIONS * []\n"},
      {"own method", "PURGE / HTTP/1.1\r\nHost: x\r\n\r\n", "PURGE / []\n"},

      {"no host", "GET / HTTP/1.1\r\n\r\n", "400"},
      {"two hosts", "GET / HTTP/1.1\r\nHost: x\r\nHost: x\r\n\r\n", "400"},
      {"nonsense", "hello\r\n\r\n", "400"},
      {"no path", get("a"), "400"},
      {"authority form", "CONNECT host:1 HTTP/1.1\r\nHost: x\r\n\r\n", "400"},
      {"fragment", get("/a#b"), "400"},
      {"bad escape in the path", get("/%zz"), "400"},
      {"bad escape in the query", get("/?a=%z"), "400"},
      {"blank before the colon", "GET / HTTP/1.1\r\nHost : x\r\n\r\n", "400"},
      {"control character", "GET / HTTP/1.1\r\nHost: x\r\nA: \x01\r\n\r\n", "400"},
      {"length is no number", post("Content-Length: 3x\r\n", "abc"), "400"},
      {"length is negative", post("Content-Length: -3\r\n", "abc"), "400"},
      {"two lengths", post("Content-Length: 3\r\nContent-Length: 4\r\n", "abc"), "400"},
      {"length and chunks", post("Content-Length: 3\r\n" + kChunked, "abc"), "400"},
      {"chunks and length", post(kChunked + "Content-Length: 3\r\n", "abc"), "400"},
      {"chunk size is no number", post(kChunked, "z\r\nabc"), "400"},
      {"chunk is longer than it says", post(kChunked, "1\r\nxyz\r\n0\r\n\r\n"), "400"},
      {"1.0 has no chunks", "POST / HTTP/1.0\r\n" + kChunked + "\r\n0\r\n\r\n", "400"},
      {"body too long", post("Content-Length: 33\r\n", ""), "413"},
      {"chunk too long", post(kChunked, "21\r\nx"), "413"},
      {"chunks too long", post(kChunked, "20\r\n" + std::string(32, 'x') + "\r\n1\r\n"), "413"},
      {"chunk size beyond 64 bits", post(kChunked, "11111111111111111\r\n"), "400"},
      {"target too long", get("/" + std::string(128, 'a')), "414"},
      {"request line without end", "GET /" + std::string(600, 'a'), "414"},
      {"other expectation", post("Expect: tea\r\n", ""), "417"},
      {"field too long", "GET / HTTP/1.1\r\nHost: x\r\nA: " + std::string(600, 'a'), "431"},
      {"fields too long",
       "GET / HTTP/1.1\r\nA: " + std::string(300, 'a') + "\r\nB: " + std::string(300, 'b') +
           "\r\n\r\n",
       "431"},
      {"too many fields",
       post("A: 1\r\nB: 2\r\nC: 3\r\nD: 4\r\nE: 5\r\nF: 6\r\nG: 7\r\nH: 8\r\n", ""), "431"},
      {"trailers too long", post(kChunked, "0\r\nA: " + std::string(600, 'a')), "431"},
      {"chunk extension too long", post(kChunked, "1;" + std::string(600, 'a')), "431"},
      {"coding we do not know", post("Transfer-Encoding: gzip\r\n", ""), "501"},
      {"coding before chunks", post("Transfer-Encoding: gzip, chunked\r\n", ""), "501"},
      {"HTTP/2", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", "505"},
      {"HTTP/1.2", "GET / HTTP/1.2\r\nHost: x\r\n\r\n", "505"},
      {"after a good one", get("/a") + "nonsense\r\n\r\n", "GET /a []\n400"},
  };
}

TEST(RequestParser, ReadsOrRefusesEachRowWholeAndByteByByte) {
  for (const Row& row : rows()) {
    for (const std::size_t piece : {std::size_t{1}, std::size_t{7}, row.bytes.size()}) {
      EXPECT_EQ(read_in_pieces(row.bytes, piece), row.result) << row.name << ", by " << piece;
    }
  }
}

// In pieces the end of such a head never comes, and the header timeout has the last word.
TEST(RequestParser, BareLineFeedsEndNoLine) {
  const std::string bytes = "GET / HTTP/1.1\nHost: x\n\n";
  EXPECT_EQ(read_in_pieces(bytes, bytes.size()), "400");
  EXPECT_EQ(read_in_pieces(bytes, 1), "…");
}

TEST(RequestParser, DoesNotMindWhereARequestIsCut) {
  const std::string bytes = post(kChunked + "X-A: b\r\n", "3\r\nabc\r\n0\r\nT: u\r\n\r\n") +
                            post("Content-Length: 4\r\n", "body") + get("/last?x=%41");
  const std::string expected = "POST / [abc]\nPOST / [body]\nGET /last x=A []\n";
  for (std::size_t cut = 1; cut < bytes.size(); ++cut) {
    RequestParser parser(kLimits);
    std::string held = bytes.substr(0, cut);
    std::string out;
    for (const std::string& more : {std::string(), bytes.substr(cut)}) {
      held += more;
      while (!held.empty()) {
        const RequestParser::Step step = parser.put(held);
        held.erase(0, step.used);
        ASSERT_NE(step.state, State::Failed) << "cut at " << cut;
        if (step.state == State::NeedMore) break;
        const HttpRequest request = parser.take();
        out += request.method + " " + request.path;
        for (const QueryPair& pair : request.query) out += " " + pair.name + "=" + pair.value;
        out += " [" + request.body + "]\n";
      }
    }
    EXPECT_EQ(out, expected) << "cut at " << cut;
  }
}

TEST(RequestParser, SaysWhatAConnectionMustKnowBeforeTheBody) {
  RequestParser parser(kLimits);
  EXPECT_FALSE(parser.started());
  const std::string head = post("Content-Length: 5\r\nExpect: 100-continue\r\n", "");
  EXPECT_EQ(parser.put(head).state, State::NeedMore);
  EXPECT_TRUE(parser.started());
  EXPECT_TRUE(parser.header_done());
  EXPECT_TRUE(parser.expects_continue());
  EXPECT_EQ(parser.body_bytes(), 0U);
  EXPECT_EQ(parser.put("abc").state, State::NeedMore);
  EXPECT_EQ(parser.body_bytes(), 3U);
  EXPECT_EQ(parser.put("de").state, State::Complete);
  EXPECT_EQ(parser.take().body, "abcde");
  EXPECT_FALSE(parser.started());
  EXPECT_FALSE(parser.header_done());
}

TEST(RequestParser, TakesHeadersExactlyUpToTheLimits) {
  // "GET / HTTP/1.1", Host and one field of the rest.
  const std::size_t fixed = std::string_view("GET / HTTP/1.1\r\nHost: x\r\nA: \r\n").size();
  const std::string at = std::string(kLimits.header_bytes_max - fixed, 'a');
  EXPECT_EQ(read_in_pieces(get("/").insert(16, "A: " + at + "\r\n"), 1000), "GET / []\n");
  EXPECT_EQ(read_in_pieces(get("/").insert(16, "A: " + at + "a\r\n"), 1000), "431");
  EXPECT_EQ(read_in_pieces(get("/" + std::string(127, 'a')), 1000).substr(0, 3), "GET");
}

TEST(RequestParser, HeaderFieldsComeWithoutBlanksAround) {
  RequestParser parser(kLimits);
  ASSERT_EQ(parser.put("GET / HTTP/1.1\r\nHost:x\r\nX-A: \t b c \t\r\n\r\n").state,
            State::Complete);
  const HttpRequest request = parser.take();
  EXPECT_EQ(request.headers.find("host"), "x");
  EXPECT_EQ(request.headers.find("x-a"), "b c");
}

}  // namespace
}  // namespace fusebox::runtime::detail
