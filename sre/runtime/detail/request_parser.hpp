// Bytes in, requests out: Beast's parser under the limits and status codes of our own.
//
// Beast knows the grammar; what it leaves open is decided here: which limit was broken, coding it
// does not know, hosts that are missing or doubled, targets that are no path.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string_view>

#include "sre/runtime/http.hpp"

namespace fusebox::runtime::detail {

struct RequestLimits {
  std::size_t header_bytes_max;  // request line and fields together; trailers once more
  std::size_t target_bytes_max;
  std::size_t headers_max;
  std::uint64_t body_bytes_max;
};

// One parser reads the requests of one connection, one after the other.
class RequestParser {
 public:
  enum class State : std::uint8_t {
    NeedMore,
    Complete,  // take() it
    Failed,    // answer error_status() and close: what follows cannot be told apart
  };
  struct Step {
    std::size_t used;
    State state;
  };

  explicit RequestParser(const RequestLimits& limits);
  ~RequestParser();

  // `bytes` is everything received and not used yet, `used` what to drop from its front. What was
  // not used must come again, in front of what follows.
  [[nodiscard]] Step put(std::string_view bytes);

  [[nodiscard]] bool started() const;  // something of a request was used
  [[nodiscard]] bool header_done() const;
  [[nodiscard]] std::uint64_t body_bytes() const;  // received so far
  [[nodiscard]] int error_status() const;          // after Failed: 400 413 414 417 431 501 505

  // The client waits for "100 Continue" before it sends the body. Once header_done().
  [[nodiscard]] bool expects_continue() const;

  // How the answer must look. Once header_done().
  [[nodiscard]] bool keep_alive() const;
  [[nodiscard]] bool http11() const;
  [[nodiscard]] bool head() const;

  // The complete request, without its peer; the parser is ready for the next.
  [[nodiscard]] HttpRequest take();

 private:
  class Reader;
  RequestLimits limits_;
  std::unique_ptr<Reader> reader_;
};

}  // namespace fusebox::runtime::detail
