#include "sre/runtime/journal_recorder.hpp"

#include <utility>

namespace fusebox::runtime {

Result<JournalRecorder> JournalRecorder::open(store::Files& files, const Options& options) {
  if (auto made = files.make_folder(options.folder); !made) return Unexpected{made.error()};
  std::string path = options.folder + "/" + format_rfc3339(options.start) + ".ndjson";
  auto file = files.open(path, store::OpenAs::CreateNew);
  if (!file) return Unexpected{file.error()};
  return JournalRecorder(std::move(path), std::move(*file), options.arguments);
}

void JournalRecorder::add_configuration(Instant at,
                                        std::span<const telemetry::ConfigText> documents) {
  telemetry::append_config_lines(buffer_, at, documents);
  ++lines_;
}

void JournalRecorder::add_state(Instant at, std::string_view saved) {
  telemetry::append_state_lines(buffer_, at, saved);
  ++lines_;
}

void JournalRecorder::add(const telemetry::Input& input) {
  telemetry::append_journal_line(buffer_, input, arguments_);
  buffer_ += '\n';
  ++lines_;
}

void JournalRecorder::flush() {
  if (buffer_.empty()) return;
  if (file_->write_at(end_, buffer_)) {
    end_ += buffer_.size();
  } else {
    lost_ += lines_;  // the next write goes to the same place, so that no line stands there in part
  }
  buffer_.clear();
  lines_ = 0;
}

}  // namespace fusebox::runtime
