#include "sre/runtime/detail/listen_socket.hpp"

#include <cerrno>
#include <system_error>

#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include "sre/runtime/detail/port_owner.hpp"
#include "sre/runtime/detail/socket_address.hpp"

namespace fusebox::runtime::detail {
namespace {

constexpr int kBacklog = 4096;  // the kernel cuts it to its own limit
constexpr mode_t kOwnerOnly = S_IRUSR | S_IWUSR;

Unexpected unusable(const Endpoint& endpoint, int error) {
  return {ErrorCode::AddressUnusable, "cannot listen on " + endpoint_text(endpoint) + ": " +
                                          std::generic_category().message(error)};
}

std::string by_process(const std::optional<ProcessName>& owner) {
  if (!owner) return "";
  return " by process " + std::to_string(owner->pid) +
         (owner->name.empty() ? "" : " (" + owner->name + ")");
}

Unexpected taken(const Endpoint& endpoint, const std::optional<ProcessName>& owner) {
  return {ErrorCode::AddressInUse,
          endpoint_text(endpoint) + " is already in use" + by_process(owner)};
}

// Whether anybody listens behind the file; with who it is, as the kernel noted at its listen().
struct Probe {
  bool alive;
  std::optional<ProcessName> owner;
};

Probe probe(const SocketAddress& address) {
  const FileDescriptor fd(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  // Anything but a refusal (a full backlog, missing rights) may be a living owner.
  if (::connect(fd.get(), address.get(), address.size) != 0) {
    return {.alive = errno != ECONNREFUSED && errno != ENOENT, .owner = {}};
  }
  ucred credentials{};
  socklen_t size = sizeof(credentials);
  if (::getsockopt(fd.get(), SOL_SOCKET, SO_PEERCRED, &credentials, &size) != 0) {
    return {.alive = true, .owner = {}};
  }
  return {.alive = true, .owner = process_name(credentials.pid)};
}

bool bind_to(const FileDescriptor& fd, const SocketAddress& address) {
  return ::bind(fd.get(), address.get(), address.size) == 0;
}

Result<void> bind_unix(const FileDescriptor& fd, const Endpoint& endpoint,
                       const SocketAddress& address) {
  // Before bind: the file is made with the mode that the socket has.
  if (::fchmod(fd.get(), kOwnerOnly) != 0) return unusable(endpoint, errno);
  if (bind_to(fd, address)) return {};
  if (errno != EADDRINUSE) return unusable(endpoint, errno);
  const Probe found = probe(address);
  if (found.alive) return taken(endpoint, found.owner);
  const std::string& path = std::get<UnixAddress>(endpoint).path;
  struct stat file {};
  const bool is_socket = ::lstat(path.c_str(), &file) == 0 && S_ISSOCK(file.st_mode);
  if (!is_socket) return unusable(endpoint, EEXIST);
  ::unlink(path.c_str());
  if (!bind_to(fd, address)) return unusable(endpoint, errno);
  return {};
}

Result<void> bind_tcp(const FileDescriptor& fd, const Endpoint& endpoint,
                      const SocketAddress& address) {
  const int on = 1;
  ::setsockopt(fd.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
  if (address.family() == AF_INET6) {
    ::setsockopt(fd.get(), IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof(on));
  }
  if (bind_to(fd, address)) return {};
  if (errno != EADDRINUSE) return unusable(endpoint, errno);
  return taken(endpoint, find_port_owner(port_of(address)));
}

Endpoint with_chosen_port(const Endpoint& endpoint, const FileDescriptor& fd) {
  Endpoint bound = endpoint;
  auto* tcp = std::get_if<TcpAddress>(&bound);
  if (tcp == nullptr) return bound;
  SocketAddress address;
  address.size = sizeof(address.storage);
  ::getsockname(fd.get(), address.get(), &address.size);
  tcp->port = port_of(address);
  return bound;
}

}  // namespace

SocketFile::SocketFile(std::string path) {
  struct stat file {};
  if (::lstat(path.c_str(), &file) != 0) return;
  path_ = std::move(path);
  device_ = file.st_dev;
  inode_ = file.st_ino;
}

SocketFile::SocketFile(SocketFile&& other) noexcept
    : path_(std::exchange(other.path_, {})), device_(other.device_), inode_(other.inode_) {}

SocketFile& SocketFile::operator=(SocketFile&& other) noexcept {
  if (this == &other) return *this;
  remove();
  path_ = std::exchange(other.path_, {});
  device_ = other.device_;
  inode_ = other.inode_;
  return *this;
}

void SocketFile::remove() {
  if (path_.empty()) return;
  struct stat file {};
  const bool ours =
      ::lstat(path_.c_str(), &file) == 0 && file.st_dev == device_ && file.st_ino == inode_;
  if (ours) ::unlink(path_.c_str());
  path_.clear();
}

Result<ListenSocket> open_listen_socket(const Endpoint& endpoint) {
  const std::optional<SocketAddress> address = numeric_address(endpoint);
  if (!address) {
    return Unexpected{ErrorCode::AddressUnusable,
                      "cannot listen on " + endpoint_text(endpoint) +
                          ": expected a numeric address or \"localhost\""};
  }
  FileDescriptor fd(::socket(address->family(), SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (!fd) return unusable(endpoint, errno);
  const auto* path = std::get_if<UnixAddress>(&endpoint);
  const Result<void> bound =
      path != nullptr ? bind_unix(fd, endpoint, *address) : bind_tcp(fd, endpoint, *address);
  if (!bound) return Unexpected{bound.error()};
  SocketFile file = path != nullptr ? SocketFile(path->path) : SocketFile();
  if (::listen(fd.get(), kBacklog) != 0) {
    if (errno != EADDRINUSE) return unusable(endpoint, errno);
    return taken(endpoint, find_port_owner(port_of(*address)));
  }
  Endpoint chosen = with_chosen_port(endpoint, fd);
  return ListenSocket{.fd = std::move(fd), .bound = std::move(chosen), .file = std::move(file)};
}

}  // namespace fusebox::runtime::detail
