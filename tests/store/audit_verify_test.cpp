#include "sre/store/audit_verify.hpp"

#include <vector>

#include <gmock/gmock.h>

#include "tests/store/audit_support.hpp"

namespace fusebox::store {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

// Three lives of a daemon: two stopped cleanly, the third was killed, or stopped too.
struct Lives {
  explicit Lives(bool last_stops) {
    make_folders(files);
    for (int life = 0; life < 3; ++life) {
      AuditLog log = open_audit(files);
      append_entries(log, 3);
      if (life < 2 || last_stops) must(log.seal());
    }
    for (const std::string& name : must(files.list(kPaths.audit))) {
      content[name] = files.content(audit_path(name));
    }
  }
  void restore() {
    for (const std::string& name : must(files.list(kPaths.audit))) files.erase(audit_path(name));
    for (const auto& [name, bytes] : content) files.put(audit_path(name), bytes);
  }
  // The entry in which byte `at` of the file stands, counting head and seal to the next one.
  [[nodiscard]] std::int64_t entry_at(const std::string& name, std::size_t at) const {
    const std::string& bytes = content.at(name);
    const auto lines =
        std::count(bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(at), '\n');
    const std::int64_t before = 3 * (std::stoll(name) - 1);
    return before + std::max<std::int64_t>(1, lines);
  }

