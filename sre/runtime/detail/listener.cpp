#include "sre/runtime/detail/listener.hpp"

#include <array>
#include <cerrno>

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include "sre/runtime/detail/connection.hpp"
#include "sre/runtime/detail/message_text.hpp"

namespace fusebox::runtime::detail {
namespace {

// How many connections one wake-up accepts before others on this thread get their turn.
constexpr int kAcceptBatch = 64;
// Without descriptors or memory, how long until the next try: time for connections to close.
constexpr auto kAcceptPause = std::chrono::milliseconds{100};

HttpPeer peer_of(const FileDescriptor& fd, const SocketAddress& address) {
  HttpPeer peer{.address = address_text(address), .uid = {}};
  if (address.family() != AF_UNIX) return peer;
  ucred credentials{};
  socklen_t size = sizeof(credentials);
  if (::getsockopt(fd.get(), SOL_SOCKET, SO_PEERCRED, &credentials, &size) == 0) {
    peer.uid = credentials.uid;
  }
  return peer;
}

// Best effort: the client may not have sent its request yet, and closing then can destroy the
// answer; to wait for it would cost the descriptor that is being saved.
void answer_busy(const FileDescriptor& fd) {
  std::string text;
  HttpResponse response = problem_response(503, "too many connections");
  response.headers.add("Retry-After", "1");
  append_response(text, response, Framing{}, http_date(std::time(nullptr)));
  ::send(fd.get(), text.data(), text.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
  ::shutdown(fd.get(), SHUT_WR);
  std::array<char, 4096> unread;
  while (::recv(fd.get(), unread.data(), unread.size(), MSG_DONTWAIT) > 0) continue;
}

// An answer is complete when it is written, so waiting for more to send would only delay it.
void send_at_once(const FileDescriptor& fd, int family) {
  if (family == AF_UNIX) return;
  const int on = 1;
  ::setsockopt(fd.get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
}

}  // namespace

Listener::Listener(ListenSocket socket, std::shared_ptr<ListenerState> state)
    : state_(std::move(state)),
      file_(std::move(socket.file)),
      acceptor_(asio::make_strand(state_->server->io.context), socket.fd.release()),
      timer_(acceptor_.get_executor()) {}

void Listener::start() {
  asio::post(acceptor_.get_executor(), [self = shared_from_this()] { self->wait(); });
}

void Listener::close() {
  asio::post(acceptor_.get_executor(), [self = shared_from_this()] {
    ErrorStatus ignored;
    self->acceptor_.close(ignored);
    self->timer_.cancel();
    self->file_.remove();
    self->state_->server->leave(self);
  });
}

void Listener::wait() {
  if (!acceptor_.is_open()) return;
  acceptor_.async_wait(asio::posix::stream_descriptor::wait_read,
                       [self = shared_from_this()](ErrorStatus error) {
                         if (!error) self->accept_some();
                       });
}

void Listener::accept_some() {
  for (int i = 0; i < kAcceptBatch && acceptor_.is_open(); ++i) {
    if (accept_one()) continue;
    if (errno == EAGAIN || errno == EWOULDBLOCK) break;
    if (errno == EINTR || errno == ECONNABORTED) continue;
    state_->server->counts.accept_failures.add();
    return pause();
  }
  wait();
}

bool Listener::accept_one() {
  SocketAddress peer;
  peer.size = sizeof(peer.storage);
  FileDescriptor fd(
      ::accept4(acceptor_.native_handle(), peer.get(), &peer.size, SOCK_NONBLOCK | SOCK_CLOEXEC));
  if (!fd) return false;
  state_->server->counts.accepted.add();
  if (state_->connections.load(std::memory_order_relaxed) >= state_->limits.connections_max) {
    state_->server->counts.refused.add();
    answer_busy(fd);
  } else {
    welcome(std::move(fd), peer);
  }
  return true;
}

void Listener::welcome(FileDescriptor fd, const SocketAddress& peer) {
  send_at_once(fd, peer.family());
  HttpPeer name = peer_of(fd, peer);
  StreamSocket socket(asio::make_strand(state_->server->io.context));
  ErrorStatus error;
  socket.assign(asio::generic::stream_protocol(peer.family(), 0), fd.get(), error);
  if (error) return;  // no memory to wait for it; the descriptor closes itself
  static_cast<void>(fd.release());
  socket.non_blocking(true, error);
  const auto connection = std::make_shared<Connection>(std::move(socket), std::move(name), state_);
  if (state_->server->join(connection)) connection->start();
}

void Listener::pause() {
  timer_.expires_after(kAcceptPause);
  timer_.async_wait([self = shared_from_this()](ErrorStatus error) {
    if (!error) self->wait();
  });
}

}  // namespace fusebox::runtime::detail
