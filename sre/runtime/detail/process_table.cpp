#include "sre/runtime/detail/process_table.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <map>
#include <memory>
#include <string>
#include <unordered_map>

#include <dirent.h>
#include <fcntl.h>
#include <unistd.h>

#include "sre/runtime/detail/file_descriptor.hpp"

namespace fusebox::runtime::detail {
namespace {

// proc(5): of the fields after the name, state is the first, the parent's pid the second, the
// process group the third and the start time the twentieth.
constexpr int kStartedField = 20;

// Who forks as fast as we read would keep a walk from ending.
constexpr int kVisitsMax = 1 << 16;

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
  const auto group = parse_integer<pid_t>(take_word(rest));
  std::string_view word;
  for (int field = 4; field <= kStartedField; ++field) word = take_word(rest);
  const auto started = parse_integer<std::uint64_t>(word);
  if (!pid || !parent || !group || !started) return std::nullopt;
  return ProcessEntry{.pid = *pid,
                      .parent = *parent,
                      .group = *group,
                      .started = *started,
                      .zombie = state == "Z" || state == "X"};
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

void for_each_process(const std::function<void(const ProcessEntry&)>& visit) {
  const std::unique_ptr<DIR, int (*)(DIR*)> folder(::opendir("/proc"), &::closedir);
  if (!folder) return;
  int count = 0;
  while (const dirent* entry = ::readdir(folder.get())) {  // NOLINT: a stream of our own
    const auto pid = parse_integer<pid_t>(entry->d_name);
    if (!pid) continue;
    if (const auto process = find_process(*pid)) visit(*process);
    if (++count == kVisitsMax) return;
  }
}

std::vector<ProcessEntry> descendants_of(pid_t root, const std::vector<ProcessEntry>& all) {
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

std::vector<pid_t> groups_within(const std::vector<ProcessEntry>& some,
                                 const std::vector<ProcessEntry>& all) {
  std::map<pid_t, int> inside;
  for (const ProcessEntry& each : some) inside[each.group] += each.zombie ? 0 : 1;
  std::map<pid_t, int> everywhere;
  for (const ProcessEntry& each : all) everywhere[each.group] += each.zombie ? 0 : 1;
  std::vector<pid_t> within;
  for (const auto& [group, count] : inside) {
    if (group > 1 && count == everywhere[group]) within.push_back(group);
  }
  return within;
}

}  // namespace fusebox::runtime::detail
