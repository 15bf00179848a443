#include "sre/store/audit_log.hpp"

#include <gmock/gmock.h>

#include "tests/store/audit_support.hpp"
#include "tests/store/failing_files.hpp"

namespace fusebox::store {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

struct Disk {
  Disk() { make_folders(files); }
  CrashFiles files;
};

TEST(AuditLog, AKilledDaemonsSegmentGoesOn) {
  Disk disk;
  {
    AuditLog log = open_audit(disk.files);
    append_entries(log, 2);
  }
  disk.files.kill_process();
  AuditLog log = open_audit(disk.files);
  EXPECT_EQ(log.position().entries, 2);
  append_entries(log, 1);
  EXPECT_EQ(verdict(disk.files), "");
  EXPECT_EQ(verified(disk.files).at, log.position());
  EXPECT_EQ(verified(disk.files).segments, 1U);
}

TEST(AuditLog, AfterACleanStopTheNextSegmentBeginsWithItsFirstEntry) {
  Disk disk;
  for (int life = 0; life < 3; ++life) {
    AuditLog log = open_audit(disk.files);
    EXPECT_EQ(log.position().entries, life);
    append_entries(log, 1);
    must(log.seal());
    EXPECT_TRUE(verified(disk.files).ends_sealed);
  }
  AuditLog idle = open_audit(disk.files);
  must(idle.seal());
  EXPECT_EQ(verified(disk.files).segments, 3U);
  EXPECT_EQ(verdict(disk.files), "");
}

TEST(AuditLog, ACutEntryIsCutOffAndReported) {
  Disk disk;
  std::string bytes;
  {
    AuditLog log = open_audit(disk.files);
    append_entries(log, 2);
    bytes = disk.files.content(audit_path("000001.open.audit"));
  }
  const std::size_t head = bytes.find('\n') + 1;
  const std::size_t first = bytes.find('\n', head) + 1;
  for (std::size_t size = 0; size < bytes.size(); ++size) {
    disk.files.put(audit_path("000001.open.audit"), bytes.substr(0, size));
    auto opened = must(AuditLog::open(disk.files, kPaths, kAuditKey));
    const std::size_t whole = size < head ? 0 : size < first ? head : first;
    ASSERT_EQ(opened.cut_bytes, size - whole) << size;
    ASSERT_EQ(opened.cut_file, size == whole ? "" : "000001.open.audit");
    ASSERT_EQ(opened.log.position().entries, size < first ? 0 : 1);
    append_entries(opened.log, 1);
    ASSERT_EQ(verdict(disk.files), "");
  }
}

TEST(AuditLog, ZerosWhereBytesWereNeverWrittenAreACutEntry) {
  Disk disk;
  { append_entries(*std::make_unique<AuditLog>(open_audit(disk.files)), 1); }
  const std::string path = audit_path("000001.open.audit");
  disk.files.put(path, disk.files.content(path) + "{\"n\":2," + std::string(100, '\0'));
  EXPECT_EQ(verdict(disk.files), "torn 000001.open.audit");
  const auto opened = must(AuditLog::open(disk.files, kPaths, kAuditKey));
  EXPECT_EQ(opened.cut_bytes, 107U);
  EXPECT_EQ(verdict(disk.files), "");
}

TEST(AuditLog, AnyOtherChangeIsRefusedByNameAndLeftAlone) {
  Disk disk;
  {
    AuditLog log = open_audit(disk.files);
    append_entries(log, 3);
  }
  const std::string path = audit_path("000001.open.audit");
  std::string bytes = disk.files.content(path);
  bytes[bytes.rfind("xxxxx")] = 'y';
  disk.files.put(path, bytes);
  const auto opened = AuditLog::open(disk.files, kPaths, kAuditKey);
  ASSERT_FALSE(opened);
  EXPECT_EQ(opened.error().code, ErrorCode::AuditBroken);
  EXPECT_THAT(opened.error().message, HasSubstr("000001.open.audit:3"));
  EXPECT_EQ(disk.files.content(path), bytes);
}

TEST(AuditLog, RefusesEntriesThatDoNotContinueIt) {
  Disk disk;
  AuditLog log = open_audit(disk.files);
  const std::string first = next_entry(log);
  EXPECT_EQ(log.append(first.substr(0, first.size() - 1)).error().code, ErrorCode::AuditBroken);
  must(log.append(first));
  EXPECT_EQ(log.append(first).error().code, ErrorCode::AuditBroken);
  EXPECT_EQ(log.position().entries, 1);
  EXPECT_EQ(verdict(disk.files), "");
}

TEST(AuditLog, ASegmentThatIsFullIsSealedAndFollowed) {
  Disk disk;
  AuditLog log = open_audit(disk.files);
  append_entries(log, 20, std::size_t{1} << 20);
  EXPECT_THAT(must(disk.files.list(kPaths.audit)),
              ElementsAre("000001.audit", "000002.audit", "000003.open.audit", "audit.pub"));
  EXPECT_EQ(verdict(disk.files), "");
  EXPECT_EQ(verified(disk.files).at, log.position());
}

TEST(AuditLog, ReplayedEntriesAddOnlyWhatIsMissing) {
  Disk disk;
  AuditLog log = open_audit(disk.files);
  std::string all;
  killswitch::AuditChain chain;
  for (int i = 0; i < 5; ++i) chain.append(all, kAt, "kill", "{}");
  std::size_t second = all.find('\n', all.find('\n') + 1) + 1;
  must(log.append(std::string_view(all).substr(0, second)));
  must(log.catch_up(all));
  EXPECT_EQ(log.position().entries, 5);
  EXPECT_EQ(log.position().head, chain.head());
  must(log.catch_up(all));
  must(log.catch_up(std::string_view(all).substr(0, second)));
  EXPECT_EQ(verified(disk.files).at.entries, 5);
}

TEST(AuditLog, AReplayThatMakesAnotherEntryIsNamed) {
  Disk disk;
  AuditLog log = open_audit(disk.files);
  append_entries(log, 2);
  std::string other;
  killswitch::AuditChain chain;
  chain.append(other, kAt, "rearm", "{}");
  chain.append(other, kAt, "rearm", "{}");
  const auto done = log.catch_up(other);
  ASSERT_FALSE(done);
  EXPECT_EQ(done.error().code, ErrorCode::AuditBroken);
  EXPECT_THAT(done.error().message, HasSubstr("entry 2"));
}

TEST(AuditKey, IsMadeOnceAndMissedWhenItIsGone) {
  Disk disk;
  const killswitch::KeyBytes secret{7};
  const auto made = must(load_or_create_audit_key(disk.files, kPaths, secret));
  EXPECT_EQ(must(load_or_create_audit_key(disk.files, kPaths, {8})).public_key(),
            made.public_key());
  must(AuditLog::open(disk.files, kPaths, made));
  // Another key in its place, no key, none at all.
  const auto other = killswitch::SigningKey(killswitch::KeyBytes{9});
  EXPECT_EQ(AuditLog::open(disk.files, kPaths, other).error().code, ErrorCode::AuditBroken);
  disk.files.put(kPaths.audit_key, "garbage");
  EXPECT_EQ(load_or_create_audit_key(disk.files, kPaths, secret).error().code,
            ErrorCode::StateCorrupt);
  disk.files.erase(kPaths.audit_key);
  const auto missing = load_or_create_audit_key(disk.files, kPaths, secret);
  ASSERT_FALSE(missing);
  EXPECT_EQ(missing.error().code, ErrorCode::StateCorrupt);
  EXPECT_THAT(missing.error().message, HasSubstr("state/keys/audit.key is missing"));
}

TEST(AuditLog, AMissingPublicKeyIsNotMadeAnew) {
  Disk disk;
  { AuditLog log = open_audit(disk.files); }
  disk.files.erase(kPaths.audit_public_key);
  EXPECT_EQ(AuditLog::open(disk.files, kPaths, kAuditKey).error().code, ErrorCode::AuditBroken);
}

TEST(KillRows, K26_OnAFullDiskEntriesWaitInTheirOrder) {
  Disk disk;
  AuditLog log = open_audit(disk.files);
  append_entries(log, 1);
  disk.files.limit_bytes(disk.files.bytes_used() + 10);
  for (int i = 0; i < 3; ++i) {
    EXPECT_EQ(log.append(next_entry(log)).error().code, ErrorCode::StorageFailed);
  }
  EXPECT_EQ(log.position().entries, 4);
  EXPECT_GT(log.unwritten(), 0U);
  EXPECT_EQ(verified(disk.files).at.entries, 1);
  disk.files.limit_bytes(std::nullopt);
  must(log.flush());
  EXPECT_EQ(log.unwritten(), 0U);
  EXPECT_EQ(verified(disk.files).at, log.position());
}

TEST(AuditLog, EntriesBeyondTheBacklogAreRefusedWhole) {
  Disk disk;
  AuditLog log = open_audit(disk.files);
  disk.files.limit_bytes(disk.files.bytes_used());
  killswitch::AuditPosition before;
  std::int64_t taken = 0;
  do {
    before = log.position();
    static_cast<void>(log.append(next_entry(log, 0, std::size_t{1} << 20)));
    taken = log.position().entries;
  } while (log.position() != before);
  EXPECT_LE(log.unwritten(), kAuditBacklogMax);
  disk.files.limit_bytes(std::nullopt);
  must(log.flush());
  EXPECT_EQ(verified(disk.files).at.entries, taken);
}

// Random appends, syncs, rolls and stops with the power taken: what was synced is there, and the
// folder verifies before and after the next start.
class AuditCrash : public testing::TestWithParam<CrashFiles::Loss> {};

TEST_P(AuditCrash, KeepsWhatWasSyncedAndStaysGood) {
  for (std::uint64_t seed = 1; seed <= 60; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    Draw draw(seed);
    Disk disk;
    std::int64_t safe = 0;
    for (int life = 0; life < 4; ++life) {
      FailingFiles failing(disk.files);
      AuditLog log = open_audit(failing);
      ASSERT_GE(log.position().entries, safe);
      // In some lives the disk fails from a random operation on.
      if (draw.below(3) == 0) failing.fail_from(draw.below(25));
      for (auto steps = draw.below(10); steps > 0; --steps) {
        const auto what = draw.below(12);
        const std::size_t size = draw.below(8) == 0 ? kAuditSegmentBytes / 2 : 20;
        bool done = true;
        if (what < 8) {
          static_cast<void>(log.append(next_entry(log, 0, size)));
          done = false;
        } else if (what < 11) {
          done = log.sync().has_value() && log.unwritten() == 0;
        } else {
          done = log.seal().has_value();
        }
        if (done) safe = log.position().entries;
      }
      failing.heal();
      disk.files.crash(draw, GetParam());
      if (must(disk.files.exists(audit_path("audit.pub"))) &&
          must(disk.files.list(kPaths.audit)).size() > 1) {
        ASSERT_THAT(verdict(disk.files), testing::AnyOf("", HasSubstr("torn")));
      }
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Losses, AuditCrash,
                         testing::Values(CrashFiles::Loss::Everything, CrashFiles::Loss::Prefix));

TEST(AuditLog, WhenTheNthOperationFailsNoSyncedEntryIsLost) {
  for (const bool once : {true, false}) {
    bool failed = true;
    for (std::int64_t n = 0; failed; ++n) {
      SCOPED_TRACE("operation " + std::to_string(n));
      Disk disk;
      FailingFiles failing(disk.files);
      once ? failing.fail_once(n) : failing.fail_from(n);
      std::int64_t safe = 0;
      auto opened = AuditLog::open(failing, kPaths, kAuditKey);
      for (int i = 0; opened && i < 3; ++i) {
        AuditLog& log = opened->log;
        const std::size_t size = i == 1 ? kAuditSegmentBytes : 10;
        if (log.append(next_entry(log, 0, size)) && log.sync()) safe = log.position().entries;
        if (i == 2 && log.seal()) safe = log.position().entries;
      }
      failed = failing.has_failed();
      failing.heal();
      Draw draw(static_cast<std::uint64_t>(n));
      disk.files.crash(draw, CrashFiles::Loss::Everything);
      const AuditLog again = open_audit(disk.files);
      ASSERT_GE(again.position().entries, safe);
      ASSERT_EQ(verdict(disk.files), "");
    }
  }
}

}  // namespace
}  // namespace fusebox::store
