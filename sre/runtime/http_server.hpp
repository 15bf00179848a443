// A server for HTTP/1.1 on TCP and Unix sockets, that slow, broken and hostile clients cannot hold.
//
// Each listener has its own handler, limits and room for connections, so that a flood on one
// leaves the others alone. Requests on one connection are answered in their order, whatever the
// order in which handlers finish. What is wrong with a request is answered here (400 408 413 414
// 417 431 501 503 505) and counted; the handler sees whole requests only.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>

#include "base/result.hpp"
#include "base/time.hpp"
#include "sre/runtime/endpoint.hpp"
#include "sre/runtime/http.hpp"
#include "sre/runtime/io_threads.hpp"

namespace fusebox::runtime {

struct HttpLimits {
  // Of one request; above: 413, 431 or 414.
  std::uint64_t body_bytes_max = 1 << 20;
  std::size_t header_bytes_max = std::size_t{16} * 1024;  // request line and fields together
  std::size_t target_bytes_max = std::size_t{8} * 1024;
  std::size_t headers_max = 100;

  // Of the listener. One connection more is answered 503 and closed: stopping to accept would leave
  // it in the kernel's queue, where its client waits without learning why.
  std::size_t connections_max = 10'000;
  // Bodies that have begun and not ended, together; a body that goes above is answered 503.
  std::uint64_t receiving_bytes_max = 256 << 20;

  // Of one connection: requests that wait for their answers, after which it is read no further, and
  // bytes a stream's reader may lag behind.
  std::size_t pipeline_max = 64;
  std::size_t stream_bytes_max = 1 << 20;

  // Without a request under way; the connection is closed without a word.
  Duration idle_timeout = std::chrono::seconds{60};
  // From the first byte of a request to the end of its fields; above: 408.
  Duration header_timeout = std::chrono::seconds{10};
  // A body, and an answer, may take `transfer_grace` and a second for each `bytes_per_second_min`
  // that have passed; above: 408, or the connection is cut. 16 KiB/s is a bad telephone line.
  Duration transfer_grace = std::chrono::seconds{10};
  std::uint64_t bytes_per_second_min = std::uint64_t{16} * 1024;
  // How long a client may take to close its side after we closed ours. Closing earlier would
  // destroy an answer it has not read.
  Duration linger_timeout = std::chrono::seconds{2};
};

// Since the start, except `active`. Each is exact; together they are not one moment.
struct HttpCounters {
  std::uint64_t accepted = 0;
  std::uint64_t active = 0;           // connections open now
  std::uint64_t refused = 0;          // connections and bodies above the listener's limits
  std::uint64_t accept_failures = 0;  // the system had no descriptor or memory left
  std::uint64_t requests = 0;         // handed to a handler
  std::uint64_t bad_requests = 0;     // answered here, timeouts not among them
  std::uint64_t timeouts = 0;         // of header, body and answer; idle ones are no fault
  std::uint64_t streams_cut = 0;      // streams whose reader was too slow
};

namespace detail {
class ServerState;
}

class HttpServer {
 public:
  // `io` outlives the server.
  explicit HttpServer(IoThreads& io);
  // As drain(0). No handler runs afterwards. Not from one of the I/O threads.
  ~HttpServer();
  HttpServer(const HttpServer&) = delete;
  HttpServer& operator=(const HttpServer&) = delete;

  // Listens and answers until drain(); returns the endpoint with the port that was chosen. Hosts
  // are numeric or "localhost"; a Unix socket gets mode 0600. Errors: AddressInUse with the owning
  // process if it can be found, AddressUnusable.
  [[nodiscard]] Result<Endpoint> listen(const Endpoint& endpoint, HttpHandler handler,
                                        const HttpLimits& limits = {});

  // Stops accepting, ends streams and idle connections, answers what was asked, then closes. What
  // is not done after `deadline` is cut. Blocks; not from one of the I/O threads. Repeatable.
  void drain(Duration deadline);

  [[nodiscard]] HttpCounters counters() const;  // any thread

 private:
  std::shared_ptr<detail::ServerState> state_;
};

}  // namespace fusebox::runtime
