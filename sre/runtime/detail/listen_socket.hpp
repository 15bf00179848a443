// A socket that listens, and the words for why one cannot.
#pragma once

#include <optional>

#include "base/result.hpp"
#include "sre/runtime/detail/file_descriptor.hpp"
#include "sre/runtime/endpoint.hpp"

namespace fusebox::runtime::detail {

// The file of a Unix socket that we made, to be removed only while it is still ours.
class SocketFile {
 public:
  SocketFile() = default;
  explicit SocketFile(std::string path);  // looks at the file now
  SocketFile(SocketFile&& other) noexcept;
  SocketFile& operator=(SocketFile&& other) noexcept;
  ~SocketFile() { remove(); }

  void remove();

 private:
  std::string path_;  // empty: nothing to remove
  std::uint64_t device_ = 0;
  std::uint64_t inode_ = 0;
};

struct ListenSocket {
  FileDescriptor fd;  // listening, non-blocking, closed in child processes
  Endpoint bound;     // with the port the system chose
  SocketFile file;
};

// A Unix socket gets mode 0600 from its first moment. A file left behind by a process that is gone
// is replaced; one that somebody listens on, or that is no socket, is left alone. Errors:
// AddressInUse, with the owner's process if it can be found; AddressUnusable.
[[nodiscard]] Result<ListenSocket> open_listen_socket(const Endpoint& endpoint);

}  // namespace fusebox::runtime::detail
