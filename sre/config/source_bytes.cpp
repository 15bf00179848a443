#include "base/archive.hpp"
#include "sre/config/source.hpp"

namespace fusebox::config {

std::string pack_sources(const std::vector<Source>& sources) {
  std::string bytes;
  ArchiveWriter archive(bytes);
  archive(sources);
  return bytes;
}

Result<std::vector<Source>> unpack_sources(std::string_view bytes) {
  std::vector<Source> sources;
  ArchiveReader archive(bytes);
  archive(sources);
  if (archive.failed() || !archive.at_end()) {
    return Unexpected{ErrorCode::StateCorrupt, "the saved configuration is damaged"};
  }
  return sources;
}

}  // namespace fusebox::config
