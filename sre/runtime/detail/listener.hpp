// Accepts connections on one socket until it is closed.
#pragma once

#include <memory>

#include "sre/runtime/detail/asio.hpp"
#include "sre/runtime/detail/listen_socket.hpp"
#include "sre/runtime/detail/server_state.hpp"
#include "sre/runtime/detail/socket_address.hpp"

namespace fusebox::runtime::detail {

class Listener : public std::enable_shared_from_this<Listener> {
 public:
  Listener(ListenSocket socket, std::shared_ptr<ListenerState> state);

  void start();
  // Closes the socket, removes its file and leaves the server; from any thread.
  void close();

 private:
  void wait();
  void accept_some();
  [[nodiscard]] bool accept_one();
  void welcome(FileDescriptor fd, const SocketAddress& peer);
  void pause();

  const std::shared_ptr<ListenerState> state_;
  SocketFile file_;
  asio::posix::basic_stream_descriptor<Strand> acceptor_;  // waited for; accept4 does the rest
  SteadyTimer timer_;
};

}  // namespace fusebox::runtime::detail
