#include "sre/store/input_log.hpp"

#include <vector>

#include <gmock/gmock.h>

#include "sre/store/detail/crc32c.hpp"
#include "sre/store/detail/frame.hpp"
#include "tests/store/failing_files.hpp"
#include "tests/store/support.hpp"

namespace fusebox::store {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

constexpr std::string_view kFirst = "log/00000001.log";
constexpr std::string_view kSecond = "log/00000002.log";

struct Disk {
  Disk() {
    must(files.make_folder("log"));
    must(files.sync_folder("."));
  }
  CrashFiles files;
};

// Everything from segment `first` on, and what read_log says of it.
struct Content {
  std::vector<std::string> payloads;
  LogRead read;
};
Result<Content> content_of(Files& files, std::uint64_t first = 1) {
  Content content;
  const auto read = read_log(files, "log", first, [&content](std::string_view payload) {
    content.payloads.emplace_back(payload);
    return Result<void>();
  });
  if (!read) return Unexpected{read.error()};
  content.read = *read;
  return content;
}

InputLog open_log(Files& files) {
  return must(InputLog::open(files, "log", must(content_of(files)).read));
}

void append(InputLog& log, std::string_view payload) {
  must(log.add(payload));
  must(log.flush());
}

TEST(InputLog, GivesBackWhatWasFlushedInItsOrder) {
  Disk disk;
  InputLog log = open_log(disk.files);
  must(log.add("one"));
  must(log.add("two"));
  EXPECT_GT(log.unwritten(), 0U);
  must(log.flush());
  EXPECT_EQ(log.unwritten(), 0U);
  append(log, "three");
  const Content content = must(content_of(disk.files));
  EXPECT_THAT(content.payloads, ElementsAre("one", "two", "three"));
  EXPECT_EQ(content.read.frames, 3U);
  EXPECT_EQ(content.read.end, log.end());
  EXPECT_EQ(content.read.torn_bytes, 0U);
}

TEST(InputLog, GoesOnWhereAProcessWasKilled) {
  Disk disk;
  {
    InputLog log = open_log(disk.files);
    append(log, "one");
  }
  disk.files.kill_process();
  InputLog log = open_log(disk.files);
  append(log, "two");
  EXPECT_THAT(must(content_of(disk.files)).payloads, ElementsAre("one", "two"));
}

TEST(InputLog, SegmentsFollowEachOtherAndOldOnesAreDropped) {
  Disk disk;
  InputLog log = open_log(disk.files);
  append(log, "one");
  const auto rotated = must(log.rotate());
  EXPECT_EQ(rotated.segment, 2U);
  EXPECT_TRUE(rotated.whole);
  append(log, "two");
  EXPECT_THAT(must(content_of(disk.files)).payloads, ElementsAre("one", "two"));
  EXPECT_THAT(must(content_of(disk.files, 2)).payloads, ElementsAre("two"));
  must(log.drop_before(2));
  EXPECT_THAT(must(disk.files.list("log")), ElementsAre("00000002.log"));
  EXPECT_THAT(must(content_of(disk.files, 2)).payloads, ElementsAre("two"));
  must(log.drop_before(99));  // never the one that is written
  EXPECT_THAT(must(disk.files.list("log")), ElementsAre("00000002.log"));
}

TEST(InputLog, RefusesFramesThatNoReaderWouldTake) {
  Disk disk;
  InputLog log = open_log(disk.files);
  EXPECT_EQ(log.add("").error().code, ErrorCode::TooLarge);
  EXPECT_EQ(log.add(std::string(kLogPayloadMax + 1, 'x')).error().code, ErrorCode::TooLarge);
  append(log, std::string(kLogPayloadMax, 'x'));
  EXPECT_EQ(must(content_of(disk.files)).payloads.at(0).size(), kLogPayloadMax);
}

TEST(InputLog, AVisitsErrorEndsTheReading) {
  Disk disk;
  InputLog log = open_log(disk.files);
  append(log, "one");
  const auto read = read_log(disk.files, "log", 1, [](std::string_view) {
    return Result<void>(Unexpected{ErrorCode::StateMismatch, "not mine"});
  });
  ASSERT_FALSE(read);
  EXPECT_EQ(read.error().code, ErrorCode::StateMismatch);
}

TEST(InputLog, AMissingSegmentIsALoss) {
  Disk disk;
  InputLog log = open_log(disk.files);
  append(log, "one");
  must(log.rotate());
  append(log, "two");
  disk.files.erase(std::string(kFirst));
  EXPECT_EQ(content_of(disk.files).error().code, ErrorCode::StateCorrupt);
  EXPECT_THAT(content_of(disk.files).error().message,
              HasSubstr("00000001.log: the segment is missing"));
  EXPECT_EQ(content_of(disk.files, 3).error().code, ErrorCode::StateCorrupt);
}

// Two segments of which every byte is cut or changed: what was whole before it is given back, or
// the damage is named; never anything else.
struct Broken {
  std::string_view path;
  bool is_last;
};
class InputLogBroken : public testing::TestWithParam<Broken> {
 protected:
  InputLogBroken() {
    InputLog log = open_log(disk_.files);
    for (const std::string_view payload : {"alpha", "beta", "gamma"}) append(log, payload);
    must(log.rotate());
    for (const std::string_view payload : {"delta", "epsilon"}) append(log, payload);
    first_ = disk_.files.content(std::string(kFirst));
    bytes_ = disk_.files.content(std::string(GetParam().path));
  }
  // The content is a beginning of what was written.
  static void expect_prefix(const Content& content) {
    const std::vector<std::string> all{"alpha", "beta", "gamma", "delta", "epsilon"};
    ASSERT_LE(content.payloads.size(), all.size());
    for (std::size_t i = 0; i < content.payloads.size(); ++i) {
      ASSERT_EQ(content.payloads[i], all[i]);
    }
  }

