// Golden files: data/explain/NAME.yaml and what `chaos explain` says of it in NAME.golden.
// UPDATE_GOLDEN=1 writes them anew; they are reviewed as prose.
#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>

#include <gtest/gtest.h>

#include "chaos/explain.hpp"
#include "sre/config/scenario.hpp"
#include "tests/config/support.hpp"

namespace fusebox::config {
namespace {

namespace fs = std::filesystem;

std::string explained(const std::string& text) {
  Diagnostics diagnostics;
  const auto files = load_scenarios({{"test.yaml", text}}, diagnostics);
  EXPECT_FALSE(diagnostics.has_errors()) << format_all(diagnostics);
  if (files.size() != 1) return "";
  return chaos::explain(files[0].scenario, slos_of(files[0], engine::EngineSpec{}));
}

class ExplainGolden : public testing::TestWithParam<const char*> {};

TEST_P(ExplainGolden, SaysTheExpectedWords) {
  const fs::path folder = fs::path(FUSEBOX_TEST_DATA) / "explain";
  const std::string name = GetParam();
  const std::string found = explained(read_text(folder / (name + ".yaml")));
  const fs::path golden = folder / (name + ".golden");
  // NOLINTNEXTLINE(concurrency-mt-unsafe): nothing here sets the environment.
  if (std::getenv("UPDATE_GOLDEN") != nullptr) std::ofstream(golden, std::ios::binary) << found;
  EXPECT_EQ(found, read_text(golden));
}

TEST_P(ExplainGolden, FitsIntoEightyColumns) {
  const fs::path folder = fs::path(FUSEBOX_TEST_DATA) / "explain";
  std::istringstream lines(explained(read_text(folder / (std::string(GetParam()) + ".yaml"))));
  for (std::string line; std::getline(lines, line);) EXPECT_LE(line.size(), 80u) << line;
}

INSTANTIATE_TEST_SUITE_P(Cases, ExplainGolden, testing::Values("provider-brownout", "everything"),
                         [](const auto& row) {
                           std::string name = row.param;
                           std::replace(name.begin(), name.end(), '-', '_');
                           return name;
                         });

TEST(Explain, SendsNoControlCharactersToATerminal) {
  std::string text = read_text(fs::path(FUSEBOX_TEST_DATA) / "explain/provider-brownout.yaml");
  const std::string title = "title: The provider";
  text.replace(text.find(title), title.size(), "title: \"\\e[31mred\" #");
  const std::string said = explained(text);
  EXPECT_EQ(said.find('\x1b'), std::string::npos);
  EXPECT_NE(said.find("?[31mred"), std::string::npos);
}

}  // namespace
}  // namespace fusebox::config
