# What holds for every target of the tree: flags, sanitizers, ccache, where programs go.
# Included with FuseboxTargets.cmake, before any target exists.
include_guard(DIRECTORY)

set(FUSEBOX_SANITIZE "" CACHE STRING "Sanitizers: empty, address,undefined or thread")
set(FUSEBOX_TEST_TIMEOUT 300 CACHE STRING "Seconds a test may take")
option(FUSEBOX_FUZZ "Build the libFuzzer targets instead of the tests (clang only)" OFF)

# NDEBUG is for third-party headers; our own FUSEBOX_ASSERT does not look at it.
set(CMAKE_CXX_FLAGS_RELEASE "-O2 -DNDEBUG")

# An input passes six libraries, so inlining across them is 7 % of a replay. For the product and
# its benchmarks alone: every test program would link for half a minute. -O3 gains only with it.
option(FUSEBOX_LTO "Optimise across translation units when linking (clang, lld)" OFF)
if(FUSEBOX_LTO)
  set(CMAKE_CXX_FLAGS_RELEASE "-O3 -DNDEBUG")
  add_compile_options(-flto=thin)
  add_link_options(-flto=thin -fuse-ld=lld)
endif()

# Which way hot paths go is measured by `make profile` (FUSEBOX_PROFILE=generate) and kept in a
# file: a tenth of a replay. A function that has changed since is compiled as if there were no
# profile, so an old file costs speed and nothing else; what clang says of that is no error.
set(FUSEBOX_PROFILE "" CACHE STRING "Profile of the hot paths: empty, use or generate")
set(FUSEBOX_PROFILE_FILE "${PROJECT_SOURCE_DIR}/packaging/profile/fusebox.profdata")
if(FUSEBOX_PROFILE)
  # Names of static functions begin with their file's, here without this machine's folders.
  add_compile_options("SHELL:-mllvm -static-func-full-module-prefix=false")
endif()
if(FUSEBOX_PROFILE STREQUAL "generate")
  add_compile_options(-fprofile-generate)
  add_link_options(-fprofile-generate)
elseif(FUSEBOX_PROFILE STREQUAL "use")
  # The digest in every command, so that another profile builds everything anew.
  set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS "${FUSEBOX_PROFILE_FILE}")
  file(SHA256 "${FUSEBOX_PROFILE_FILE}" digest)
  add_compile_definitions("FUSEBOX_PROFILE_DIGEST=\"${digest}\"")
  add_compile_options("-fprofile-use=${FUSEBOX_PROFILE_FILE}" -Wno-profile-instr-out-of-date
    -Wno-profile-instr-unprofiled -Wno-backend-plugin)
elseif(FUSEBOX_PROFILE)
  message(FATAL_ERROR "FUSEBOX_PROFILE=${FUSEBOX_PROFILE} is not known; use `use` or `generate`")
endif()

# a*b+c must give the same bits with and without fused instructions, or a replay on another
# machine would differ in the last digit.
add_compile_options(-ffp-contract=off)

# Checks of libstdc++ that cost too much for release: bounds of operator[], empty optionals.
add_compile_definitions($<$<CONFIG:Debug>:_GLIBCXX_ASSERTIONS>)

# The product is build/<preset>/fusebox; tests move theirs to bin/.
set(CMAKE_RUNTIME_OUTPUT_DIRECTORY "${PROJECT_BINARY_DIR}")

# The standard headers parsed once a tree instead of once a unit (PrecompiledHeaders.cmake). The
# presets switch it on where the tests run most; the trees without it (release, gcc) and clang-tidy
# are where a unit that forgets an include fails.
option(FUSEBOX_PCH "Precompile standard headers and GoogleTest (clang only)" OFF)
if(FUSEBOX_PCH AND NOT CMAKE_CXX_COMPILER_ID STREQUAL "Clang")
  message(FATAL_ERROR "FUSEBOX_PCH needs clang: GCC wants the same definitions for every unit")
endif()

find_program(FUSEBOX_CCACHE ccache)
if(FUSEBOX_CCACHE AND NOT DEFINED CMAKE_CXX_COMPILER_LAUNCHER)
  set(CMAKE_CXX_COMPILER_LAUNCHER "${FUSEBOX_CCACHE}")
  if(FUSEBOX_PCH)
    # What ccache's manual asks for before it caches such units. No source has __DATE__ or __TIME__.
    list(PREPEND CMAKE_CXX_COMPILER_LAUNCHER env CCACHE_SLOPPINESS=pch_defines,time_macros)
  endif()
endif()

# -O1 as their authors recommend: fast enough, and stack traces stay readable.
set(FUSEBOX_SANITIZER_FLAGS -O1 -g -fno-omit-frame-pointer -fno-sanitize-recover=all)

# UBSan checks 128-bit products by a function that compiler-rt has and libgcc lacks.
set(FUSEBOX_UBSAN_LINK_FLAGS "")
if(CMAKE_CXX_COMPILER_ID STREQUAL "Clang")
  set(FUSEBOX_UBSAN_LINK_FLAGS --rtlib=compiler-rt --unwindlib=libgcc)
endif()

if(FUSEBOX_FUZZ)
  if(NOT CMAKE_CXX_COMPILER_ID STREQUAL "Clang")
    message(FATAL_ERROR "FUSEBOX_FUZZ needs clang: libFuzzer is part of it")
  endif()
  add_compile_options(${FUSEBOX_SANITIZER_FLAGS} -fsanitize=fuzzer-no-link,address,undefined)
  add_link_options(-fsanitize=address,undefined ${FUSEBOX_UBSAN_LINK_FLAGS})
elseif(FUSEBOX_SANITIZE STREQUAL "address,undefined")
  add_compile_options(${FUSEBOX_SANITIZER_FLAGS} -fsanitize=address,undefined)
  add_link_options(-fsanitize=address,undefined ${FUSEBOX_UBSAN_LINK_FLAGS})
elseif(FUSEBOX_SANITIZE STREQUAL "thread")
  add_compile_options(${FUSEBOX_SANITIZER_FLAGS} -fsanitize=thread)
  add_link_options(-fsanitize=thread)
elseif(FUSEBOX_SANITIZE)
  message(FATAL_ERROR
    "FUSEBOX_SANITIZE=${FUSEBOX_SANITIZE} is not known; use address,undefined or thread")
endif()
