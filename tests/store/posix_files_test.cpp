#include "sre/store/posix_files.hpp"

#include <filesystem>

#include <gmock/gmock.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/store/support.hpp"

namespace fusebox::store {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

// A folder of its own for each test, removed afterwards.
class PosixFilesTest : public testing::Test {
 public:
  PosixFilesTest() {
    std::string name = (std::filesystem::temp_directory_path() / "fusebox-store-XXXXXX").string();
    root_ = ::mkdtemp(name.data());
  }
  ~PosixFilesTest() override { std::filesystem::remove_all(root_); }

  [[nodiscard]] std::string path(std::string_view name) const {
    return root_ + "/" + std::string(name);
  }
  [[nodiscard]] unsigned mode(std::string_view name) const {
    struct stat status {};
    EXPECT_EQ(::stat(path(name).c_str(), &status), 0);
    return status.st_mode & 0777U;
  }
  static std::string read(File& file, std::uint64_t offset, std::size_t size) {
    std::string bytes(size, '?');
    bytes.resize(must(file.read_at(offset, bytes)));
    return bytes;
  }

  std::string root_;
  Files& files_ = posix_files();
};

TEST_F(PosixFilesTest, WritesReadsCutsAndExtends) {
  const auto file = must(files_.open(path("a"), OpenAs::CreateNew));
  must(file->write_at(0, "hello"));
  must(file->write_at(7, "world"));
  EXPECT_EQ(read(*file, 0, 100), std::string("hello\0\0world", 12));
  must(file->truncate(3));
  must(file->sync());
  EXPECT_EQ(must(file->size()), 3U);
  EXPECT_EQ(read(*file, 1, 100), "el");
  EXPECT_EQ(read(*file, 9, 100), "");
}

TEST_F(PosixFilesTest, FilesAndFoldersAreTheirOwnersAlone) {
  must(files_.make_folder(path("folder")));
  must(files_.make_folder(path("folder")));
  must(files_.open(path("file"), OpenAs::Create));
  EXPECT_EQ(mode("folder"), 0700U);
  EXPECT_EQ(mode("file"), 0600U);
}

TEST_F(PosixFilesTest, OpensAsAsked) {
  EXPECT_FALSE(files_.open(path("a"), OpenAs::Read));
  EXPECT_FALSE(files_.open(path("a"), OpenAs::Write));
  must(files_.open(path("a"), OpenAs::Create));
  EXPECT_FALSE(files_.open(path("a"), OpenAs::CreateNew));
  EXPECT_FALSE(must(files_.open(path("a"), OpenAs::Read))->write_at(0, "x"));
}

TEST_F(PosixFilesTest, ListsRenamesAndRemoves) {
  must(files_.open(path("b"), OpenAs::Create));
  must(files_.open(path("a"), OpenAs::Create));
  EXPECT_THAT(must(files_.list(root_)), ElementsAre("a", "b"));
  must(files_.rename({.from = path("a"), .to = path("b")}));
  EXPECT_THAT(must(files_.list(root_)), ElementsAre("b"));
  must(files_.remove(path("b")));
  must(files_.remove(path("b")));
  must(files_.sync_folder(root_));
  EXPECT_FALSE(must(files_.exists(path("b"))));
}

TEST_F(PosixFilesTest, ALockHasOneOwnerUntilItsFileIsClosed) {
  auto first = must(files_.open(path("lock"), OpenAs::Create));
  const auto second = must(files_.open(path("lock"), OpenAs::Create));
  EXPECT_TRUE(must(first->try_lock()));
  EXPECT_FALSE(must(second->try_lock()));
  first.reset();
  EXPECT_TRUE(must(second->try_lock()));
}

TEST_F(PosixFilesTest, ErrorsNameThePathAndTheReason) {
  const auto opened = files_.open(path("no/such"), OpenAs::Create);
  ASSERT_FALSE(opened);
  EXPECT_EQ(opened.error().code, ErrorCode::StorageFailed);
  EXPECT_THAT(opened.error().message, HasSubstr(path("no/such")));
  EXPECT_THAT(opened.error().message, HasSubstr("No such file"));
}

TEST_F(PosixFilesTest, AReplacementLeavesNoScratch) {
  must(replace_file(files_, {.to = path("a"), .scratch = path("s"), .bytes = "one"}));
  must(replace_file(files_, {.to = path("a"), .scratch = path("s"), .bytes = "2"}));
  EXPECT_EQ(must(read_file(files_, path("a"), 10)), "2");
  EXPECT_THAT(must(files_.list(root_)), ElementsAre("a"));
  EXPECT_EQ(read_file(files_, path("a"), 0).error().code, ErrorCode::TooLarge);
}

TEST(DrawSecret, GivesNoSecretTwice) { EXPECT_NE(must(draw_secret()), must(draw_secret())); }

TEST(ParentOf, IsTheFolder) {
  EXPECT_EQ(parent_of("a/b/c"), "a/b");
  EXPECT_EQ(parent_of("a"), ".");
  EXPECT_EQ(parent_of("/a"), "/");
}

}  // namespace
}  // namespace fusebox::store
