// The record of every input, as journal lines that `replay` reads: for incidents, and for trying
// another configuration on last week.
//
// One file a start, named by its time, in the journal's folder. It begins with the configuration
// and the state that the start found, so that a replay of the file gives the lines that the daemon
// gave. No credential gets into it: a configuration is recorded as what decides (journal_text.hpp),
// and the state holds none.
//
// It is a copy for people and promises less than the state: what could not be written is counted
// and left out, and decides nothing.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "base/result.hpp"
#include "sre/store/files.hpp"
#include "telemetry/input.hpp"
#include "telemetry/journal_parts.hpp"
#include "telemetry/journal_writer.hpp"

namespace fusebox::runtime {

// Owned by the engine thread.
class JournalRecorder {
 public:
  struct Options {
    std::string folder;  // created if its parent is there
    telemetry::Arguments arguments = telemetry::Arguments::Masked;
    Instant start{};  // names the file
  };
  [[nodiscard]] static Result<JournalRecorder> open(store::Files& files, const Options& options);

  // What everything behind it is decided under, and from. O(size).
  void add_configuration(Instant at, std::span<const telemetry::ConfigText> documents);
  void add_state(Instant at, std::string_view saved);
  // About half a microsecond.
  void add(const telemetry::Input& input);
  // Writes what was added, in one write.
  void flush();

  [[nodiscard]] const std::string& path() const { return path_; }
  // Lines that the disk did not take.
  [[nodiscard]] std::uint64_t lost() const { return lost_; }

 private:
  JournalRecorder(std::string path, std::unique_ptr<store::File> file,
                  telemetry::Arguments arguments)
      : path_(std::move(path)), file_(std::move(file)), arguments_(arguments) {}

  std::string path_;
  std::unique_ptr<store::File> file_;
  telemetry::Arguments arguments_;
  std::string buffer_;
  std::uint64_t lines_ = 0;  // in the buffer
  std::uint64_t end_ = 0;
  std::uint64_t lost_ = 0;
};

}  // namespace fusebox::runtime
