#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "sre/config/source.hpp"
#include "tests/config/support.hpp"

namespace fusebox::config {
namespace {

namespace fs = std::filesystem;

// A folder of its own for each test, gone afterwards.
class ReadSources : public testing::Test {
 public:
  ReadSources() {
    const auto* test = testing::UnitTest::GetInstance()->current_test_info();
    folder_ = fs::path(testing::TempDir()) / ("fusebox_sources_" + std::string(test->name()));
    fs::remove_all(folder_);
    fs::create_directories(folder_);
  }
  ~ReadSources() override { fs::remove_all(folder_); }

 protected:
  void write(const std::string& name, const std::string& text) const {
    fs::create_directories((folder_ / name).parent_path());
    std::ofstream(folder_ / name, std::ios::binary) << text;
  }
  [[nodiscard]] std::string path(const std::string& name) const {
    return (folder_ / name).string();
  }

  // The names of the sources that were read, relative to the folder.
  std::vector<std::string> read(const std::vector<std::string>& names) {
    std::vector<std::string> paths;
    paths.reserve(names.size());
    for (const std::string& name : names) paths.push_back(path(name));
    std::vector<std::string> found;
    for (const Source& source : read_sources(paths, diagnostics_)) {
      found.push_back(fs::path(source.name).lexically_relative(folder_).string());
    }
    return found;
  }
  [[nodiscard]] std::string complaint() const {
    std::string text = format_all(diagnostics_);
    for (auto at = text.find(folder_.string()); at != std::string::npos;
         at = text.find(folder_.string())) {
      text.replace(at, folder_.string().size(), "DIR");
    }
    return text;
  }

  fs::path folder_;
  Diagnostics diagnostics_;
};

using Names = std::vector<std::string>;

std::string including(const std::string& paths) {
  return "apiVersion: fusebox/v1\nkind: Config\nmetadata: {name: c}\nspec:\n  include: " + paths +
         "\n";
}

TEST_F(ReadSources, FoldersAreReadInSortedOrder) {
  for (const char* name :
       {"b.yaml", "a.yml", "c.yaml", "notes.txt", ".hidden.yaml", "sub/d.yaml"}) {
    write(name, "x");
  }
  EXPECT_EQ(read({""}), (Names{"a.yml", "b.yaml", "c.yaml"}));
  EXPECT_EQ(complaint(), "");
}

TEST_F(ReadSources, FilesAreReadInTheGivenOrderAndOnce) {
  write("b.yaml", "x");
  write("a.yaml", "y");
  EXPECT_EQ(read({"b.yaml", "a.yaml", "./b.yaml", ""}), (Names{"b.yaml", "a.yaml"}));
}

TEST_F(ReadSources, IncludesAreRelativeToTheirFile) {
  write("main/fusebox.yaml", including("[../shared, one.yaml]"));
  write("main/one.yaml", "x");
  write("shared/two.yaml", "y");
  EXPECT_EQ(read({"main/fusebox.yaml"}),
            (Names{"main/fusebox.yaml", "main/../shared/two.yaml", "main/one.yaml"}));
}

TEST_F(ReadSources, IncludesMayGoRoundInACircle) {
  write("a.yaml", including("b.yaml"));
  write("b.yaml", including("[a.yaml, b.yaml]"));
  EXPECT_EQ(read({"a.yaml"}), (Names{"a.yaml", "b.yaml"}));
  EXPECT_EQ(complaint(), "");
}

TEST_F(ReadSources, IncludesEndAtEightFiles) {
  for (int i = 0; i < 12; ++i) {
    write(std::to_string(i) + ".yaml", including(std::to_string(i + 1) + ".yaml"));
  }
  EXPECT_EQ(read({"0.yaml"}).size(), 9u);
  EXPECT_EQ(complaint(),
            "DIR/8.yaml:5:12: error[E0003]: `include` is nested deeper than 8 files\n");
}

TEST_F(ReadSources, AMissingFileIsNamedWhereItWasAskedFor) {
  write("a.yaml", including("[gone.yaml]"));
  EXPECT_EQ(read({"a.yaml", "also-gone.yaml"}), (Names{"a.yaml"}));
  EXPECT_EQ(complaint(),
            "DIR/a.yaml:5:13: error[E0009]: DIR/gone.yaml cannot be read\n"
            "DIR/also-gone.yaml: error[E0009]: DIR/also-gone.yaml cannot be read\n");
}

TEST_F(ReadSources, AnEmptyFolderIsAMistake) {
  fs::create_directories(folder_ / "empty");
  EXPECT_EQ(read({"empty"}), Names{});
  EXPECT_EQ(complaint(), "DIR/empty: error[E0009]: folder DIR/empty has no YAML file\n");
}

TEST_F(ReadSources, NoMoreThanTheLimitIsReadOfAFile) {
  write("big.yaml", std::string(3 * kFileBytesMax, '#'));
  const auto sources = read_sources({path("big.yaml")}, diagnostics_);
  ASSERT_EQ(sources.size(), 1u);
  EXPECT_EQ(sources[0].text.size(), kFileBytesMax + 1);
  EXPECT_EQ(load(sources, diagnostics_), std::nullopt);
  EXPECT_EQ(complaint(), "DIR/big.yaml: error[E0002]: larger than 1048576 bytes\n");
}

}  // namespace
}  // namespace fusebox::config
