// Files that were made to hurt. Each is refused by a child process that the kernel ends after a
// second of its own time or at 128 MiB above what the test program has already.
#include <cstdlib>
#include <fstream>
#include <ostream>
#include <string>
#include <vector>

#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "sre/config/load.hpp"

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define FUSEBOX_SANITIZED 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define FUSEBOX_SANITIZED 1
#endif
#endif

namespace fusebox::config {
namespace {

// Shadow memory is terabytes of address space, and instrumented code a multiple slower: there the
// cases look for faults and not for cost.
#ifdef FUSEBOX_SANITIZED
constexpr bool kMeasured = false;
#else
constexpr bool kMeasured = true;
#endif

constexpr std::size_t kMiB = 1 << 20;

std::string repeated(std::string_view piece, std::size_t bytes) {
  std::string out;
  while (out.size() + piece.size() <= bytes) out += piece;
  return out;
}

std::string numbered(std::string_view before, std::string_view after, int count) {
  std::string out;
  for (int i = 0; i < count; ++i) {
    out.append(before).append(std::to_string(i)).append(after);
  }
  return out;
}

// Ten levels of ten aliases each: 10^10 values if they were followed.
std::string alias_bomb() {
  std::string out = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n";
  for (int i = 1; i <= 10; ++i) {
    const std::string name = "a" + std::to_string(i);
    const std::string alias = "*a" + std::to_string(i - 1) + ",";
    out.append(name).append(": &").append(name).append(" [");
    out.append(repeated(alias, 10 * alias.size())).append("]\n");
  }
  return out;
}

// Mappings one blank deeper each, to a depth that fits.
std::string indented_maps() {
  std::string out;
  for (std::size_t i = 0; out.size() + i + 3 <= kMiB; ++i) out += std::string(i, ' ') + "a:\n";
  return out;
}

struct HostileCase {
  std::string name;
  std::string text;
  std::string code;  // one of the errors, as it must be told
};

std::vector<HostileCase> cases() {
  const std::string service =
      "apiVersion: openslo/v1\nkind: Service\nmetadata: {name: x}\nspec:\n  ";
  return {
      {"AliasBomb", alias_bomb(), "E0111"},
      {"Cycle", "&a [*a]", "E0111"},
      {"MapCycle", "&a {b: *a}", "E0111"},
      {"MergeBomb", "a: &a {k: v}\nb: &b {<<: *a}\nc: {<<: [*a, *b]}\n", "E0111"},
      {"Depth100k", repeated("[", 100'000), "E0003"},
      {"OpenLists", repeated("[", kMiB), "E0002"},
      {"OpenMaps", repeated("{", kMiB), "E0002"},
      {"OpenMapsWithKeys", repeated("{a: ", kMiB), "E0003"},
      {"CrowdedLine", repeated("[", 400'000), "E0003"},
      {"KeysInOneLine", "[" + repeated("a: ", kMiB - 1), "E0101"},
      {"QuotesInOneLine", "[" + repeated("'' ", kMiB - 1), "E0101"},
      {"QuestionsInOneLine", "[" + repeated("? ", kMiB - 1), "E0101"},
      {"NestedKeys", repeated("? ", kMiB), "E0003"},
      {"NestedDashes", repeated("- ", kMiB), "E0003"},
      {"IndentedMaps", indented_maps(), "E0003"},
      {"AnchorsAndAliases", repeated("&a *a ", kMiB), "E0101"},
      {"ManyAnchors", repeated("- &a a\n", kMiB), "E0111"},
      {"ManyTags", repeated("- !a a\n", kMiB), "E0111"},
      {"ManyDirectives", repeated("%A b\n", kMiB), "E0111"},
      {"ManyDocuments", repeated("a\n---\n", kMiB), "E0002"},
      {"DocumentsWithoutMarkers", repeated("\"\" ", kMiB), "E0101"},
      {"ManyEmptyLists", "[" + repeated("[],", kMiB - 1), "E0002"},
      {"ManyItems", "[" + repeated("a,", kMiB - 1), "E0002"},
      {"ManyDashes", repeated("-\n", kMiB), "E0002"},
      {"ManyKeys100k", numbered("k", ": 1\n", 100'000), "E0002"},
      {"ManyUnknownKeys", service + "{" + numbered("unknown_key_", ": 1, ", 45'000) + "}", "E0102"},
      {"ManyEqualKeys", repeated("a:\n", kMiB), "E0002"},
      {"FewerEqualKeys", repeated("a:\n", 140'000), "E0103"},
      {"LongScalar", std::string(kMiB, 'a'), "E0105"},
      {"LongKey", std::string(kMiB - 3, 'a') + ": 1", "E0101"},
      {"LongName",
       "apiVersion: openslo/v1\nkind: Service\nspec: {}\nmetadata: {name: " +
           std::string(1'000'000, 'a') + "}\n",
       "E0106"},
      {"LongCondition",
       "apiVersion: fusebox/v1\nkind: Breaker\nmetadata: {name: x}\nspec: {key: [agent], "
       "consecutive_failures: 1, where: '" +
           repeated("(", 1'000'000) + "'}\n",
       "E0206"},
      {"UnclosedQuote", "\"" + std::string(kMiB - 1, 'a'), "E0101"},
      {"ManyEscapes", "\"" + repeated("\\n", kMiB - 1), "E0101"},
      {"ManyBlockScalars", repeated("- |\n", kMiB), "E0002"},
      {"FoldedLines", repeated("a\n ", kMiB), "E0105"},
      {"TooLarge", std::string(kMiB + 1, '#'), "E0002"},
      {"InvalidUtf8", "kind: \xC3\x28", "E0001"},
      {"Surrogate", "kind: \xED\xA0\x80", "E0001"},
      {"Nul", std::string("kind: Con\0fig", 13), "E0101"},
      {"Utf16", std::string("\xFF\xFEk\0i\0n\0d\0:\0", 12), "E0001"},
      {"Utf32WithoutMark", std::string("\0\0\0k\0\0\0:", 8), "E0101"},
      {"DuplicateKeys", "kind: Config\nkind: Policy\n", "E0103"},
  };
}

// As a test's parameter, a case is its name.
void PrintTo(const HostileCase& row, std::ostream* out) { *out << row.name; }

std::size_t address_space() {
  std::size_t pages = 0;
  std::ifstream("/proc/self/statm") >> pages;
  return pages * static_cast<std::size_t>(sysconf(_SC_PAGESIZE));
}

void limit_resources() {
  const rlim_t memory = address_space() + 128 * kMiB;
  const rlimit space{memory, memory};
  setrlimit(RLIMIT_AS, &space);
  const rlimit seconds{1, 1};
  setrlimit(RLIMIT_CPU, &seconds);
}

constexpr int kRefused = 0;
constexpr int kAccepted = 1;
constexpr int kWithoutTheCode = 2;

int load_in_child(const HostileCase& row) {
  Diagnostics diagnostics;
  if (load({{"hostile.yaml", row.text}}, diagnostics)) return kAccepted;
  for (const Diagnostic& diagnostic : diagnostics.all()) {
    if (code_text(diagnostic.code) == row.code) return kRefused;
  }
  return kWithoutTheCode;
}

class HostileYaml : public testing::TestWithParam<HostileCase> {};

TEST_P(HostileYaml, IsRefusedWithinASecondAnd128MiB) {
  const pid_t child = fork();
  ASSERT_GE(child, 0);
  if (child == 0) {
    if (kMeasured) limit_resources();
    _exit(load_in_child(GetParam()));
  }
  int status = 0;
  ASSERT_EQ(waitpid(child, &status, 0), child);
  ASSERT_TRUE(WIFEXITED(status)) << "ended by signal " << WTERMSIG(status);
  EXPECT_EQ(WEXITSTATUS(status), kRefused);
}

INSTANTIATE_TEST_SUITE_P(Cases, HostileYaml, testing::ValuesIn(cases()),
                         [](const auto& row) { return row.param.name; });

// The limits themselves work: a child that takes more is ended.
TEST(HostileYaml, TheChildIsReallyLimited) {
  if (!kMeasured) GTEST_SKIP() << "sanitizers need the address space";
  const pid_t child = fork();
  ASSERT_GE(child, 0);
  if (child == 0) {
    limit_resources();
    // Volatile, or the compiler may leave out an allocation that nobody uses.
    void* volatile block = std::malloc(256 * kMiB);
    _exit(block == nullptr ? kRefused : kAccepted);
  }
  int status = 0;
  ASSERT_EQ(waitpid(child, &status, 0), child);
  EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == kRefused);
}

}  // namespace
}  // namespace fusebox::config
