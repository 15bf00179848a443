// What docs/configuration.md shows works as it stands there.
#include <filesystem>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "sre/config/load.hpp"
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

}  // namespace
}  // namespace fusebox::config
