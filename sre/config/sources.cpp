#include <algorithm>
#include <filesystem>
#include <optional>
#include <set>
#include <system_error>
#include <utility>

#include "sre/config/detail/kinds.hpp"
#include "sre/config/detail/read_file.hpp"
#include "sre/config/detail/yaml.hpp"
#include "sre/config/source.hpp"

namespace fusebox::config {
namespace {

namespace fs = std::filesystem;

bool is_yaml_name(const fs::path& path) {
  const std::string extension = path.extension().string();
  return !path.filename().string().starts_with('.') &&
         (extension == ".yaml" || extension == ".yml");
}

// The files of a folder in sorted order: a directory itself promises none.
std::optional<std::vector<fs::path>> list_folder(const fs::path& folder) {
  std::error_code failure;
  std::vector<fs::path> paths;
  fs::directory_iterator entries(folder, failure);
  for (; !failure && entries != fs::directory_iterator(); entries.increment(failure)) {
    std::error_code unknown;
    if (is_yaml_name(entries->path()) && !entries->is_directory(unknown)) {
      paths.push_back(entries->path());
    }
  }
  if (failure) return std::nullopt;
  std::sort(paths.begin(), paths.end());
  return paths;
}

class SourceReader {
 public:
  explicit SourceReader(Diagnostics& diagnostics) : diagnostics_(diagnostics) {}

  // `asked` is the place of the `include`, or the path itself where the command line named it.
  void read(const fs::path& path, const Place& asked, std::size_t depth) {
    std::error_code unknown;
    if (!fs::is_directory(path, unknown)) return read_file(path, asked, depth);
    const auto files = list_folder(path);
    if (!files || files->empty()) {
      fail(asked, ErrorCode::FileUnreadable,
           "folder " + path.string() + (files ? " has no YAML file" : " cannot be read"));
      return;
    }
    for (const fs::path& file : *files) read_file(file, asked, depth);
  }

  [[nodiscard]] std::vector<Source> take() { return std::move(sources_); }

 private:
  void read_file(const fs::path& path, const Place& asked, std::size_t depth) {
    std::error_code failure;
    const fs::path canonical = fs::weakly_canonical(path, failure);
    if (!seen_.insert(failure ? path.lexically_normal() : canonical).second) return;
    // One byte more than the limit is enough to know.
    auto text = detail::read_file(path.string(), kFileBytesMax + 1);
    if (!text) return fail(asked, ErrorCode::FileUnreadable, path.string() + " cannot be read");
    const std::size_t index = sources_.size();
    sources_.push_back({path.string(), std::move(*text)});
    follow_includes(index, depth);
  }

  // What is wrong inside of the file is load()'s to say, so its diagnostics stay here.
  void follow_includes(std::size_t index, std::size_t depth) {
    const Source source = sources_[index];
    Diagnostics inside;
    detail::Report report(source.name, source.text, inside);
    for (const detail::Node& root : detail::parse_yaml(report)) {
      for (const detail::IncludePath& include : detail::includes_of(root)) {
        const Place place = report.place(include.at);
        if (depth == kIncludeDepthMax) {
          fail(place, ErrorCode::TooDeep,
               "`include` is nested deeper than " + std::to_string(kIncludeDepthMax) + " files");
          return;
        }
        read(fs::path(source.name).parent_path() / include.path, place, depth + 1);
      }
    }
  }

  void fail(const Place& place, ErrorCode code, std::string what) {
    diagnostics_.add({.severity = Severity::Error,
                      .place = place,
                      .code = code,
                      .what = std::move(what),
                      .expected = {},
                      .hint = {}});
  }

  Diagnostics& diagnostics_;
  std::vector<Source> sources_;
  std::set<fs::path> seen_;
};

}  // namespace

std::vector<Source> read_sources(const std::vector<std::string>& paths, Diagnostics& diagnostics) {
  SourceReader reader(diagnostics);
  for (const std::string& path : paths)
    reader.read(path, {.file = path, .line = 0, .column = 0}, 0);
  return reader.take();
}

}  // namespace fusebox::config
