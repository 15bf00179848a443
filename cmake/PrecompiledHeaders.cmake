include_guard(DIRECTORY)

# Headers of others that many units include; a unit saves 0.4 s of about 1, one with GoogleTest 0.7.
# None of ours: each change of one would compile everything again.
set(FUSEBOX_PCH_STANDARD <algorithm> <array> <charconv> <chrono> <compare> <functional> <iostream>
  <map> <memory> <optional> <span> <sstream> <string> <string_view> <unordered_map> <utility>
  <variant> <vector>)

# fusebox_precompile(fusebox_slo library): with FUSEBOX_PCH, the target starts from the headers that
# `kind` shares: library, sanitized or test. Flags that change the language (-O, -fsanitize) must be
# the same for all targets of a kind; clang refuses others. Definitions may differ.
function(fusebox_precompile target kind)
  if(FUSEBOX_PCH)
    fusebox_pch_owner(${kind})
    target_precompile_headers(${target} REUSE_FROM fusebox_${kind}_headers)
  endif()
endfunction()

# The target whose only purpose is to compile the headers of a kind.
function(fusebox_pch_owner kind)
  set(owner fusebox_${kind}_headers)
  if(TARGET ${owner})
    return()
  endif()
  set(source "${PROJECT_BINARY_DIR}/${owner}.cpp")
  file(CONFIGURE OUTPUT "${source}" CONTENT "// A target needs a source.\n")
  add_library(${owner} OBJECT EXCLUDE_FROM_ALL "${source}")
  fusebox_compile_options(${owner})
  target_precompile_headers(${owner} PRIVATE ${FUSEBOX_PCH_STANDARD})
  if(kind STREQUAL "sanitized")
    fusebox_sanitize(${owner})
  elseif(kind STREQUAL "test")
    target_precompile_headers(${owner} PRIVATE <gmock/gmock.h> <gtest/gtest.h>)
    target_link_libraries(${owner} PRIVATE GTest::gmock)
  endif()
endfunction()

if(FUSEBOX_PCH)
  # RE2 asks its users for it, and headers precompiled without it would not serve them.
  add_compile_options(-pthread)
  # Content, not the time of a file, says whether one is still good; else ccache never hits.
  add_compile_options("SHELL:-Xclang -fno-pch-timestamp")
endif()
