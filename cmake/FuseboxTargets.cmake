include("${CMAKE_CURRENT_LIST_DIR}/BuildOptions.cmake")
include("${CMAKE_CURRENT_LIST_DIR}/PrecompiledHeaders.cmake")

# One folder, one library target `fusebox_<folder>`, alias `fusebox::<folder>`; of a folder within a
# folder the last name: `fusebox::runtime`.
#
#   fusebox_library(slo SOURCES window.cpp THIRD_PARTY ZLIB::ZLIB)
#
# links the folders that Layers.cmake allows; THIRD_PARTY stays private to the folder.
function(fusebox_library folder)
  cmake_parse_arguments(ARG "" "" "SOURCES;THIRD_PARTY" ${ARGN})
  cmake_path(GET folder FILENAME name)
  fusebox_static_library(fusebox_${name} "" ${folder} "${ARG_SOURCES}" "${ARG_THIRD_PARTY}")
  fusebox_precompile(fusebox_${name} library)
  add_library(fusebox::${name} ALIAS fusebox_${name})

  # For fusebox_sanitized_library below, which builds the same sources once more.
  list(TRANSFORM ARG_SOURCES PREPEND "${CMAKE_CURRENT_SOURCE_DIR}/")
  set_property(GLOBAL PROPERTY FUSEBOX_SOURCES_${folder} "${ARG_SOURCES}")
  set_property(GLOBAL PROPERTY FUSEBOX_THIRD_PARTY_${folder} "${ARG_THIRD_PARTY}")
endfunction()

function(fusebox_static_library target suffix folder sources third_party)
  add_library(${target} STATIC ${sources})
  target_include_directories(${target} PUBLIC "${PROJECT_SOURCE_DIR}")
  fusebox_compile_options(${target})
  foreach(used IN LISTS FUSEBOX_MAY_USE_${folder})
    cmake_path(GET used FILENAME used)
    target_link_libraries(${target} PUBLIC fusebox_${used}${suffix})
  endforeach()
  target_link_libraries(${target} PRIVATE ${third_party})
endfunction()

function(fusebox_compile_options target)
  target_compile_features(${target} PUBLIC cxx_std_20)
  set_target_properties(${target} PROPERTIES CXX_EXTENSIONS OFF)
  target_compile_options(${target} PRIVATE
    -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wnon-virtual-dtor -Wold-style-cast
    -Woverloaded-virtual -Werror)
  # GCC 12 sees an overlap in "literal" + std::string&& that is not there (its bug 105651).
  target_compile_options(${target} PRIVATE $<$<CXX_COMPILER_ID:GNU>:-Wno-restrict>)
endfunction()

# fusebox_tests(slo SOURCES window_test.cpp) -> executable fusebox_slo_tests, each case in ctest.
# A name that is no folder's (integration) links what LIBS says and nothing else.
function(fusebox_tests name)
  cmake_parse_arguments(ARG "" "" "SOURCES;LIBS" ${ARGN})
  set(target fusebox_${name}_tests)
  add_executable(${target} ${ARG_SOURCES})
  fusebox_compile_options(${target})
  fusebox_precompile(${target} test)
  target_include_directories(${target} PRIVATE "${PROJECT_SOURCE_DIR}")
  target_compile_definitions(${target} PRIVATE
    FUSEBOX_TEST_DATA="${CMAKE_CURRENT_SOURCE_DIR}/data"
    FUSEBOX_SOURCE_DIR="${PROJECT_SOURCE_DIR}")
  if(TARGET fusebox_${name})
    target_link_libraries(${target} PRIVATE fusebox::${name})
  endif()
  target_link_libraries(${target} PRIVATE ${ARG_LIBS} GTest::gmock GTest::gtest_main)
  gtest_discover_tests(${target}
    DISCOVERY_MODE PRE_TEST
    NO_PRETTY_VALUES  # what gtest prints of a parameter may be its bytes, pointers included
    PROPERTIES TIMEOUT ${FUSEBOX_TEST_TIMEOUT})
endfunction()

# The libraries of a folder, and of all it may use, with the address and undefined sanitizers:
# fusebox_<folder>_sanitized. Only what a target really links is built.
function(fusebox_sanitized_library folder)
  cmake_path(GET folder FILENAME name)
  set(target fusebox_${name}_sanitized)
  if(TARGET ${target})
    return()
  endif()
  foreach(used IN LISTS FUSEBOX_MAY_USE_${folder})
    fusebox_sanitized_library(${used})
  endforeach()
  get_property(sources GLOBAL PROPERTY FUSEBOX_SOURCES_${folder})
  get_property(third_party GLOBAL PROPERTY FUSEBOX_THIRD_PARTY_${folder})
  fusebox_static_library(${target} _sanitized ${folder} "${sources}" "${third_party}")
  set_target_properties(${target} PROPERTIES EXCLUDE_FROM_ALL ON)
  fusebox_sanitize(${target})
  fusebox_precompile(${target} sanitized)
endfunction()

# The sanitizers of the asan tree for one target of a tree that has none.
function(fusebox_sanitize target)
  target_compile_options(${target} PRIVATE
    ${FUSEBOX_SANITIZER_FLAGS} -fsanitize=address,undefined)
  target_link_options(${target} PRIVATE -fsanitize=address,undefined ${FUSEBOX_UBSAN_LINK_FLAGS})
endfunction()
