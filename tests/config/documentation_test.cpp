// What docs/configuration.md and docs/scenarios.md show works as it stands there.
#include <algorithm>
#include <filesystem>
#include <iterator>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "sre/config/load.hpp"
#include "sre/config/scenario.hpp"
#include "tests/config/support.hpp"

namespace fusebox::config {
namespace {

// The blocks that are whole documents: the frame, whose spec is left open by "…", is none.
std::vector<Source> yaml_blocks(const std::string& markdown) {
  constexpr std::string_view kOpen = "```yaml\n";
  std::vector<Source> blocks;
  for (auto begin = markdown.find(kOpen); begin != std::string::npos;
       begin = markdown.find(kOpen, begin + 1)) {
    const auto text_begin = begin + kOpen.size();
    const std::string text =
        markdown.substr(text_begin, markdown.find("```", text_begin) - text_begin);
    if (text.rfind("apiVersion:", 0) != 0 || text.find("…") != std::string::npos) continue;
    blocks.push_back({"block " + std::to_string(blocks.size()), text});
  }
  return blocks;
}

TEST(Documentation, ItsExamplesLoadAsOneConfiguration) {
  const std::filesystem::path root(FUSEBOX_SOURCE_DIR);
  const auto blocks = yaml_blocks(read_text(root / "docs/configuration.md"));
  EXPECT_EQ(blocks.size(), 6u) << "Config, SLO, Breaker, Limit, Policy, PolicyTest";
  Diagnostics diagnostics;
  const auto configuration = load(blocks, diagnostics);
  ASSERT_TRUE(configuration.has_value()) << format_all(diagnostics);
  EXPECT_EQ(configuration->settings.name, "guarded");
  EXPECT_EQ(configuration->engine.slos.size(), 1u);
  EXPECT_EQ(configuration->engine.breakers.size(), 1u);
  EXPECT_EQ(configuration->engine.limits.size(), 1u);
  EXPECT_EQ(configuration->engine.policies.size(), 1u);
  EXPECT_EQ(load_policy_tests(blocks, diagnostics).size(), 1u);
}

// A block that begins with a section of a scenario, put in place of that section in the page's
// whole example.
std::string with_section(std::string scenario, const std::string& block) {
  const std::string key = block.substr(0, block.find(':') + 1);
  const auto begin = scenario.find("\n  " + key) + 1;
  if (begin != std::string::npos + 1) {
    auto end = scenario.find('\n', begin);
    while (end + 3 < scenario.size() && scenario.substr(end + 1, 3) == "   ") {
      end = scenario.find('\n', end + 1);
    }
    scenario.erase(begin, end + 1 - begin);
  }
  for (std::size_t at = 0; at < block.size();) {
    const auto end = block.find('\n', at) + 1;
    scenario += "  " + block.substr(at, end - at);
    at = end;
  }
  return scenario;
}

TEST(Documentation, EachPartOfAScenarioWorksInTheWholeOne) {
  const std::filesystem::path root(FUSEBOX_SOURCE_DIR);
  const std::string page = read_text(root / "docs/scenarios.md");
  const auto whole = yaml_blocks(page);
  ASSERT_EQ(whole.size(), 1u);
  int parts = 0;
  constexpr std::string_view kOpen = "```yaml\n";
  for (auto at = page.find(kOpen); at != std::string::npos; at = page.find(kOpen, at + 1)) {
    const auto begin = at + kOpen.size();
    const std::string block = page.substr(begin, page.find("```", begin) - begin);
    const bool is_whole = block == whole[0].text;
    Diagnostics diagnostics;
    const std::string text = is_whole ? block : with_section(whole[0].text, block);
    EXPECT_EQ(load_scenarios({{"block", text}}, diagnostics).size(), 1u);
    EXPECT_EQ(format_all(diagnostics), "") << text;
    parts += is_whole ? 0 : 1;
  }
  EXPECT_EQ(parts, 4) << "targets, stages, hypothesis, guardrails with rollback";
}

// The table of expectations, a row for each.
TEST(Documentation, EachExpectationOfTheTableWorks) {
  const std::filesystem::path root(FUSEBOX_SOURCE_DIR);
  const std::string page = read_text(root / "docs/scenarios.md");
  const std::string whole = yaml_blocks(page).at(0).text;
  int found = 0;
  for (auto at = page.find("`{"); at != std::string::npos; at = page.find("`{", at + 1)) {
    const std::string item = page.substr(at + 1, page.find('`', at + 1) - at - 1);
    const std::string kind = item.substr(1, item.find(':') - 1);
    constexpr std::string_view kKinds[] = {"breaker",  "kill_switch", "budget",
                                           "cost",     "tokens",      "amplification",
                                           "recovery", "alert",       "telemetry"};
    if (std::find(std::begin(kKinds), std::end(kKinds), kind) == std::end(kKinds)) continue;
    Diagnostics diagnostics;
    std::string text = with_section(whole, "expect:\n  - " + item + "\n");
    text = with_section(text,
                        "stages: [{name: b, kind: baseline, duration: 10m}, {name: i, kind: "
                        "inject, duration: 10m, faults: [{id: f, type: hang, target: model}]}, "
                        "{name: r, kind: recover, duration: 10m}]\n");
    static_cast<void>(load_scenarios({{"row", text}}, diagnostics));
    EXPECT_EQ(format_all(diagnostics), "") << item;
    ++found;
  }
  EXPECT_EQ(found, 10);
}

}  // namespace
}  // namespace fusebox::config
