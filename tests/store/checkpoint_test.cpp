#include "sre/store/checkpoint.hpp"

#include <gmock/gmock.h>

#include "tests/store/failing_files.hpp"
#include "tests/store/support.hpp"

namespace fusebox::store {
namespace {

using testing::HasSubstr;

constexpr const char* kPath = "fusebox.db";

// Number `n` of any: each field tells which one it is.
Checkpoint checkpoint(std::int64_t n, std::size_t engine_bytes = 10) {
  Draw draw(static_cast<std::uint64_t>(n));
  Checkpoint made;
  made.engine = std::string(engine_bytes, static_cast<char>('a' + n));
  for (std::size_t i = 0; i < engine_bytes; i += 100)
    made.engine[i] = static_cast<char>(draw.bits());
  made.engine_time = kAt + std::chrono::seconds(n);
  made.configuration = "configuration " + std::to_string(n);
  made.first_segment = static_cast<std::uint64_t>(n + 1);
  made.audit = {.entries = 10 * n, .head = {static_cast<std::uint8_t>(n)}};
  made.created += std::chrono::hours(n);
  return made;
}

CheckpointStore open_store(Files& files) { return must(CheckpointStore::open(files, kPath)); }

std::optional<Checkpoint> stored(Files& files) {
  CheckpointStore store = open_store(files);
  return must(store.read());
}

TEST(Checkpoint, ThereIsNoneAtFirst) {
  CrashFiles files;
  EXPECT_EQ(stored(files), std::nullopt);
  EXPECT_EQ(stored(files), std::nullopt);
}

TEST(Checkpoint, TheLastOneWrittenIsRead) {
  CrashFiles files;
  CheckpointStore store = open_store(files);
  for (std::int64_t n = 1; n <= 3; ++n) {
    must(store.write(checkpoint(n)));
    EXPECT_EQ(must(store.read()), checkpoint(n));
  }
  EXPECT_EQ(stored(files), checkpoint(3));
}

TEST(Checkpoint, ALargeOneComesBackWhole) {
  CrashFiles files;
  const Checkpoint large = checkpoint(1, (std::size_t{5} << 20) + 7);
  must(open_store(files).write(large));
  EXPECT_EQ(stored(files), large);
  must(open_store(files).write(checkpoint(2, 0)));
  EXPECT_EQ(stored(files), checkpoint(2, 0));
}

TEST(KillRows, K32_ANewerCheckpointIsRefusedAndLeftAlone) {
  CrashFiles files;
  must(open_store(files).write(checkpoint(1)));
  std::string bytes = files.content(kPath);
  bytes[63] = 2;  // user_version, big-endian at 60
  files.put(kPath, bytes);
  const auto opened = CheckpointStore::open(files, kPath);
  ASSERT_FALSE(opened);
  EXPECT_EQ(opened.error().code, ErrorCode::StateNewer);
  EXPECT_THAT(opened.error().message, HasSubstr("fusebox.db: version 2"));
  EXPECT_EQ(files.content(kPath), bytes);
}

struct Damage {
  std::string name;
  std::string bytes;
};
class CheckpointDamage : public testing::TestWithParam<Damage> {};

TEST_P(CheckpointDamage, IsRefusedWithAdviceAndLeftAlone) {
  CrashFiles files;
  files.put(kPath, GetParam().bytes);
  const auto opened = CheckpointStore::open(files, kPath);
  ASSERT_FALSE(opened);
  EXPECT_EQ(opened.error().code, ErrorCode::StateCorrupt);
  EXPECT_THAT(opened.error().message, HasSubstr("fusebox.db"));
  EXPECT_THAT(opened.error().message, HasSubstr("bring back a copy"));
  EXPECT_EQ(files.content(kPath), GetParam().bytes);
}

std::string good_database() {
  CrashFiles files;
  must(open_store(files).write(checkpoint(1, 20'000)));
  return files.content(kPath);
}

INSTANTIATE_TEST_SUITE_P(
    Rows, CheckpointDamage,
    testing::Values(Damage{"Garbage", std::string(8192, 'x')}, Damage{"Short", "SQLite"},
                    Damage{"Half", good_database().substr(0, good_database().size() / 2)},
                    Damage{"LastPageMissing",
                           good_database().substr(0, good_database().size() - 4096)}),
    [](const auto& row) { return row.param.name; });

TEST(Checkpoint, EveryChangedByteIsSeenOrChangesNothing) {
  const std::string bytes = good_database();
  CrashFiles files;
  int seen = 0;
  for (std::size_t i = 0; i < bytes.size(); i += i < 200 ? 1 : 13) {
    std::string changed = bytes;
    changed[i] = static_cast<char>(changed[i] ^ (1 << (i % 8)));
    files.put(kPath, changed);
    auto store = CheckpointStore::open(files, kPath);
    const auto read =
        store ? store->read() : Result<std::optional<Checkpoint>>(Unexpected{store.error()});
    if (read) {
      ASSERT_EQ(*read, checkpoint(1, 20'000)) << i;
      continue;
    }
    ++seen;
    ASSERT_TRUE(read.error().code == ErrorCode::StateCorrupt ||
                read.error().code == ErrorCode::StateNewer)
        << i << " " << text_of(read);
  }
  EXPECT_GT(seen, 1000);
}

TEST(KillRows, K26_OnAFullDiskTheOldCheckpointStands) {
  CrashFiles files;
  CheckpointStore store = open_store(files);
  must(store.write(checkpoint(1, 100'000)));
  files.limit_bytes(files.bytes_used() + 20'000);
  const auto done = store.write(checkpoint(2, 500'000));
  ASSERT_FALSE(done);
  EXPECT_EQ(done.error().code, ErrorCode::StorageFailed);
  EXPECT_THAT(done.error().message, HasSubstr("no space left"));
  EXPECT_EQ(must(store.read()), checkpoint(1, 100'000));
  files.limit_bytes(std::nullopt);
  must(store.write(checkpoint(3)));
  EXPECT_EQ(stored(files), checkpoint(3));
}

class CheckpointCrash : public testing::TestWithParam<CrashFiles::Loss> {};

TEST_P(CheckpointCrash, LeavesTheOldOneOrTheNewOne) {
  for (std::uint64_t seed = 1; seed <= 150; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    Draw draw(seed);
    CrashFiles files;
    std::int64_t written = 0;
    for (int life = 0; life < 3; ++life) {
      FailingFiles failing(files);
      auto store = CheckpointStore::open(failing, kPath);
      std::int64_t tried = written;
      failing.fail_from(draw.below(120));  // the moment of the crash
      for (int i = 0; store && i < 3; ++i) {
        if (store->write(checkpoint(++tried, static_cast<std::size_t>(draw.below(30'000))))) {
          written = tried;
        } else {
          break;
        }
      }
      files.crash(draw, GetParam());
      const auto found = stored(files);
      const std::int64_t n = found ? std::stoll(found->configuration.substr(14)) : 0;
      ASSERT_GE(n, written);
      ASSERT_LE(n, tried);
      if (found) {
        ASSERT_EQ(*found, checkpoint(n, found->engine.size()));
      }
      written = n;
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Losses, CheckpointCrash,
                         testing::Values(CrashFiles::Loss::Everything, CrashFiles::Loss::Prefix,
                                         CrashFiles::Loss::Scramble));

TEST(Checkpoint, WhenTheNthOperationFailsTheOldOneOrTheNewOneStands) {
  bool failed = true;
  for (std::int64_t n = 0; failed; ++n) {
    SCOPED_TRACE("operation " + std::to_string(n));
    CrashFiles files;
    must(open_store(files).write(checkpoint(1)));
    FailingFiles failing(files);
    failing.fail_once(n);
    std::int64_t written = 1;
    auto store = CheckpointStore::open(failing, kPath);
    if (!store) {
      ASSERT_EQ(store.error().code, ErrorCode::StorageFailed) << text_of(store);
      ASSERT_THAT(store.error().message, HasSubstr("no space left"));
    } else if (const auto done = store->write(checkpoint(2))) {
      written = 2;
    } else {
      ASSERT_EQ(done.error().code, ErrorCode::StorageFailed) << text_of(done);
      ASSERT_THAT(done.error().message, HasSubstr("no space left"));
      must(store->write(checkpoint(3)));
      written = 3;
    }
    failed = failing.has_failed();
    Draw draw(static_cast<std::uint64_t>(n));
    files.crash(draw, CrashFiles::Loss::Everything);
    const auto found = stored(files);
    ASSERT_TRUE(found);
    ASSERT_EQ(*found, checkpoint(written));
  }
}

}  // namespace
}  // namespace fusebox::store
