// Clients: one that waits, for commands and tests, and POSTs that do not, for webhooks and streams.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "base/result.hpp"
#include "base/time.hpp"
#include "sre/runtime/endpoint.hpp"
#include "sre/runtime/http.hpp"
#include "sre/runtime/io_threads.hpp"

namespace fusebox::runtime {

// What a request says, besides Host and its length, which are set here.
struct HttpCall {
  std::string_view method = "GET";
  std::string_view target = "/";  // percent-encoded, without blanks
  HttpHeaders headers{};
  std::string_view body{};
};

// One kept connection. Not for two threads at once. Whatever the status, an answer is a value;
// errors are Unreachable (nobody there, or gone before the whole answer), TimedOut, InvalidAnswer
// and InvalidValue (a method or target that cannot be sent). After an error the next request
// connects anew.
class HttpClient {
 public:
  // Connects now, so that a wrong address shows before anything is asked.
  [[nodiscard]] static Result<HttpClient> connect(const Endpoint& endpoint, Duration timeout);
  HttpClient(HttpClient&&) noexcept;
  HttpClient& operator=(HttpClient&&) noexcept;
  ~HttpClient();

  // A kept connection that the server has closed meanwhile is replaced first. If it closes after
  // the request was sent, the request is repeated once, but only if doing it twice does no harm
  // (GET, HEAD, PUT, DELETE, OPTIONS). `timeout` is for all of it.
  [[nodiscard]] Result<HttpResponse> request(const HttpCall& call, Duration timeout);

  // GETs `target` and hands over each line of the answer, without its end, while it arrives; ends
  // when `on_line` returns false, or with the answer. Returns the answer without the body; if its
  // status is not 200, with the body and no line. TimedOut after `silence` without a byte.
  [[nodiscard]] Result<HttpResponse> stream_lines(
      std::string_view target, const HttpHeaders& headers,
      const std::function<bool(std::string_view)>& on_line, Duration silence);

 private:
  struct Link;
  explicit HttpClient(std::unique_ptr<Link> link);

  std::unique_ptr<Link> link_;
};

// Sends one POST on a connection of its own and calls `done` once, on an I/O thread, with the
// answer or an error as above. Host names are looked up without blocking. If `io` stops first,
// `done` is not called.
struct HttpPost {
  Endpoint endpoint;
  std::string target;
  HttpHeaders headers{};
  std::string body{};
};
void post_async(IoThreads& io, HttpPost post, Duration timeout,
                std::function<void(Result<HttpResponse>)> done);

// The same for an answer that goes on: hands over each line of it, without its end, as it arrives,
// on an I/O thread; `done` comes when `on_line` returns false, with the end of the answer, or with
// an error: TimedOut after `silence` without a byte. An answer whose status is not 200 is given to
// `done` whole, and no line of it.
void post_lines_async(IoThreads& io, HttpPost post, Duration silence,
                      std::function<bool(std::string_view)> on_line,
                      std::function<void(Result<HttpResponse>)> done);

}  // namespace fusebox::runtime
