// One digest for one set of policies, however it is written down.
#include <string>

#include <gtest/gtest.h>

#include "sre/config/load.hpp"
#include "tests/config/support.hpp"

namespace fusebox::config {
namespace {

const std::string kFirst = R"(apiVersion: fusebox/v1
kind: Policy
metadata: {name: first}
spec:
  mode: strict
  rules: [{id: a, trigger: request, when: 'agent == "x"', effect: deny}]
)";
const std::string kSecond = R"(apiVersion: fusebox/v1
kind: Policy
metadata: {name: second}
spec: {rules: []}
)";

std::string digest(const std::vector<Source>& sources) {
  Diagnostics diagnostics;
  const auto configuration = load(sources, diagnostics);
  EXPECT_TRUE(configuration.has_value()) << format_all(diagnostics);
  return configuration ? configuration->engine.policy_digest : "";
}

TEST(PolicyDigest, DoesNotDependOnFilesOrTheirOrder) {
  const std::string one = digest({{"all.yaml", kFirst + "---\n" + kSecond}});
  EXPECT_EQ(digest({{"a.yaml", kFirst}, {"b.yaml", kSecond}}), one);
  EXPECT_EQ(digest({{"b.yaml", kSecond}, {"a.yaml", kFirst}}), one);
}

TEST(PolicyDigest, DoesNotDependOnLayout) {
  const std::string rewritten = R"(# the same, in another hand
metadata: {name: "first"}
kind: Policy
apiVersion: fusebox/v1
spec:
  rules:
    - effect: deny    # refuse
      when: agent == "x"
      trigger: request
      id: a
  mode: strict
)";
  EXPECT_EQ(digest({{"a.yaml", rewritten}}), digest({{"a.yaml", kFirst}}));
}

TEST(PolicyDigest, ChangesWithEveryWordOfARule) {
  const std::string base = digest({{"a.yaml", kFirst}});
  const auto changed = [&](std::string_view from, std::string_view to) {
    std::string text = kFirst;
    text.replace(text.find(from), from.size(), to);
    return digest({{"a.yaml", text}});
  };
  EXPECT_NE(changed("\"x\"", "\"y\""), base);
  EXPECT_NE(changed("effect: deny", "effect: allow"), base);
  EXPECT_NE(changed("id: a", "id: b"), base);
  EXPECT_NE(changed("name: first", "name: third"), base);
  EXPECT_NE(digest({{"a.yaml", kFirst}, {"b.yaml", kSecond}}), base);
}

TEST(PolicyDigest, KeepsTheOrderOfRules) {
  const auto policy = [](std::string_view rules) {
    return "apiVersion: fusebox/v1\nkind: Policy\nmetadata: {name: p}\nspec: {rules: [" +
           std::string(rules) + "]}\n";
  };
  const std::string a = "{id: a, trigger: request, when: 'true', effect: deny}";
  const std::string b = "{id: b, trigger: request, when: 'true', effect: deny}";
  EXPECT_NE(digest({{"p", policy(a + "," + b)}}), digest({{"p", policy(b + "," + a)}}));
}

}  // namespace
}  // namespace fusebox::config
