// Who listens on a TCP port: "the port is taken" helps only with the name of the one who took it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace fusebox::runtime::detail {

struct ProcessName {
  std::int64_t pid;
  std::string name;  // as `ps` shows it, up to 15 bytes; empty if it cannot be read
};

// The inodes of sockets that listen on `port`, from the text of /proc/net/tcp or tcp6. Lines that
// do not read as the kernel writes them are passed over.
[[nodiscard]] std::vector<std::uint64_t> listening_inodes(std::string_view table,
                                                          std::uint16_t port);

// Nothing if nobody listens, or if the process is another user's and we may not look. Walks /proc:
// milliseconds, for error messages.
[[nodiscard]] std::optional<ProcessName> find_port_owner(std::uint16_t port);

[[nodiscard]] ProcessName process_name(std::int64_t pid);

}  // namespace fusebox::runtime::detail