  Disk disk_;
  std::string first_;
  std::string bytes_;
};

TEST_P(InputLogBroken, AtEveryByteTruncated) {
  for (std::size_t size = 0; size < bytes_.size(); ++size) {
    disk_.files.put(std::string(kFirst), first_);
    disk_.files.put(std::string(GetParam().path), bytes_.substr(0, size));
    const auto content = content_of(disk_.files);
    if (!GetParam().is_last) {
      ASSERT_FALSE(content) << size;
      ASSERT_EQ(content.error().code, ErrorCode::StateCorrupt);
      continue;
    }
    ASSERT_TRUE(content) << size << " " << text_of(content);
    expect_prefix(*content);
    // Opening cuts the rest off, and what is added then is read back.
    InputLog log = must(InputLog::open(disk_.files, "log", content->read));
    append(log, "zeta");
    const Content after = must(content_of(disk_.files));
    ASSERT_EQ(after.payloads.size(), content->payloads.size() + 1);
    ASSERT_EQ(after.payloads.back(), "zeta");
    ASSERT_EQ(after.read.torn_bytes, 0U);
  }
}

TEST_P(InputLogBroken, AtEveryByteChanged) {
  const std::size_t last_frame =
      bytes_.size() - kSegmentHeadBytes >= 8 ? bytes_.rfind('l') - 12 : 0;
  for (std::size_t i = 0; i < bytes_.size(); ++i) {
    std::string changed = bytes_;
    changed[i] = static_cast<char>(changed[i] ^ (1 << (i % 8)));
    disk_.files.put(std::string(GetParam().path), changed);
    const auto content = content_of(disk_.files);
    if (content) {
      // Only the last frame may pass for one that was never finished.
      ASSERT_TRUE(GetParam().is_last) << i;
      ASSERT_GE(i, last_frame);
      expect_prefix(*content);
      ASSERT_EQ(content->payloads.size(), 4U);
      ASSERT_GT(content->read.torn_bytes, 0U);
    } else {
      ASSERT_EQ(content.error().code, ErrorCode::StateCorrupt);
      ASSERT_THAT(content.error().message, HasSubstr("log/0000000"));
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Segments, InputLogBroken,
                         testing::Values(Broken{kFirst, false}, Broken{kSecond, true}),
                         [](const auto& row) { return row.param.is_last ? "Last" : "First"; });

TEST(KillRows, K32_ANewerLogIsRefusedAndLeftAlone) {
  Disk disk;
  { InputLog log = open_log(disk.files); }
  std::string bytes = disk.files.content(std::string(kFirst));
  SegmentHead head{.number = 1, .previous_end = 0};
  ASSERT_EQ(bytes, format_segment_head(head));
  bytes[8] = 2;  // the version, with a checksum that fits
  std::string newer = bytes.substr(0, kSegmentHeadBytes - 4);
  append_u32(newer, crc32c(newer));
  disk.files.put(std::string(kFirst), newer);
  EXPECT_EQ(content_of(disk.files).error().code, ErrorCode::StateNewer);
  EXPECT_EQ(disk.files.content(std::string(kFirst)), newer);
}

TEST(InputLog, AFullDiskKeepsFramesUntilThereIsRoom) {
  Disk disk;
  InputLog log = open_log(disk.files);
  append(log, "one");
  disk.files.limit_bytes(disk.files.bytes_used() + 5);
  must(log.add("two"));
  EXPECT_EQ(log.flush().error().code, ErrorCode::StorageFailed);
  must(log.add("three"));
  EXPECT_FALSE(log.flush());
  // Nothing half-written is taken for a frame.
  EXPECT_THAT(must(content_of(disk.files)).payloads, ElementsAre("one"));
  disk.files.limit_bytes(std::nullopt);
  must(log.flush());
  EXPECT_THAT(must(content_of(disk.files)).payloads, ElementsAre("one", "two", "three"));
}

TEST(InputLog, AGapEndsWithTheNextSegmentAndItsCheckpoint) {
  Disk disk;
  InputLog log = open_log(disk.files);
  append(log, "one");
  disk.files.limit_bytes(disk.files.bytes_used());
  const std::string large(kLogPayloadMax, 'x');
  while (log.add(large)) {
  }
  EXPECT_LE(log.unwritten(), kLogBacklogMax + 100);
  EXPECT_EQ(log.add("small").error().code, ErrorCode::StorageFailed);
  disk.files.limit_bytes(disk.files.bytes_used() + 2000);
  const auto rotated = must(log.rotate());
  EXPECT_FALSE(rotated.whole);
  append(log, "after");
  EXPECT_THAT(must(content_of(disk.files, 2)).payloads, ElementsAre("after"));
  EXPECT_EQ(content_of(disk.files, 1).error().code, ErrorCode::StateCorrupt);
}

TEST(InputLog, ARotationThatFailsGoesOnInTheOldSegment) {
  for (std::int64_t n = 0;; ++n) {
    Disk disk;
    FailingFiles failing(disk.files);
    InputLog log = open_log(failing);
    append(log, "one");
    failing.fail_from(n);
    const auto rotated = log.rotate();
    if (!failing.has_failed()) break;
    failing.heal();
    ASSERT_FALSE(rotated) << n;
    append(log, "two");
    ASSERT_THAT(must(content_of(disk.files)).payloads, ElementsAre("one", "two")) << n;
    // Power lost at once, or another rotation first: the same frames.
    must(log.rotate());
    append(log, "three");
    const auto again = content_of(disk.files);
    if (again) {
      ASSERT_THAT(again->payloads, ElementsAre("one", "two", "three"));
    } else {
      ASSERT_EQ(again.error().code, ErrorCode::StateCorrupt);
      ASSERT_THAT(must(content_of(disk.files, log.segment())).payloads, ElementsAre("three"));
    }
  }
}

// Random appends, syncs and rotations with the power taken at the end: what was synced is there,
// nothing is there that was not written, and the log goes on.
class InputLogCrash : public testing::TestWithParam<CrashFiles::Loss> {};

TEST_P(InputLogCrash, KeepsWhatWasSynced) {
  for (std::uint64_t seed = 1; seed <= 400; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    Draw draw(seed);
    Disk disk;
    std::vector<std::string> written;
    for (int life = 0; life < 4; ++life) {
      std::size_t synced = written.size();
      InputLog log = open_log(disk.files);
      for (auto steps = draw.below(20); steps > 0; --steps) {
        const auto what = draw.below(10);
        if (what < 6) {
          written.push_back(draw.bytes(draw.below(4) == 0 ? 3000 : 40) + "!");
          append(log, written.back());
        } else if (what < 9) {
          must(log.pending_sync().run());
          synced = written.size();
        } else {
          ASSERT_TRUE(must(log.rotate()).whole);
          synced = written.size();
        }
      }
      disk.files.crash(draw, GetParam());
      const Content content = must(content_of(disk.files));
      ASSERT_GE(content.payloads.size(), synced);
      ASSERT_LE(content.payloads.size(), written.size());
      written.resize(content.payloads.size());
      ASSERT_EQ(content.payloads, written);
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Losses, InputLogCrash,
                         testing::Values(CrashFiles::Loss::Everything, CrashFiles::Loss::Prefix,
                                         CrashFiles::Loss::Scramble));

TEST(InputLog, WhenTheNthOperationFailsNothingAcknowledgedIsLost) {
  bool failed = true;
  for (std::int64_t n = 0; failed; ++n) {
    Disk disk;
    FailingFiles failing(disk.files);
    failing.fail_once(n);
    std::vector<std::string> acknowledged;
    const auto read = content_of(failing);
    if (read) {
      auto log = InputLog::open(failing, "log", read->read);
      for (int i = 0; log && i < 4; ++i) {
        const std::string payload = "frame " + std::to_string(i);
        if (log->add(payload) && log->flush() && log->sync()) acknowledged.push_back(payload);
        if (i == 1) static_cast<void>(log->rotate());
      }
      if (!log) {
        ASSERT_THAT(log.error().message, HasSubstr("no space left"));
      }
    }
    failed = failing.has_failed();
    failing.heal();
    Draw draw(static_cast<std::uint64_t>(n));
    disk.files.crash(draw, CrashFiles::Loss::Everything);
    const auto content = content_of(disk.files);
    // After a failed sync the old segment may have a gap; it is named, not passed over.
    if (!content) {
      ASSERT_EQ(content.error().code, ErrorCode::StateCorrupt) << n;
      continue;
    }
    for (const std::string& payload : acknowledged) {
      ASSERT_THAT(content->payloads, testing::Contains(payload)) << n;
    }
  }
}

}  // namespace
}  // namespace fusebox::store
