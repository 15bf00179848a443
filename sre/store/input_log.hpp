// The input log: every input that the engine applied, in its order, so that a checkpoint and the
// frames after it give the same engine again. Segments `00000001.log`, `00000002.log`, … without a
// gap; a checkpoint names the first one to replay, older ones are dropped.
//
// A process that is killed loses nothing that was written. A power cut loses what was not synced:
// an end of the last segment, which is cut off and counted at the next start. Anything else that
// does not fit is StateCorrupt, and stays as it is for someone to look at.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.hpp"
#include "sre/store/detail/append_file.hpp"
#include "sre/store/detail/log_segment.hpp"
#include "sre/store/files.hpp"
#include "sre/store/pending_sync.hpp"

namespace fusebox::store {

inline constexpr std::size_t kLogPayloadMax = std::size_t{16} << 20;
// A segment beyond this is followed by the next: a start reads a segment at once.
inline constexpr std::uint64_t kLogSegmentBytes = std::uint64_t{64} << 20;
// Frames that wait for a full disk. Beyond it they are refused, and a gap begins.
inline constexpr std::size_t kLogBacklogMax = std::size_t{64} << 20;

// What a log holds from one segment on.
struct LogRead {
  std::uint64_t frames = 0;
  std::uint64_t last_segment = 0;  // that has frames or could; 0: there is none
  std::uint64_t end = 0;           // its good bytes; 0: not even its head is whole
  std::uint64_t torn_bytes = 0;    // behind them
};

// Visits every frame from segment `first` on, changing nothing. A visit's error ends it.
// Errors: StorageFailed, StateCorrupt (a missing segment, damage before the end), StateNewer.
[[nodiscard]] Result<LogRead> read_log(Files& files, const std::string& folder, std::uint64_t first,
                                       const FrameVisit& visit);

// Owned by the engine thread.
class InputLog {
 public:
  // Continues what read_log found, or begins segment 1 where it found none. Cuts a torn end and
  // syncs the rest: after a kill it may stand in memory alone, and it is about to be built upon.
  [[nodiscard]] static Result<InputLog> open(Files& files, std::string folder, const LogRead& read);

  // Takes one frame (1 byte to kLogPayloadMax). Errors: TooLarge, and StorageFailed once frames
  // were refused for lack of room: the log has a gap then, until rotate() and a checkpoint.
  Result<void> add(std::string_view payload);
  // Writes what was added, in one write. After an error all of it waits for the next call; answers
  // that depend on it must not be given.
  Result<void> flush();
  // Of what was flushed.
  [[nodiscard]] PendingSync pending_sync() const;
  // Here and now; for starts and clean stops.
  Result<void> sync() { return pending_sync().run(); }

  // Begins the next segment, durably, after the old one was flushed and synced. Costs two to four
  // waits for the disk; less if pending_sync() ran just before. On an error the log goes on in the
  // old segment.
  struct Rotated {
    std::uint64_t segment;  // what a checkpoint of the state as of now names
    bool whole;             // false: frames of the old segment may be missing, so that nothing is
                            // durable until that checkpoint
  };
  [[nodiscard]] Result<Rotated> rotate();
  // Removes the segments before this one, which a durable checkpoint made superfluous.
  Result<void> drop_before(std::uint64_t segment);

  [[nodiscard]] std::uint64_t segment() const { return head_.number; }
  [[nodiscard]] std::uint64_t end() const { return file_.end(); }
  [[nodiscard]] std::size_t unwritten() const { return file_.buffer().size(); }

 private:
  InputLog(Files& files, std::string folder, const SegmentHead& head, AppendFile file);
  [[nodiscard]] static Result<AppendFile> begin_segment(Files& files, const std::string& folder,
                                                        const SegmentHead& head);

  Files* files_;
  std::string folder_;
  SegmentHead head_;
  std::uint32_t seed_;
  AppendFile file_;
  bool gap_ = false;
};

}  // namespace fusebox::store
