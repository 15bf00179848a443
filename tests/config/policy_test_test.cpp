#include "sre/config/policy_test.hpp"

#include <string>

#include <gtest/gtest.h>

#include "tests/config/support.hpp"

namespace fusebox::config {
namespace {

std::vector<PolicyTestFile> load_tests(const std::string& name, const std::string& text) {
  Diagnostics diagnostics;
  auto files = load_policy_tests({{name, text}}, diagnostics);
  EXPECT_FALSE(diagnostics.has_errors()) << format_all(diagnostics);
  return files;
}

const std::string kTests = R"(apiVersion: fusebox/v1
kind: PolicyTest
metadata: {name: deletes}
spec:
  config: [../rules.yaml, more]
  tests:
    - name: a delete waits for an approval
      check:
        agent: bot
        action: tool
        target: file_delete
        args:
          {path: /prod/x, force: true, depth: 012, size: 1.5e3, none: null, quoted: "7",
           list: [1, a]}
      expect:
        {effect: require_approval, gate: governance, reason: approval_required, rule: no-deletes}
    - {name: only the gate, check: {}, expect: {gate: kill}}
)";

TEST(PolicyTestFile, ResolvesPathsFromItsFolder) {
  const auto files = load_tests("policies/tests/deletes.yaml", kTests);
  ASSERT_EQ(files.size(), 1u);
  EXPECT_EQ(files[0].name, "deletes");
  EXPECT_EQ(files[0].config_paths,
            (std::vector<std::string>{"policies/tests/../rules.yaml", "policies/tests/more"}));
}

TEST(PolicyTestFile, TakesOnePathAsText) {
  const auto files = load_tests("t.yaml", R"(apiVersion: fusebox/v1
kind: PolicyTest
metadata: {name: one}
spec: {config: rules.yaml, tests: [{name: a, check: {}, expect: {rule: r}}]}
)");
  ASSERT_EQ(files.size(), 1u);
  EXPECT_EQ(files[0].config_paths, (std::vector<std::string>{"rules.yaml"}));
}

TEST(PolicyTestFile, KeepsExpectationsAndTheirPlace) {
  const auto files = load_tests("t.yaml", kTests);
  ASSERT_EQ(files.size(), 1u);
  ASSERT_EQ(files[0].tests.size(), 2u);
  const PolicyExpectation& first = files[0].tests[0];
  EXPECT_EQ(first.name, "a delete waits for an approval");
  EXPECT_EQ(first.effect, "require_approval");
  EXPECT_EQ(first.gate, "governance");
  EXPECT_EQ(first.reason, "approval_required");
  EXPECT_EQ(first.rule, "no-deletes");
  EXPECT_EQ(first.place.file, "t.yaml");
  EXPECT_EQ(first.place.line, 7u);
  EXPECT_EQ(first.place.column, 7u);
  EXPECT_EQ(files[0].tests[1].effect, std::nullopt);
  EXPECT_EQ(files[0].tests[1].gate, "kill");
}

// What is no number in JSON stays text: YAML 1.1 would make ten of 012.
TEST(PolicyTestFile, WritesChecksAsJson) {
  const auto files = load_tests("t.yaml", kTests);
  ASSERT_EQ(files.size(), 1u);
  EXPECT_EQ(files[0].tests[0].check_json,
            R"({"agent":"bot","action":"tool","target":"file_delete","args":{"path":"/prod/x",)"
            R"("force":true,"depth":"012","size":1.5e3,"none":null,"quoted":"7","list":[1,"a"]}})");
}

TEST(PolicyTestFile, StandsBesideRulesWithoutBeingOne) {
  const std::string rules = R"(---
apiVersion: fusebox/v1
kind: Breaker
metadata: {name: tools}
spec: {key: [agent], consecutive_failures: 3}
)";
  EXPECT_EQ(load_tests("t.yaml", kTests + rules).size(), 1u);
  EXPECT_EQ(load_text(kTests + rules).engine.breakers.size(), 1u);
}

}  // namespace
}  // namespace fusebox::config
