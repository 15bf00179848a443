#include "sre/store/input_log.hpp"

#include <algorithm>
#include <limits>
#include <vector>

#include "sre/store/detail/frame.hpp"
#include "sre/store/detail/numbered.hpp"

namespace fusebox::store {
namespace {

constexpr NumberedName kName{.digits = 8, .ending = ".log"};
// Larger ones only grow on a disk that fails to sync, and no such thing is read into memory.
constexpr std::uint64_t kSegmentReadMax = std::uint64_t{1} << 30;
// No segment ends there, so a head that says so fits none.
constexpr std::uint64_t kUnknownEnd = std::numeric_limits<std::uint64_t>::max();

std::string path_of(const std::string& folder, std::uint64_t number) {
  return folder + "/" + format_name(kName, number);
}

Unexpected corrupt(const std::string& path, const std::string& why) {
  return {ErrorCode::StateCorrupt, path + ": " + why};
}

Result<std::vector<std::uint64_t>> segments_of(Files& files, const std::string& folder) {
  const auto names = files.list(folder);
  if (!names) return Unexpected{names.error()};
  std::vector<std::uint64_t> numbers;
  for (const std::string& name : *names) {
    if (const auto number = parse_name(kName, name)) numbers.push_back(*number);
  }
  std::sort(numbers.begin(), numbers.end());
  return numbers;
}

// The numbers from `first` on, if none is missing among them.
Result<std::vector<std::uint64_t>> segments_from(Files& files, const std::string& folder,
                                                 std::uint64_t first) {
  auto numbers = segments_of(files, folder);
  if (!numbers) return numbers;
  std::erase_if(*numbers, [first](std::uint64_t number) { return number < first; });
  if (numbers->empty() && first == 1) return numbers;
  for (std::uint64_t i = 0; i < std::max<std::uint64_t>(numbers->size(), 1); ++i) {
    if (i == numbers->size() || (*numbers)[i] != first + i) {
      return corrupt(path_of(folder, first + i), "the segment is missing");
    }
  }
  return numbers;
}

// A last segment with nothing but a head, or part of one: a power cut, a rotation that failed and
// went on in the segment before, or simply no frame yet. Frames are added after the head is safe,
// so it has none to lose, and the segment before it is the one that counts.
bool is_head_only(std::string_view bytes) { return bytes.size() <= kSegmentHeadBytes; }

class LogReader {
 public:
  LogReader(Files& files, const std::string& folder, const FrameVisit& visit)
      : files_(files), folder_(folder), visit_(visit) {}

  Result<void> read(const std::vector<std::uint64_t>& numbers) {
    for (std::size_t i = 0; i < numbers.size(); ++i) {
      const auto bytes = read_segment(numbers[i]);
      if (!bytes) return Unexpected{bytes.error()};
      const bool is_last = i + 1 == numbers.size();
      auto done = is_last && is_head_only(*bytes) ? read_begun(numbers[i], *bytes)
                                                  : read_full(numbers[i], *bytes);
      if (!done) return done;
    }
    return check_whole(read_.last_segment);
  }

  [[nodiscard]] const LogRead& result() const { return read_; }

 private:
  [[nodiscard]] Result<std::string> read_segment(std::uint64_t number) {
    auto bytes = read_file(files_, path_of(folder_, number), kSegmentReadMax);
    if (!bytes && bytes.error().code == ErrorCode::TooLarge) {
      return Unexpected{ErrorCode::StateCorrupt, bytes.error().message};
    }
    return bytes;
  }

  Result<void> read_begun(std::uint64_t number, std::string_view bytes) {
    const auto head = parse_segment_head(bytes);
    const bool is_torn = !head && head.error().code == ErrorCode::StateCorrupt;
    if (read_.last_segment != 0 && is_torn) return {};
    // Segment 1 may be torn when nothing was ever written; a later one was safe before any
    // checkpoint could name it.
    if (number == 1 && is_torn) {
      read_.last_segment = number;
      read_.torn_bytes = bytes.size();
      return {};
    }
    if (head && read_.last_segment != 0) {
      if (head->previous_end == kUnknownEnd || head->previous_end <= read_.end) return {};
      return lacks_bytes(read_.last_segment);
    }
    return read_full(number, bytes);
  }

  Result<void> read_full(std::uint64_t number, std::string_view bytes) {
    const std::string path = path_of(folder_, number);
    if (auto whole = check_whole(read_.last_segment, number); !whole) return whole;
    const auto scan = scan_segment(bytes, visit_);
    if (!scan) return Unexpected{scan.error().code, path + ": " + scan.error().message};
    if (scan->head.number != number) {
      return corrupt(path, "its head says segment " + std::to_string(scan->head.number));
    }
    if (read_.last_segment != 0 && scan->head.previous_end != read_.end) {
      return lacks_bytes(read_.last_segment);
    }
    read_.last_segment = number;
    read_.frames += scan->frames;
    read_.end = scan->good;
    read_.torn_bytes = bytes.size() - scan->good;
    end_ = scan->end;
    return {};
  }

