#include "sre/runtime/detail/port_owner.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <system_error>

namespace fusebox::runtime::detail {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kListenState = "0A";

// Fields of a line of /proc/net/tcp, by position: "0: 0100007F:1BBC 00000000:0000 0A ... inode".
constexpr std::size_t kLocalAddress = 1;
constexpr std::size_t kState = 3;
constexpr std::size_t kInode = 9;
constexpr std::size_t kFieldsRead = 10;

std::string read_text(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

template <class Number>
std::optional<Number> parse_number(std::string_view text, int base) {
  Number value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value, base);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return value;
}

std::array<std::string_view, kFieldsRead> split_line(std::string_view line) {
  std::array<std::string_view, kFieldsRead> fields;
  for (std::string_view& field : fields) {
    line.remove_prefix(std::min(line.find_first_not_of(' '), line.size()));
    field = line.substr(0, line.find(' '));
    line.remove_prefix(field.size());
  }
  return fields;
}

std::optional<std::uint64_t> listening_inode(std::string_view line, std::uint16_t port) {
  const auto fields = split_line(line);
  const std::string_view local = fields[kLocalAddress];
  const std::size_t colon = local.rfind(':');
  if (colon == std::string_view::npos || fields[kState] != kListenState) return std::nullopt;
  if (parse_number<std::uint16_t>(local.substr(colon + 1), 16) != port) return std::nullopt;
  return parse_number<std::uint64_t>(fields[kInode], 10);
}

bool holds_socket(const fs::path& process, const std::vector<std::string>& targets) {
  std::error_code error;
  for (fs::directory_iterator entry(process / "fd", error), end; !error && entry != end;
       entry.increment(error)) {
    std::error_code unreadable;
    const std::string target = fs::read_symlink(entry->path(), unreadable).string();
    if (std::find(targets.begin(), targets.end(), target) != targets.end()) return true;
  }
  return false;
}

}  // namespace

std::vector<std::uint64_t> listening_inodes(std::string_view table, std::uint16_t port) {
  std::vector<std::uint64_t> inodes;
  while (!table.empty()) {
    const std::string_view line = table.substr(0, table.find('\n'));
    table.remove_prefix(std::min(line.size() + 1, table.size()));
    if (const auto inode = listening_inode(line, port)) inodes.push_back(*inode);
  }
  return inodes;
}

std::optional<ProcessName> find_port_owner(std::uint16_t port) {
  std::vector<std::string> targets;
  for (const char* table : {"/proc/net/tcp", "/proc/net/tcp6"}) {
    for (const std::uint64_t inode : listening_inodes(read_text(table), port)) {
      targets.push_back("socket:[" + std::to_string(inode) + "]");
    }
  }
  if (targets.empty()) return std::nullopt;
  std::error_code error;
  for (fs::directory_iterator entry("/proc", error), end; !error && entry != end;
       entry.increment(error)) {
    const auto pid = parse_number<std::int64_t>(entry->path().filename().string(), 10);
    if (pid && holds_socket(entry->path(), targets)) return process_name(*pid);
  }
  return std::nullopt;
}

ProcessName process_name(std::int64_t pid) {
  std::string name = read_text("/proc/" + std::to_string(pid) + "/comm");
  if (name.ends_with('\n')) name.pop_back();
  return {.pid = pid, .name = std::move(name)};
}

}  // namespace fusebox::runtime::detail