  CrashFiles files;
  std::map<std::string, std::string> content;
};

TEST(AuditVerify, AGoodFolderIsGoodToItsLastEntry) {
  Lives lives(true);
  const AuditReport report = verified(lives.files);
  EXPECT_EQ(report.first_bad, std::nullopt);
  EXPECT_EQ(report.at.entries, 9);
  EXPECT_EQ(report.segments, 3U);
  EXPECT_TRUE(report.ends_sealed);
  EXPECT_FALSE(report.torn_tail);
  EXPECT_EQ(report.key_fingerprint, kAuditKey.public_key().fingerprint());
  EXPECT_THAT(must(lives.files.list(kPaths.audit)),
              ElementsAre("000001.audit", "000002.audit", "000003.audit", "audit.pub"));
}

TEST(AuditVerify, AKilledDaemonLeavesAnOpenSegment) {
  Lives lives(false);
  EXPECT_EQ(verdict(lives.files), "");
  EXPECT_FALSE(verified(lives.files).ends_sealed);
  EXPECT_THAT(must(lives.files.list(kPaths.audit)),
              ElementsAre("000001.audit", "000002.audit", "000003.open.audit", "audit.pub"));
}

class KillRowsK27 : public testing::TestWithParam<bool> {};
INSTANTIATE_TEST_SUITE_P(Ends, KillRowsK27, testing::Bool(),
                         [](const auto& row) { return row.param ? "Stopped" : "Killed"; });

// Every byte of every file of the folder.
TEST_P(KillRowsK27, AChangedByteIsFoundInItsEntry) {
  Lives lives(GetParam());
  for (const auto& [name, bytes] : lives.content) {
    for (std::size_t i = 0; i < bytes.size(); ++i) {
      std::string changed = bytes;
      changed[i] = static_cast<char>(changed[i] ^ (1 << (i % 8)));
      lives.files.put(audit_path(name), changed);
      const std::string found = verdict(lives.files);
      if (name == "audit.pub") {
        ASSERT_THAT(found, testing::AnyOf("audit.pub:0", "000001.audit:1")) << i;
      } else {
        const auto entry = lives.entry_at(name, i);
        // A changed line end takes the next line with it, and it may be the last.
        ASSERT_EQ(found, name + ":" + std::to_string(entry)) << name << " byte " << i;
      }
    }
    lives.files.put(audit_path(name), bytes);
  }
}

TEST_P(KillRowsK27, ACutSegmentIsFoundUnlessItIsStillOpen) {
  Lives lives(GetParam());
  for (const auto& [name, bytes] : lives.content) {
    if (name == "audit.pub") continue;
    const bool is_open = name.find("open") != std::string::npos;
    for (std::size_t size = 0; size < bytes.size(); ++size) {
      lives.files.put(audit_path(name), bytes.substr(0, size));
      const std::string found = verdict(lives.files);
      if (is_open) {
        const bool at_line_end = size == 0 || bytes[size - 1] == '\n';
        ASSERT_EQ(found, at_line_end ? "" : "torn " + name) << size;
      } else {
        ASSERT_THAT(found, testing::StartsWith(name + ":")) << size;
      }
    }
    lives.files.put(audit_path(name), bytes);
  }
}

TEST_P(KillRowsK27, ADroppedInsertedOrMovedLineIsFound) {
  Lives lives(GetParam());
  for (const auto& [name, bytes] : lives.content) {
    if (name == "audit.pub") continue;
    std::vector<std::string> lines;
    for (std::size_t at = 0; at < bytes.size();) {
      const std::size_t end = bytes.find('\n', at) + 1;
      lines.push_back(bytes.substr(at, end - at));
      at = end;
    }
    const auto put = [&lives, &name = name](const std::vector<std::string>& changed) {
      std::string text;
      for (const std::string& line : changed) text += line;
      lives.files.put(audit_path(name), text);
      return verdict(lives.files);
    };
    const bool is_open = name.find("open") != std::string::npos;
    for (std::size_t i = 0; i < lines.size(); ++i) {
      auto dropped = lines;
      dropped.erase(dropped.begin() + static_cast<std::ptrdiff_t>(i));
      // The newest entries of an open segment are what only a head kept elsewhere can tell.
      ASSERT_EQ(put(dropped).empty(), is_open && i + 1 == lines.size()) << name << i;
      auto doubled = lines;
      doubled.insert(doubled.begin() + static_cast<std::ptrdiff_t>(i), lines[i]);
      ASSERT_NE(put(doubled), "") << name << i;
      if (i == 0) continue;
      auto swapped = lines;
      std::swap(swapped[i], swapped[i - 1]);
      ASSERT_NE(put(swapped), "") << name << i;
    }
    put(lines);
  }
}

TEST(KillRowsK27, AMissingSegmentIsFoundUnlessItIsTheNewest) {
  Lives lives(true);
  for (const char* name : {"000001.audit", "000002.audit"}) {
    lives.files.erase(audit_path(name));
    EXPECT_NE(verdict(lives.files), "") << name;
    lives.restore();
  }
  lives.files.erase(audit_path("000003.audit"));
  EXPECT_EQ(verdict(lives.files), "");
  lives.restore();
  lives.files.erase(audit_path("audit.pub"));
  EXPECT_EQ(verdict(lives.files), "audit.pub:0");
}

TEST(KillRowsK27, ASegmentBehindARolledSealMustBeThere) {
  CrashFiles files;
  make_folders(files);
  AuditLog log = open_audit(files);
  append_entries(log, 9, std::size_t{1} << 20);
  EXPECT_EQ(verdict(files), "");
  files.erase(audit_path("000002.open.audit"));
  EXPECT_EQ(verdict(files), "000001.audit:9");
}

TEST(KillRowsK27, AStrangerInTheFolderIsFound) {
  for (const char* name : {"000004.audit.bak", "notes.txt", "4.audit", "000001.open.audit"}) {
    Lives lives(true);
    lives.files.put(audit_path(name), lives.content["000001.audit"]);
    EXPECT_NE(verdict(lives.files), "") << name;
  }
}

TEST(KillRowsK27, AnotherKeyIsFound) {
  Lives lives(true);
  const killswitch::SigningKey other(killswitch::KeyBytes{9});
  lives.files.put(audit_path("audit.pub"), other.public_key().to_pem());
  EXPECT_EQ(verdict(lives.files), "000001.audit:1");
  // A seal by another key over the same text.
  lives.restore();
  const std::string good = lives.content["000002.audit"];
  const auto start = good.rfind("{\"seal\"");
  const AuditReport report = verified(lives.files);
  const auto head = parse_audit_head(lives.content["000003.audit"]);
  ASSERT_TRUE(head);
  const AuditSeal seal{.number = 2, .at = head->after, .end = AuditEnd::Stopped};
  ASSERT_EQ(good.substr(start), format_audit_seal(seal, kAuditKey));
  lives.files.put(audit_path("000002.audit"),
                  good.substr(0, start) + format_audit_seal(seal, other));
  EXPECT_EQ(verdict(lives.files), "000002.audit:7");
}

TEST(AuditVerify, TellsWhatIsWrongInWords) {
  Lives lives(true);
  std::string bytes = lives.content["000002.audit"];
  bytes[bytes.find("xxxxx")] = 'y';
  lives.files.put(audit_path("000002.audit"), bytes);
  const AuditReport report = verified(lives.files);
  ASSERT_TRUE(report.first_bad);
  EXPECT_EQ(format(*report.first_bad), "000002.audit:4: entry 4: its bytes do not match its hash");
  EXPECT_EQ(report.at.entries, 3);
}

TEST(AuditVerify, AFolderThatCannotBeReadIsAnError) {
  CrashFiles files;
  EXPECT_EQ(verify_audit(files, "nowhere").error().code, ErrorCode::StorageFailed);
}

TEST(AuditVerify, AFolderWithoutSegmentsIsNoAudit) {
  CrashFiles files;
  make_folders(files);
  EXPECT_EQ(verdict(files), "audit.pub:0");
  files.put(audit_path("audit.pub"), kAuditKey.public_key().to_pem());
  EXPECT_EQ(verdict(files), "000001.audit:0");
}

TEST(AuditExport, ShowsTheEntriesOfARangeOfTime) {
  Lives lives(true);  // entries at 0, 1 and 2 s in each life
  std::vector<std::string> lines;
  const AuditRange range{.from = kAt + std::chrono::seconds{1},
                         .until = kAt + std::chrono::seconds{2}};
  const auto report = must(export_audit(lives.files, kPaths.audit, range,
                                        [&](std::string_view line) { lines.emplace_back(line); }));
  EXPECT_EQ(report.at.entries, 9);
  ASSERT_EQ(lines.size(), 3U);
  EXPECT_THAT(lines[0], HasSubstr("{\"n\":2,\"at\":\"2026-01-01T00:00:01Z\""));
  EXPECT_THAT(lines[2], HasSubstr("{\"n\":8,"));
  EXPECT_EQ(lines[2].back(), '\n');
}

TEST(AuditExport, ShowsWhatIsGoodBeforeAChange) {
  Lives lives(true);
  std::string bytes = lives.content["000002.audit"];
  bytes[bytes.rfind("xxxxx")] = 'y';
  lives.files.put(audit_path("000002.audit"), bytes);
  int shown = 0;
  const auto report =
      must(export_audit(lives.files, kPaths.audit, {}, [&](std::string_view) { ++shown; }));
  EXPECT_EQ(shown, 5);
  ASSERT_TRUE(report.first_bad);
  EXPECT_EQ(report.first_bad->entry, 6);
}

// Counts what is read of the files of one name.
class CountingFiles final : public Files {
 public:
  explicit CountingFiles(Files& files) : files_(files) {}
  Result<std::unique_ptr<File>> open(const std::string& path, OpenAs how) override {
    ++opened[path.substr(path.rfind('/') + 1)];
    return files_.open(path, how);
  }
  Result<bool> exists(const std::string& path) override { return files_.exists(path); }
  Result<std::vector<std::string>> list(const std::string& folder) override {
    return files_.list(folder);
  }
  Result<void> make_folder(const std::string& path) override { return files_.make_folder(path); }
  Result<void> rename(const Rename& names) override { return files_.rename(names); }
  Result<void> remove(const std::string& path) override { return files_.remove(path); }
  Result<void> sync_folder(const std::string& path) override { return files_.sync_folder(path); }

