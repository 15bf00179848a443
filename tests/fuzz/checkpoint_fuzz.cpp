// Any bytes as the database of the checkpoint: they hold one, or are refused and left as they are.
#include "sre/store/checkpoint.hpp"

#include <cstddef>
#include <cstdint>
#include <string>

#include "base/assert.hpp"
#include "tests/store/crash_files.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  namespace store = fusebox::store;
  const std::string bytes(reinterpret_cast<const char*>(data), size);  // NOLINT: bytes as text
  store::CrashFiles files;
  files.put("fusebox.db", bytes);
  auto opened = store::CheckpointStore::open(files, "fusebox.db");
  if (!opened) {
    FUSEBOX_ASSERT(opened.error().code == fusebox::ErrorCode::StateCorrupt ||
                   opened.error().code == fusebox::ErrorCode::StateNewer);
    FUSEBOX_ASSERT(files.content("fusebox.db") == bytes);
    return 0;
  }
  const auto checkpoint = opened->read();
  FUSEBOX_ASSERT(checkpoint.has_value() ||
                 checkpoint.error().code == fusebox::ErrorCode::StateCorrupt);
  return 0;
}
