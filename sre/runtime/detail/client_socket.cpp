#include "sre/runtime/detail/client_socket.hpp"

#include <algorithm>
#include <cerrno>
#include <memory>
#include <system_error>
#include <vector>

#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>

#include "sre/runtime/detail/socket_address.hpp"

namespace fusebox::runtime::detail {
namespace {

// Longest single wait, so that a deadline far away fits into poll()'s int.
constexpr std::chrono::milliseconds kWaitMax = std::chrono::hours{1};

Unexpected unreachable(int error) {
  return {ErrorCode::Unreachable, std::generic_category().message(error)};
}

Unexpected timed_out() { return {ErrorCode::TimedOut, "no answer in time"}; }

// Until the socket is ready, or has failed, which the next call on it will say.
Result<void> wait_for(int fd, short events, Deadline deadline) {
  while (true) {
    const auto now = std::chrono::steady_clock::now();
    if (now >= deadline) return timed_out();
    // Rounded up: waking before the deadline would only mean to wait again.
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - now);
    pollfd poll{.fd = fd, .events = events, .revents = 0};
    const int ready = ::poll(&poll, 1, static_cast<int>(std::min(left, kWaitMax).count()));
    if (ready > 0) return {};
    if (ready < 0 && errno != EINTR) return unreachable(errno);
  }
}

Result<std::vector<SocketAddress>> look_up(const TcpAddress& tcp) {
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* list = nullptr;
  const std::string port = std::to_string(tcp.port);
  if (const int error = ::getaddrinfo(tcp.host.c_str(), port.c_str(), &hints, &list); error != 0) {
    return Unexpected{ErrorCode::Unreachable, tcp.host + ": " + ::gai_strerror(error)};
  }
  const std::unique_ptr<addrinfo, decltype(&::freeaddrinfo)> owner(list, &::freeaddrinfo);
  std::vector<SocketAddress> addresses;
  for (const addrinfo* entry = list; entry != nullptr; entry = entry->ai_next) {
    addresses.push_back(copy_address(entry->ai_addr, entry->ai_addrlen));
  }
  return addresses;
}

Result<std::vector<SocketAddress>> addresses_of(const Endpoint& endpoint) {
  if (const auto numeric = numeric_address(endpoint)) return std::vector{*numeric};
  return look_up(std::get<TcpAddress>(endpoint));
}

Result<FileDescriptor> connect_to(const SocketAddress& address, Deadline deadline) {
  FileDescriptor fd(::socket(address.family(), SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (!fd) return unreachable(errno);
  const int on = 1;
  if (address.family() != AF_UNIX) {
    ::setsockopt(fd.get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
  }
  if (::connect(fd.get(), address.get(), address.size) == 0) return fd;
  if (errno != EINPROGRESS) return unreachable(errno);
  if (Result<void> ready = wait_for(fd.get(), POLLOUT, deadline); !ready) {
    return Unexpected{ready.error()};
  }
  int error = 0;
  socklen_t size = sizeof(error);
  ::getsockopt(fd.get(), SOL_SOCKET, SO_ERROR, &error, &size);
  if (error != 0) return unreachable(error);
  return fd;
}

}  // namespace

Deadline deadline_after(Duration timeout) {
  const auto now = std::chrono::steady_clock::now();
  return timeout > Deadline::max() - now ? Deadline::max() : now + timeout;
}

Result<ClientSocket> ClientSocket::connect(const Endpoint& endpoint, Deadline deadline) {
  const Result<std::vector<SocketAddress>> addresses = addresses_of(endpoint);
  if (!addresses) return Unexpected{addresses.error()};
  Unexpected last{ErrorCode::Unreachable, "the name has no address"};
  for (const SocketAddress& address : *addresses) {
    Result<FileDescriptor> fd = connect_to(address, deadline);
    if (fd) return ClientSocket(std::move(*fd));
    last = Unexpected{fd.error()};
  }
  return Unexpected{last.error.code,
                    "cannot reach " + endpoint_text(endpoint) + ": " + last.error.message};
}

Result<void> ClientSocket::send(std::string_view bytes, Deadline deadline) {
  while (!bytes.empty()) {
    const ssize_t sent = ::send(fd_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent >= 0) {
      bytes.remove_prefix(static_cast<std::size_t>(sent));
    } else if (errno == EAGAIN) {
      if (Result<void> ready = wait_for(fd_.get(), POLLOUT, deadline); !ready) return ready;
    } else if (errno != EINTR) {
      return unreachable(errno);
    }
  }
  return {};
}

Result<std::size_t> ClientSocket::receive(std::span<char> room, Deadline deadline) {
  while (true) {
    // Waiting first: an answer is hardly ever there already.
    if (const Result<void> ready = wait_for(fd_.get(), POLLIN, deadline); !ready) {
      return Unexpected{ready.error()};
    }
    const ssize_t count = ::recv(fd_.get(), room.data(), room.size(), 0);
    if (count >= 0) return static_cast<std::size_t>(count);
    if (errno != EINTR && errno != EAGAIN) return unreachable(errno);
  }
}

bool ClientSocket::stale() const {
  char byte = 0;
  return ::recv(fd_.get(), &byte, 1, MSG_PEEK) >= 0 || errno != EAGAIN;
}

}  // namespace fusebox::runtime::detail
