// Feeds every file of the given folders through the fuzz target it is linked with, in the order
// of their names. Exit 0 when all went through; a crash or a sanitizer's finding ends the program
// and names the file, because it is printed first. A folder without a file is a mistake: the test
// would pass and show nothing.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <memory>
#include <string>
#include <system_error>
#include <vector>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

namespace {

std::vector<std::filesystem::path> files_of(const char* folder) {
  std::vector<std::filesystem::path> files;
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator(folder, error)) {
    if (entry.is_regular_file()) files.push_back(entry.path());
  }
  std::sort(files.begin(), files.end());
  return files;
}

void feed(const std::string& bytes) {
  // A block of exactly this size, so that reading one byte too far is seen; never a null pointer.
  const auto exact = std::make_unique<std::uint8_t[]>(bytes.size());
  std::copy(bytes.begin(), bytes.end(), exact.get());
  LLVMFuzzerTestOneInput(exact.get(), bytes.size());
}

bool feed_folder(const char* folder) {
  const auto files = files_of(folder);
  if (files.empty()) {
    std::fprintf(stderr, "%s: no corpus file\n", folder);
    return false;
  }
  for (const auto& file : files) {
    std::printf("%s\n", file.c_str());
    std::fflush(stdout);
    std::ifstream in(file, std::ios::binary);
    feed({std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()});
  }
  return true;
}

}  // namespace

int main(int argc, char** argv) {
  bool all_fed = argc > 1;
  feed("");
  for (int i = 1; i < argc; ++i) all_fed = feed_folder(argv[i]) && all_fed;
  return all_fed ? 0 : 1;
}
