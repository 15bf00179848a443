#include "sre/runtime/detail/process_table.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <memory>
#include <string>
#include <unordered_map>

#include <dirent.h>
#include <fcntl.h>
#include <unistd.h>

#include "sre/runtime/detail/file_descriptor.hpp"

namespace fusebox::runtime::detail {
namespace {

// proc(5): of the fields after the name, state is the first, the parent's pid the second and the
// start time the twentieth.
constexpr int kStartedField = 20;

template <class Integer>
std::optional<Integer> parse_integer(std::string_view text) {
  Integer value{};
  const auto end = text.data() + text.size();
  const auto parsed = std::from_chars(text.data(), end, value);
  if (parsed.ec != std::errc{} || parsed.ptr != end) return std::nullopt;
  return value;
}

// Cuts the first word off `rest`.
std::string_view take_word(std::string_view& rest) {
  const std::size_t begin = std::min(rest.find_first_not_of(" \n"), rest.size());
  const std::size_t end = std::min(rest.find_first_of(" \n", begin), rest.size());
  const std::string_view word = rest.substr(begin, end - begin);
  rest.remove_prefix(end);
  return word;
}

}  // namespace

std::optional<ProcessEntry> parse_process_stat(std::string_view text) {
  const std::size_t name_begin = text.find(" (");
  const std::size_t name_end = text.rfind(')');
  if (name_begin == std::string_view::npos || name_end == std::string_view::npos) return {};
  std::string_view rest = text.substr(name_end + 1);
  const std::string_view state = take_word(rest);
  const auto pid = parse_integer<pid_t>(text.substr(0, name_begin));
  const auto parent = parse_integer<pid_t>(take_word(rest));
  std::string_view word;
  for (int field = 3; field <= kStartedField; ++field) word = take_word(rest);
  const auto started = parse_integer<std::uint64_t>(word);
  if (!pid || !parent || !started) return std::nullopt;
  return ProcessEntry{
      .pid = *pid, .parent = *parent, .started = *started, .zombie = state == "Z" || state == "X"};
}

std::optional<ProcessEntry> find_process(pid_t pid) {
  const std::string path = "/proc/" + std::to_string(pid) + "/stat";
  const FileDescriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!file) return std::nullopt;
  std::array<char, 1024> bytes{};  // names are cut to 15 bytes by the kernel; 52 numbers follow
  const ssize_t count = ::read(file.get(), bytes.data(), bytes.size());
  if (count <= 0) return std::nullopt;
  return parse_process_stat({bytes.data(), static_cast<std::size_t>(count)});
}

std::vector<ProcessEntry> list_processes() {
  const std::unique_ptr<DIR, int (*)(DIR*)> folder(::opendir("/proc"), &::closedir);
  std::vector<ProcessEntry> all;
  if (!folder) return all;
  while (const dirent* entry = ::readdir(folder.get())) {  // NOLINT: a stream of our own
    const auto pid = parse_integer<pid_t>(entry->d_name);
    if (!pid) continue;
    if (const auto process = find_process(*pid)) all.push_back(*process);
  }
  return all;
}

std::vector<ProcessEntry> descendants_of(pid_t root, std::vector<ProcessEntry> all) {
  std::unordered_multimap<pid_t, const ProcessEntry*> children;
  for (const ProcessEntry& each : all) children.emplace(each.parent, &each);
  std::vector<ProcessEntry> below;
  std::vector<pid_t> open{root};
  while (!open.empty()) {
    const pid_t parent = open.back();
    open.pop_back();
    const auto [first, last] = children.equal_range(parent);
    for (auto child = first; child != last; ++child) {
      below.push_back(*child->second);
      open.push_back(child->second->pid);
    }
    children.erase(first, last);  // a list with a ring in it still has an end
  }
  std::sort(below.begin(), below.end(),
            [](const ProcessEntry& a, const ProcessEntry& b) { return a.pid < b.pid; });
  return below;
}

}  // namespace fusebox::runtime::detail
