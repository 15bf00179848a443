// Golden files: data/diagnostics/CASE.yaml and the diagnostics it gives in CASE.golden, one a line.
// UPDATE_GOLDEN=1 writes them anew; they are reviewed as code.
#include "base/diagnostics.hpp"

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "base/error.hpp"
#include "tests/config/support.hpp"

namespace fusebox::config {
namespace {

namespace fs = std::filesystem;

fs::path folder() { return fs::path(FUSEBOX_TEST_DATA) / "diagnostics"; }

std::vector<std::string> cases() {
  std::vector<std::string> names;
  for (const auto& entry : fs::directory_iterator(folder())) {
    if (entry.path().extension() == ".yaml") names.push_back(entry.path().stem().string());
  }
  std::sort(names.begin(), names.end());
  return names;
}

class DiagnosticsGolden : public testing::TestWithParam<std::string> {};

TEST_P(DiagnosticsGolden, AreTheExpectedLines) {
  const std::string name = GetParam();
  Diagnostics diagnostics;
  const Source source{name + ".yaml", read_text(folder() / (name + ".yaml"))};
  EXPECT_EQ(load({source}, diagnostics), std::nullopt);
  const std::string found = format_all(diagnostics);
  const fs::path golden = folder() / (name + ".golden");
  // NOLINTNEXTLINE(concurrency-mt-unsafe): nothing here sets the environment.
  if (std::getenv("UPDATE_GOLDEN") != nullptr) std::ofstream(golden, std::ios::binary) << found;
  EXPECT_EQ(found, read_text(golden));
}

INSTANTIATE_TEST_SUITE_P(Cases, DiagnosticsGolden, testing::ValuesIn(cases()),
                         [](const auto& row) { return row.param; });

// A code that no golden file shows is one that nobody has read as a user would.
TEST(DiagnosticsGolden, ShowEveryCodeOfConfigurationAndConditions) {
  std::string all;
  for (const std::string& name : cases()) all += read_text(folder() / (name + ".golden"));
  constexpr ErrorCode kCodes[] = {
#define FUSEBOX_ERROR(name, number, text) ErrorCode::name,
#include "base/error_codes.def"
#undef FUSEBOX_ERROR
  };
  int looked_for = 0;
  for (const ErrorCode code : kCodes) {
    const int number = static_cast<int>(code);
    if (number < 100 || number >= 300) continue;
    ++looked_for;
    EXPECT_NE(all.find("error[" + code_text(code) + "]"), std::string::npos) << code_text(code);
  }
  EXPECT_GE(looked_for, 19);
}

TEST(Diagnostics, NoticesAloneDoNotRefuse) {
  Diagnostics diagnostics;
  const Source source{"example.yaml",
                      read_text(fs::path(FUSEBOX_TEST_DATA) / "accepted/example.yaml")};
  EXPECT_NE(load({source}, diagnostics), std::nullopt);
  EXPECT_EQ(format_all(diagnostics),
            "example.yaml:25:12: notice[E0110]: service `agents` is not declared and is created\n");
}

TEST(Diagnostics, AreSortedByFileAndPlace) {
  Diagnostics diagnostics;
  EXPECT_EQ(
      load({{"b.yaml", "kind: Nothing\n"}, {"a.yaml", "- x\n---\nkind: None\n"}}, diagnostics),
      std::nullopt);
  std::vector<std::string> places;
  for (const Diagnostic& diagnostic : diagnostics.all()) {
    places.push_back(diagnostic.place.file + ":" + std::to_string(diagnostic.place.line));
  }
  EXPECT_EQ(places, (std::vector<std::string>{"a.yaml:1", "a.yaml:3", "b.yaml:1"}));
}

// Mistakes that were there before, from reading the files, refuse the configuration too.
TEST(Diagnostics, ErrorsFromBeforeRefuse) {
  Diagnostics diagnostics;
  EXPECT_TRUE(read_sources({"no/such/file.yaml"}, diagnostics).empty());
  EXPECT_EQ(load({}, diagnostics), std::nullopt);
}

}  // namespace
}  // namespace fusebox::config
