// HTTP as plain values: what a handler gets, what it answers, and how it answers later.
//
// A handler is called on an I/O thread with the whole request, must not block, and is given a
// Responder. It may answer at once, or move the Responder to another thread and answer from there;
// the answer finds its own way back to the connection, in the order HTTP wants. No socket and no
// library type shows here, so that routes can be written and tested without either.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace fusebox::runtime {

// Header fields in the order they came. Names compare without case; one block of text and one list
// hold all of them, so a request costs two allocations however many fields it has.
class HttpHeaders {
 public:
  struct Field {
    std::string_view name;
    std::string_view value;  // without blanks around it
  };

  void add(std::string_view name, std::string_view value);
  void reserve(std::size_t fields, std::size_t bytes);

  // The value of the first field of this name. Views live as long as the object is unchanged.
  [[nodiscard]] std::optional<std::string_view> find(std::string_view name) const;
  // How often a name stands there: a credential that stands twice should be refused.
  [[nodiscard]] std::size_t count(std::string_view name) const;

  [[nodiscard]] std::size_t size() const { return spans_.size(); }
  [[nodiscard]] bool empty() const { return spans_.empty(); }
  [[nodiscard]] Field operator[](std::size_t index) const;

 private:
  struct Span {
    std::uint32_t begin;
    std::uint32_t name_bytes;
    std::uint32_t value_bytes;
  };
  std::string text_;
  std::vector<Span> spans_;
};

// Who is at the other end.
struct HttpPeer {
  std::string address;               // "127.0.0.1:40312", "[::1]:40312" or "unix"
  std::optional<std::uint32_t> uid;  // of the process that connected; on a Unix socket only
};

struct QueryPair {
  std::string name;
  std::string value;
};

struct HttpRequest {
  std::string method;            // as sent, case-sensitive: "GET"
  std::string path;              // as sent, without the query; its percent escapes are well formed
  std::vector<QueryPair> query;  // decoded, in order; "a" without "=" has an empty value
  HttpHeaders headers;
  std::string body;  // without transfer coding; a content coding (gzip) is left to the handler
  HttpPeer peer;

  // The value of the first query pair of this name.
  [[nodiscard]] std::optional<std::string_view> query_value(std::string_view name) const;
};

// `{.status = 404}` is one: what is left out is empty.
struct HttpResponse {
  int status = 200;
  std::string content_type{};  // no field when empty
  HttpHeaders headers{};       // besides what the server sets: length, connection, date
  std::string body{};
};

// The bytes that %XX escapes stand for, or nothing if one is malformed. In a path '+' is itself.
[[nodiscard]] std::optional<std::string> percent_decode(std::string_view text);

// `text` as one segment of a path or one value of a query: everything but A-Z a-z 0-9 - . _ ~ is
// escaped.
[[nodiscard]] std::string percent_encode(std::string_view text);

// "Not Found" for 404; empty for a status it does not know.
[[nodiscard]] std::string_view reason_phrase(int status);

// An RFC 9457 problem of this status: {"title":"Not Found","status":404,"detail":…}. `detail` is
// UTF-8 and left out when empty.
[[nodiscard]] HttpResponse problem_response(int status, std::string_view detail = {});

// What stands behind a StreamWriter: a connection, or a test.
class StreamSink {
 public:
  virtual ~StreamSink() = default;
  virtual bool write(std::string_view bytes) = 0;
  virtual void close() = 0;
  virtual void on_closed(std::function<void()> callback) = 0;
};

// An answer without an end yet: server-sent events, NDJSON. Every function may be called from any
// thread. Destroying the writer ends the answer as close() does.
class StreamWriter {
 public:
  explicit StreamWriter(std::shared_ptr<StreamSink> sink) : sink_(std::move(sink)) {}
  StreamWriter(StreamWriter&&) noexcept = default;
  StreamWriter& operator=(StreamWriter&& other) noexcept;
  ~StreamWriter();

  // Queues the bytes, which are copied, and returns at once. False: the stream is closed. What the
  // reader has not taken yet is bounded (HttpLimits::stream_bytes_max); a write above the bound
  // closes the stream, because a reader that misses an event must come back and say where it was.
  bool write(std::string_view bytes) const { return sink_->write(bytes); }
  // Ends the answer after what is queued.
  void close() const { sink_->close(); }
  // `callback` is called once if the stream ends by anything but the writer: the reader left, was
  // too slow, or the server drains. On an I/O thread, or here if that has happened already.
  void on_closed(std::function<void()> callback) const { sink_->on_closed(std::move(callback)); }

 private:
  std::shared_ptr<StreamSink> sink_;
};

// What stands behind a Responder: a connection, or a test. `exchange` names one request on it.
class ResponseSink {
 public:
  virtual ~ResponseSink() = default;
  virtual void respond(std::uint64_t exchange, HttpResponse response) = 0;
  virtual StreamWriter stream(std::uint64_t exchange, HttpResponse head) = 0;
};

// The one answer to one request, from any thread. Dropped without an answer it answers 500; when
// the connection is gone, an answer goes nowhere and does no harm. It does not keep the
// connection alive.
class Responder {
 public:
  Responder(std::weak_ptr<ResponseSink> sink, std::uint64_t exchange)
      : sink_(std::move(sink)), exchange_(exchange) {}
  Responder(Responder&& other) noexcept;
  Responder& operator=(Responder&& other) noexcept;
  ~Responder();

  // At most one of the two, once.
  void operator()(HttpResponse response);
  // Starts an answer that goes on: status, content type and headers now, bytes through the writer.
  // The body of `head` are its first bytes.
  [[nodiscard]] StreamWriter stream(HttpResponse head);

 private:
  [[nodiscard]] std::shared_ptr<ResponseSink> take();

  std::weak_ptr<ResponseSink> sink_;
  std::uint64_t exchange_;
  bool answered_ = false;
};

// Called for requests of different connections at the same time, on different I/O threads; for one
// connection in the order of its requests. It does not throw.
using HttpHandler = std::function<void(HttpRequest, Responder)>;

}  // namespace fusebox::runtime
