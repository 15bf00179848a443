#include "sre/runtime/http_server.hpp"

#include <utility>

#include "base/assert.hpp"
#include "sre/runtime/detail/listen_socket.hpp"
#include "sre/runtime/detail/listener.hpp"
#include "sre/runtime/detail/server_state.hpp"

namespace fusebox::runtime {

HttpServer::HttpServer(IoThreads& io) : state_(std::make_shared<detail::ServerState>(io.core())) {}

HttpServer::~HttpServer() { drain(Duration::zero()); }

Result<Endpoint> HttpServer::listen(const Endpoint& endpoint, HttpHandler handler,
                                    const HttpLimits& limits) {
  FUSEBOX_ASSERT(handler != nullptr);
  FUSEBOX_ASSERT(limits.pipeline_max > 0);
  FUSEBOX_ASSERT(limits.bytes_per_second_min > 0);
  Result<detail::ListenSocket> socket = detail::open_listen_socket(endpoint);
  if (!socket) return Unexpected{socket.error()};
  Endpoint bound = socket->bound;
  auto shared = std::make_shared<detail::ListenerState>(state_, std::move(handler), limits);
  const auto listener = std::make_shared<detail::Listener>(std::move(*socket), std::move(shared));
  FUSEBOX_ASSERT(state_->join(listener));  // not after drain()
  listener->start();
  return bound;
}

void HttpServer::drain(Duration deadline) { state_->drain(deadline); }

HttpCounters HttpServer::counters() const { return state_->counters(); }

}  // namespace fusebox::runtime