  // Damage stands in no segment, and a torn end only in the last.
  [[nodiscard]] Result<void> check_whole(std::uint64_t number,
                                         std::optional<std::uint64_t> next = {}) const {
    if (end_ == SegmentEnd::Clean || (end_ == SegmentEnd::Torn && !next)) return {};
    return corrupt(path_of(folder_, number), "damaged at byte " + std::to_string(read_.end) +
                                                 ", after frame " + std::to_string(read_.frames));
  }

  [[nodiscard]] Unexpected lacks_bytes(std::uint64_t number) const {
    return corrupt(path_of(folder_, number), "it has " + std::to_string(read_.end) +
                                                 " good bytes; the segment after it expects more");
  }

  Files& files_;
  const std::string& folder_;
  const FrameVisit& visit_;
  LogRead read_;
  SegmentEnd end_ = SegmentEnd::Clean;  // of the last segment read
};

}  // namespace

Result<LogRead> read_log(Files& files, const std::string& folder, std::uint64_t first,
                         const FrameVisit& visit) {
  const auto numbers = segments_from(files, folder, first);
  if (!numbers) return Unexpected{numbers.error()};
  LogReader reader(files, folder, visit);
  if (auto done = reader.read(*numbers); !done) return Unexpected{done.error()};
  return reader.result();
}

InputLog::InputLog(Files& files, std::string folder, const SegmentHead& head, AppendFile file)
    : files_(&files),
      folder_(std::move(folder)),
      head_(head),
      seed_(frame_seed(head)),
      file_(std::move(file)) {}

Result<AppendFile> InputLog::begin_segment(Files& files, const std::string& folder,
                                           const SegmentHead& head) {
  // Create, not CreateNew: a segment that never began may lie there.
  auto opened = files.open(path_of(folder, head.number), OpenAs::Create);
  if (!opened) return Unexpected{opened.error()};
  const std::shared_ptr<File> file = std::move(*opened);
  Result<void> done = file->truncate(0);
  if (done) done = file->write_at(0, format_segment_head(head));
  if (done) done = file->sync();
  if (done) done = files.sync_folder(folder);
  if (!done) return Unexpected{done.error()};
  return AppendFile(file, kSegmentHeadBytes);
}

Result<InputLog> InputLog::open(Files& files, std::string folder, const LogRead& read) {
  if (read.end == 0) {
    const SegmentHead head{.number = 1, .previous_end = 0};
    auto begun = begin_segment(files, folder, head);
    if (!begun) return Unexpected{begun.error()};
    return InputLog(files, std::move(folder), head, std::move(*begun));
  }
  const std::string path = path_of(folder, read.last_segment);
  auto opened = files.open(path, OpenAs::Write);
  if (!opened) return Unexpected{opened.error()};
  const std::shared_ptr<File> file = std::move(*opened);
  std::string bytes(kSegmentHeadBytes, '\0');
  const auto got = file->read_at(0, bytes);
  if (!got) return Unexpected{got.error()};
  const auto head = parse_segment_head(bytes);
  if (!head) return corrupt(path, head.error().message);
  Result<void> done;
  if (read.torn_bytes > 0) done = file->truncate(read.end);
  if (done) done = file->sync();
  if (!done) return Unexpected{done.error()};
  return InputLog(files, std::move(folder), *head, AppendFile(file, read.end));
}

Result<void> InputLog::add(std::string_view payload) {
  if (payload.empty() || payload.size() > kLogPayloadMax) {
    return Unexpected{ErrorCode::TooLarge, "a frame of " + std::to_string(payload.size()) +
                                               " bytes; expected 1 to " +
                                               std::to_string(kLogPayloadMax)};
  }
  if (gap_ || unwritten() + payload.size() > kLogBacklogMax) {
    gap_ = true;
    return Unexpected{ErrorCode::StorageFailed,
                      "the input log lacks frames that the disk did not take in time"};
  }
  append_frame(file_.buffer(), payload, seed_);
  return {};
}

Result<void> InputLog::flush() {
  if (auto done = file_.flush(); !done) return done;
  if (file_.end() < kLogSegmentBytes) return {};
  // The frames are written; a disk that cannot begin the next segment now may be able to later.
  if (sync()) static_cast<void>(rotate());
  return {};
}

PendingSync InputLog::pending_sync() const {
  return {.file = file_.file(), .segment = head_.number, .end = file_.end()};
}

Result<InputLog::Rotated> InputLog::rotate() {
  bool whole = file_.flush().has_value() && !gap_;
  whole = sync().has_value() && whole;
  const SegmentHead next{.number = head_.number + 1,
                         .previous_end = whole ? file_.end() : kUnknownEnd};
  auto begun = begin_segment(*files_, folder_, next);
  if (!begun) return Unexpected{begun.error()};
  *this = InputLog(*files_, std::move(folder_), next, std::move(*begun));
  return Rotated{.segment = next.number, .whole = whole};
}

Result<void> InputLog::drop_before(std::uint64_t segment) {
  const auto numbers = segments_of(*files_, folder_);
  if (!numbers) return Unexpected{numbers.error()};
  for (const std::uint64_t number : *numbers) {
    if (number >= segment || number >= head_.number) break;
    if (auto done = files_->remove(path_of(folder_, number)); !done) return done;
  }
  return files_->sync_folder(folder_);
}

}  // namespace fusebox::store
