#include "chaos/catalogue.hpp"

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <set>

#include <gtest/gtest.h>

namespace fusebox::chaos {
namespace {

TEST(FaultCatalogue, NamesEachTypeThatIsBuilt) {
  for (std::size_t i = 0; i < kFaultTypeCount; ++i) {
    const auto& rows = fault_catalogue();
    EXPECT_TRUE(std::any_of(rows.begin(), rows.end(), [&](const CatalogueRow& row) {
      return row.type == static_cast<FaultType>(i);
    })) << kFaultTypeNames[i];
  }
}

TEST(FaultCatalogue, HasEachIdOnceAndAllOfThem) {
  std::set<std::string_view> ids;
  for (const CatalogueRow& row : fault_catalogue()) {
    EXPECT_TRUE(ids.insert(row.id).second) << row.id;
  }
  struct Group {
    char letter;
    int count;
  };
  for (const Group& group : {Group{'P', 26}, Group{'T', 9}, Group{'M', 9}, Group{'A', 7},
                             Group{'I', 5}, Group{'X', 6}}) {
    EXPECT_EQ(std::count_if(ids.begin(), ids.end(),
                            [&](std::string_view id) { return id.front() == group.letter; }),
              group.count)
        << group.letter;
  }
}

// A name that is built under the same word is not refused as coming later.
TEST(FaultCatalogue, WhatIsBuiltIsNotLater) {
  for (const std::string_view name : unbuilt_faults()) {
    EXPECT_EQ(std::count(kFaultTypeNames.begin(), kFaultTypeNames.end(), name), 0) << name;
  }
}

// UPDATE_GOLDEN=1 writes the page anew.
TEST(FaultCatalogue, IsWhatTheDocumentationSays) {
  const std::filesystem::path page = std::filesystem::path(FUSEBOX_SOURCE_DIR) / "docs/faults.md";
  // NOLINTNEXTLINE(concurrency-mt-unsafe): nothing here sets the environment.
  if (std::getenv("UPDATE_GOLDEN") != nullptr) {
    std::ofstream(page, std::ios::binary) << faults_markdown();
  }
  std::ifstream in(page, std::ios::binary);
  const std::string written{std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
  EXPECT_EQ(written, faults_markdown());
}

}  // namespace
}  // namespace fusebox::chaos
