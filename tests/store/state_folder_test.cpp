#include "sre/store/state_folder.hpp"

#include <gmock/gmock.h>

#include "tests/store/failing_files.hpp"
#include "tests/store/support.hpp"

namespace fusebox::store {
namespace {

using testing::HasSubstr;

StateFolder open_folder(Files& files) { return must(StateFolder::open(files, "state", 42)); }

TEST(StateFolder, IsMadeWithItsFolders) {
  CrashFiles files;
  const StateFolder folder = open_folder(files);
  EXPECT_TRUE(folder.is_new());
  EXPECT_FALSE(folder.is_marked());
  for (const char* path : {"state/log", "state/audit", "state/keys"}) {
    EXPECT_TRUE(must(files.exists(path))) << path;
  }
  EXPECT_EQ(folder.paths().database, "state/fusebox.db");
}

TEST(StateFolder, ASecondDaemonIsRefusedAndToldWhoHasIt) {
  CrashFiles files;
  {
    const StateFolder first = open_folder(files);
    const auto second = StateFolder::open(files, "state", 43);
    ASSERT_FALSE(second);
    EXPECT_EQ(second.error().code, ErrorCode::StateInUse);
    EXPECT_THAT(second.error().message, HasSubstr("state is in use by process 42"));
  }
  EXPECT_EQ(text_of(StateFolder::open(files, "state", 43)), "");
  EXPECT_EQ(files.content("state/lock"), "43\n");
}

TEST(StateFolder, AKilledDaemonLocksNobodyOut) {
  CrashFiles files;
  const StateFolder killed = open_folder(files);
  files.kill_process();
  EXPECT_EQ(text_of(StateFolder::open(files, "state", 43)), "");
}

TEST(StateFolder, IsMarkedOnceAndKnownFromThenOn) {
  CrashFiles files;
  {
    StateFolder folder = open_folder(files);
    must(folder.mark());
    EXPECT_TRUE(folder.is_marked());
  }
  Draw draw(1);
  files.crash(draw, CrashFiles::Loss::Everything);
  StateFolder folder = open_folder(files);
  EXPECT_TRUE(folder.is_marked());
  EXPECT_FALSE(folder.is_new());
  const std::string marker = files.content("state/marker");
  must(folder.mark());
  EXPECT_EQ(files.content("state/marker"), marker);
}

struct Remains {
  std::string name;
  std::string path;
};
class StateFolderRemains : public testing::TestWithParam<Remains> {};

// Without its marker a folder with anything of a daemon in it is still not a new one.
TEST_P(StateFolderRemains, AreNotANewFolder) {
  CrashFiles files;
  { const StateFolder folder = open_folder(files); }
  files.put(GetParam().path, "anything");
  EXPECT_FALSE(open_folder(files).is_new());
}

INSTANTIATE_TEST_SUITE_P(Rows, StateFolderRemains,
                         testing::Values(Remains{"Latch", "state/latch"},
                                         Remains{"Database", "state/fusebox.db"},
                                         Remains{"Log", "state/log/00000001.log"},
                                         Remains{"Audit", "state/audit/audit.pub"}),
                         [](const auto& row) { return row.param.name; });

struct Marker {
  std::string name;
  std::string text;
  ErrorCode code;
};
class StateFolderMarker : public testing::TestWithParam<Marker> {};

TEST_P(StateFolderMarker, IsRefusedAndNotOverwritten) {
  CrashFiles files;
  { const StateFolder folder = open_folder(files); }
  files.put("state/marker", GetParam().text);
  const auto opened = StateFolder::open(files, "state", 42);
  ASSERT_FALSE(opened);
  EXPECT_EQ(opened.error().code, GetParam().code);
  EXPECT_THAT(opened.error().message, HasSubstr("state/marker"));
  EXPECT_THAT(opened.error().message, HasSubstr("nothing was changed: "));
  EXPECT_EQ(files.content("state/marker"), GetParam().text);
}

INSTANTIATE_TEST_SUITE_P(
    KillRows_K32, StateFolderMarker,
    testing::Values(Marker{"Newer", "fusebox state version 2\n", ErrorCode::StateNewer},
                    Marker{"MuchNewer", "fusebox state version 17 with extras\n",
                           ErrorCode::StateNewer},
                    Marker{"Empty", "", ErrorCode::StateCorrupt},
                    Marker{"Torn", "fusebox state ver", ErrorCode::StateCorrupt},
                    Marker{"Foreign", "something else\n", ErrorCode::StateCorrupt},
                    Marker{"Long", std::string(5000, 'x'), ErrorCode::StateCorrupt}),
    [](const auto& row) { return row.param.name; });

TEST(StateFolder, ListenJsonComesWholeAndGoesAtTheNextStart) {
  CrashFiles files;
  {
    StateFolder folder = open_folder(files);
    must(folder.publish_listen(R"({"api":"127.0.0.1:1"})"));
    must(folder.publish_listen(R"({"api":"127.0.0.1:2"})"));
    EXPECT_EQ(files.content("state/listen.json"), R"({"api":"127.0.0.1:2"})");
  }
  StateFolder folder = open_folder(files);
  EXPECT_FALSE(must(files.exists("state/listen.json")));
  must(folder.publish_listen("{}"));
  must(folder.withdraw_listen());
  EXPECT_FALSE(must(files.exists("state/listen.json")));
}

TEST(StateFolder, AParentThatIsMissingIsNamed) {
  CrashFiles files;
  const auto opened = StateFolder::open(files, "no/state", 42);
  ASSERT_FALSE(opened);
  EXPECT_THAT(opened.error().message, HasSubstr("no/state"));
}

TEST(StateFolder, WhenTheNthOperationFailsTheNextStartFindsTheSameFolder) {
  bool failed = true;
  for (std::int64_t n = 0; failed; ++n) {
    SCOPED_TRACE("operation " + std::to_string(n));
    CrashFiles files;
    FailingFiles failing(files);
    failing.fail_once(n);
    bool marked = false;
    {
      auto folder = StateFolder::open(failing, "state", 42);
      marked = folder && folder->mark();
      if (!folder) {
        EXPECT_EQ(folder.error().code, ErrorCode::StorageFailed);
      }
    }
    failed = failing.has_failed();
    Draw draw(static_cast<std::uint64_t>(n));
    files.crash(draw, static_cast<CrashFiles::Loss>(n % 3));
    const StateFolder again = open_folder(files);
    EXPECT_TRUE(!marked || again.is_marked());
    EXPECT_NE(again.is_new(), again.is_marked());
  }
}

}  // namespace
}  // namespace fusebox::store
