// Counts what a test program asks of operator new. count_allocations.cpp replaces it; a program
// that wants to count compiles that file.
#pragma once

#include <cstddef>

namespace fusebox {

struct Allocations {
  std::size_t count = 0;
  std::size_t bytes = 0;
};
// Since the program began, or since a test set it to {}. Tests run in one thread.
extern Allocations allocations;

}  // namespace fusebox
