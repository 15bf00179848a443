#include "sre/runtime/detail/process_table.hpp"

#include <string>

#include <gtest/gtest.h>
#include <unistd.h>

#include "sre/runtime/detail/cgroup.hpp"

namespace fusebox::runtime::detail {
namespace {

// A line of /proc/PID/stat; the fields between group and start time are of no interest.
std::string stat_line(std::string_view name, std::string_view state) {
  return "42 (" + std::string(name) + ") " + std::string(state) +
         " 7 40 3 0 -1 4194304 1 0 0 0 0 0 0 0 20 0 1 0 123456 10 20\n";
}

TEST(ProcessTable, ReadsAStatLineWhateverTheProcessCallsItself) {
  const ProcessEntry expected{.pid = 42, .parent = 7, .group = 40, .started = 123456};
  for (const std::string_view name : {"sh", "a b", "", ") S 1 1 1", "((", "x) Z 1 (y", "\n"}) {
    EXPECT_EQ(parse_process_stat(stat_line(name, "S")), expected) << name;
  }
}

TEST(ProcessTable, KnowsTheDead) {
  EXPECT_TRUE(parse_process_stat(stat_line("sh", "Z"))->zombie);
  EXPECT_TRUE(parse_process_stat(stat_line("sh", "X"))->zombie);
  EXPECT_FALSE(parse_process_stat(stat_line("Z", "T"))->zombie);
}

TEST(ProcessTable, RefusesEveryPieceOfALine) {
  const std::string line = stat_line("sh", "S");
  // After the start time, what is missing is not missed; within it, a shorter number would do.
  const std::size_t needed = line.find("123456");
  for (std::size_t size = 0; size <= needed; ++size) {
    EXPECT_FALSE(parse_process_stat(line.substr(0, size))) << size;
  }
}

TEST(ProcessTable, FindsThisProcess) {
  const auto self = find_process(::getpid());
  ASSERT_TRUE(self);
  EXPECT_EQ(self->parent, ::getppid());
  EXPECT_EQ(self->group, ::getpgrp());
  bool seen = false;
  for_each_process([&](const ProcessEntry& each) { seen = seen || each == *self; });
  EXPECT_TRUE(seen);
  EXPECT_FALSE(find_process(0));
}

std::vector<pid_t> pids_of(const std::vector<ProcessEntry>& entries) {
  std::vector<pid_t> pids;
  pids.reserve(entries.size());
  for (const ProcessEntry& each : entries) pids.push_back(each.pid);
  return pids;
}

TEST(ProcessTable, DescendantsAreThoseBelowAndNobodyElse) {
  const std::vector<ProcessEntry> all{
      {.pid = 1, .parent = 0},   {.pid = 10, .parent = 1},  {.pid = 11, .parent = 10},
      {.pid = 5, .parent = 11},  {.pid = 12, .parent = 10}, {.pid = 20, .parent = 1},
      {.pid = 30, .parent = 31}, {.pid = 31, .parent = 30},  // read while pids changed hands
  };
  EXPECT_EQ(pids_of(descendants_of(10, all)), (std::vector<pid_t>{5, 11, 12}));
  EXPECT_EQ(pids_of(descendants_of(20, all)), (std::vector<pid_t>{}));
  EXPECT_EQ(pids_of(descendants_of(30, all)), (std::vector<pid_t>{30, 31}));
}

TEST(ProcessTable, AGroupWithAStrangerInItIsNotSignalledAsOne) {
  const ProcessEntry inside{.pid = 10, .group = 10};
  const ProcessEntry shared{.pid = 11, .group = 20};
  const ProcessEntry stranger{.pid = 20, .group = 20};
  const ProcessEntry dead{.pid = 12, .group = 30, .zombie = true};
  const ProcessEntry init{.pid = 13, .group = 1};
  const ProcessEntry kernel{.pid = 14, .group = 0};
  const std::vector<ProcessEntry> some{inside, shared, dead, init, kernel};
  EXPECT_EQ(groups_within(some, {inside, shared, dead, init, kernel, stranger}),
            (std::vector<pid_t>{10, 30}));
}

TEST(Cgroup, FindsTheUnifiedHierarchyAmongTheOthers) {
  const std::string mounts =
      "22 28 0:20 / /proc rw,relatime - proc proc rw\n"
      "34 30 0:31 / /sys/fs/cgroup/memory rw - cgroup cgroup rw,memory\n"
      "35 30 0:32 / /sys/fs/cgroup/unified rw,nosuid shared:9 - cgroup2 cgroup2 rw\n";
  EXPECT_EQ(find_cgroup_mount(mounts), "/sys/fs/cgroup/unified");
  EXPECT_FALSE(find_cgroup_mount("34 30 0:31 / /sys/fs/cgroup rw - cgroup cgroup rw\n"));
  EXPECT_FALSE(find_cgroup_mount(""));
  EXPECT_EQ(find_own_cgroup("4:memory:/a\n0::/user.slice/b\n"), "/user.slice/b");
  EXPECT_EQ(find_own_cgroup("0::/"), "/");
  EXPECT_FALSE(find_own_cgroup("4:memory:/a\n"));
}

}  // namespace
}  // namespace fusebox::runtime::detail
