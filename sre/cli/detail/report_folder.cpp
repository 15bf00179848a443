#include "sre/cli/detail/report_folder.hpp"

#include <filesystem>

#include "chaos/report.hpp"
#include "sre/cli/commands.hpp"
#include "sre/cli/output.hpp"

namespace fusebox::cli {
namespace {

Result<void> write_file(const std::filesystem::path& path, std::string_view text) {
  Output file;
  if (auto opened = file.open(path.string()); !opened) return opened;
  file.buffer() += text;
  return file.finish();
}

}  // namespace

Result<void> write_report(const std::string& folder, const chaos::RunResult& result,
                          std::optional<std::string_view> journal) {
  std::error_code error;
  std::filesystem::create_directories(folder, error);
  if (error) return Unexpected{ErrorCode::FileUnreadable, folder + ": " + error.message()};
  const std::filesystem::path base = folder;
  const std::pair<const char*, std::string> files[] = {
      {"report.json", chaos::report_json(result, version_text())},
      {"report.xml", chaos::report_junit(result)},
      {"report.md", chaos::report_markdown(result, version_text())},
      {"report.html", chaos::report_html(result, version_text())}};
  for (const auto& [name, text] : files) {
    if (auto written = write_file(base / name, text); !written) return written;
  }
  return journal ? write_file(base / "journal.ndjson", *journal) : Result<void>{};
}

}  // namespace fusebox::cli