  std::map<std::string, int> opened;

 private:
  Files& files_;
};

// The next `limit` entry numbers behind `after`.
std::vector<std::int64_t> page(AuditReader& reader, std::int64_t after, std::size_t limit) {
  std::vector<std::int64_t> numbers;
  const auto report = must(reader.read({.after = after}, [&](std::string_view line) {
    if (numbers.size() == limit) return false;
    numbers.push_back(entry_number(line));
    return true;
  }));
  EXPECT_EQ(report.first_bad, std::nullopt);
  EXPECT_EQ(report.at.entries, 9);
  EXPECT_LE(report.verified_from, after + 1);
  return numbers;
}

TEST(AuditReader, PagesAreThoseOfTheWholeWhateverWasReadBefore) {
  Lives lives(false);
  for (const std::size_t limit : {1U, 2U, 3U, 4U, 100U}) {
    AuditReader reader(lives.files, kPaths.audit);
    for (std::int64_t after = 0; after <= 9; ++after) {
      std::vector<std::int64_t> expected;
      for (std::int64_t n = after + 1; n <= 9 && expected.size() < limit; ++n)
        expected.push_back(n);
      EXPECT_EQ(page(reader, after, limit), expected) << after << " limit " << limit;
      EXPECT_EQ(page(reader, 0, 1), std::vector<std::int64_t>{1});
    }
  }
}

TEST(AuditReader, ReadsAgainOnlyWhatThePageNeedsAndTheLastSegment) {
  Lives lives(false);
  CountingFiles files(lives.files);
  AuditReader reader(files, kPaths.audit);
  (void)page(reader, 0, 1);
  EXPECT_EQ(files.opened["000001.audit"], 1) << "the first reading checks everything";
  EXPECT_EQ(files.opened["000002.audit"], 1);
  (void)page(reader, 0, 1);
  EXPECT_EQ(files.opened["000001.audit"], 2);
  EXPECT_EQ(files.opened["000002.audit"], 1);
  (void)page(reader, 7, 1);
  EXPECT_EQ(files.opened["000001.audit"], 2);
  EXPECT_EQ(files.opened["000002.audit"], 1);
  EXPECT_EQ(files.opened["000003.open.audit"], 3);
}

TEST(AuditReader, FindsWhatChangedInWhatItReadsAndBeginsAnewAfterwards) {
  Lives lives(false);
  AuditReader reader(lives.files, kPaths.audit);
  (void)page(reader, 0, 1);
  std::string& second = lives.content["000002.audit"];
  const std::string good = second;
  second[second.find("xxxxx")] = 'y';
  lives.restore();
  const auto read = [&](std::int64_t after) {
    return must(reader.read({.after = after}, [](std::string_view) { return true; }));
  };
  EXPECT_EQ(read(7).first_bad, std::nullopt) << "it was good when it was read";
  EXPECT_EQ(read(3).first_bad->file, "000002.audit");
  EXPECT_EQ(read(7).first_bad->file, "000002.audit") << "nothing is trusted after a fault";
  second = good;
  lives.restore();
  EXPECT_EQ(read(7).first_bad, std::nullopt);
}

TEST(AuditReader, MissesASegmentThatIsGone) {
  Lives lives(false);
  AuditReader reader(lives.files, kPaths.audit);
  (void)page(reader, 0, 1);
  lives.files.erase(audit_path("000002.audit"));
  EXPECT_TRUE(must(reader.read({.after = 7}, [](std::string_view) { return true; })).first_bad);
}

}  // namespace
}  // namespace fusebox::store
