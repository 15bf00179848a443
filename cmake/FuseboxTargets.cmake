# One folder, one library target `fusebox_<folder>`, alias `fusebox::<folder>`.
#
#   fusebox_library(slo SOURCES window.cpp THIRD_PARTY ZLIB::ZLIB)
#
# links the folders that Layers.cmake allows; THIRD_PARTY stays private to the folder.
function(fusebox_library folder)
  cmake_parse_arguments(ARG "" "" "SOURCES;THIRD_PARTY" ${ARGN})
  string(REPLACE "sre/" "" name "${folder}")
  set(target fusebox_${name})
  add_library(${target} STATIC ${ARG_SOURCES})
  add_library(fusebox::${name} ALIAS ${target})
  target_include_directories(${target} PUBLIC "${PROJECT_SOURCE_DIR}")
  fusebox_compile_options(${target})
  foreach(used IN LISTS FUSEBOX_MAY_USE_${folder})
    string(REPLACE "sre/" "" used "${used}")
    target_link_libraries(${target} PUBLIC fusebox::${used})
  endforeach()
  target_link_libraries(${target} PRIVATE ${ARG_THIRD_PARTY})
endfunction()

function(fusebox_compile_options target)
  target_compile_features(${target} PUBLIC cxx_std_20)
  set_target_properties(${target} PROPERTIES CXX_EXTENSIONS OFF)
  target_compile_options(${target} PRIVATE
    -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wnon-virtual-dtor -Wold-style-cast
    -Woverloaded-virtual -Werror -ffp-contract=off)
endfunction()

# fusebox_tests(slo SOURCES window_test.cpp) -> executable fusebox_slo_tests, each case in ctest.
function(fusebox_tests name)
  cmake_parse_arguments(ARG "" "" "SOURCES;LIBS" ${ARGN})
  set(target fusebox_${name}_tests)
  add_executable(${target} ${ARG_SOURCES})
  fusebox_compile_options(${target})
  target_compile_definitions(${target} PRIVATE
    FUSEBOX_TEST_DATA="${CMAKE_CURRENT_SOURCE_DIR}/data"
    FUSEBOX_SOURCE_DIR="${PROJECT_SOURCE_DIR}")
  target_link_libraries(${target} PRIVATE fusebox::${name} ${ARG_LIBS} GTest::gmock GTest::gtest_main)
  gtest_discover_tests(${target} DISCOVERY_MODE PRE_TEST PROPERTIES TIMEOUT 300)
endfunction()
