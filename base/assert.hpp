// FUSEBOX_ASSERT: a bug, never an input. On in release too; one condition each.
#pragma once

#include <cstdio>
#include <cstdlib>

#define FUSEBOX_ASSERT(condition)                                                            \
  do {                                                                                       \
    if (!(condition)) [[unlikely]] {                                                         \
      std::fprintf(stderr, "%s:%d: assertion failed: %s\n", __FILE__, __LINE__, #condition); \
      std::abort();                                                                          \
    }                                                                                        \
  } while (false)
