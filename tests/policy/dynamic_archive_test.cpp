#include "policy/dynamic_archive.hpp"

#include <string>

#include <gtest/gtest.h>

namespace fusebox::policy {
namespace {

// A map that holds one map that holds …, `depth` of them.
std::string nested(std::size_t depth) {
  std::string bytes;
  ArchiveWriter archive(bytes);
  archive(true);
  for (std::size_t i = 0; i < depth; ++i) {
    archive(DynamicKind::Map);
    if (i > 0) archive(std::string("k"));
    archive(std::uint32_t{i + 1 < depth ? 1U : 0U});
  }
  return bytes;
}

bool loads(const std::string& bytes) {
  ArchiveReader archive(bytes);
  DynamicDocument document;
  load_document(archive, document);
  return !archive.failed() && archive.at_end();
}

TEST(DynamicArchive, TreeIsRebuiltWithItsCounts) {
  DynamicDocument document;
  document.nodes = {{.kind = DynamicKind::Map, .children = 2, .descendants = 4},
                    {.kind = DynamicKind::List, .children = 2, .descendants = 2, .key = "l"},
                    {.kind = DynamicKind::Double, .number = 0.5},
                    {.kind = DynamicKind::Bool, .boolean = true},
                    {.kind = DynamicKind::String, .key = "s", .text = "x"}};
  std::string bytes;
  ArchiveWriter writer(bytes);
  save_document(writer, &document);
  ArchiveReader reader(bytes);
  DynamicDocument loaded;
  load_document(reader, loaded);
  ASSERT_FALSE(reader.failed());
  ASSERT_EQ(loaded.nodes.size(), 5U);
  EXPECT_EQ(loaded.nodes[0].descendants, 4U);
  EXPECT_EQ(loaded.nodes[1].descendants, 2U);
  EXPECT_EQ(loaded.nodes[2].number, 0.5);
  EXPECT_TRUE(loaded.nodes[3].boolean);
  EXPECT_EQ(find_member(loaded.nodes[0], "s")->text, "x");
}

TEST(DynamicArchive, NoDocumentIsAnEmptyOne) {
  std::string bytes;
  ArchiveWriter writer(bytes);
  save_document(writer, nullptr);
  ArchiveReader reader(bytes);
  DynamicDocument loaded;
  load_document(reader, loaded);
  EXPECT_FALSE(reader.failed());
  EXPECT_EQ(loaded.root(), nullptr);
}

TEST(DynamicArchive, DepthIsBounded) {
  EXPECT_TRUE(loads(nested(kDocumentDepthMax + 1)));
  EXPECT_FALSE(loads(nested(kDocumentDepthMax + 2)));
}

TEST(DynamicArchive, MoreChildrenThanNodesAreRefused) {
  std::string bytes;
  ArchiveWriter archive(bytes);
  archive(true, DynamicKind::Map, std::uint32_t{2}, std::string("a"), DynamicKind::Null);
  EXPECT_FALSE(loads(bytes));
}

TEST(DynamicArchive, RootThatIsNoMapIsRefused) {
  std::string bytes;
  ArchiveWriter archive(bytes);
  archive(true, DynamicKind::List, std::uint32_t{0});
  EXPECT_FALSE(loads(bytes));
}

TEST(DynamicArchive, TextThatIsNotUtf8IsRefused) {
  std::string bytes;
  ArchiveWriter archive(bytes);
  archive(true, DynamicKind::Map, std::uint32_t{1}, DynamicKind::String, std::string("k"),
          std::string("\xff"));
  EXPECT_FALSE(loads(bytes));
}

}  // namespace
}  // namespace fusebox::policy
