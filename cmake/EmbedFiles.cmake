# Files as text inside the program: cmake -DOUT=x.cpp -DROOT=folder -DFILES="a.yaml;b.yaml" -P.
# The table is sorted by name; sre/cli/detail/embedded.hpp declares it.
set(rows "")
foreach(file IN LISTS FILES)
  file(READ "${ROOT}/${file}" text)
  # A literal may be no longer than 64 KiB for every compiler; these files are a tenth of that.
  string(APPEND rows "    {\"${file}\", R\"embedded(${text})embedded\"},\n")
endforeach()
file(CONFIGURE OUTPUT "${OUT}" CONTENT [[
#include "sre/cli/detail/embedded.hpp"

namespace fusebox::cli {
namespace {
constexpr EmbeddedFile kFiles[] = {
@rows@};
}  // namespace

std::span<const EmbeddedFile> embedded_files() { return kFiles; }

}  // namespace fusebox::cli
]] @ONLY)
