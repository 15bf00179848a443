#include "tests/breakers/allocation_counter.hpp"

#include <cstdlib>
#include <new>

#include <malloc.h>

namespace {

std::size_t count = 0;
std::size_t live_bytes = 0;

void give_back(void* memory) {
  live_bytes -= malloc_usable_size(memory);
  std::free(memory);
}

}  // namespace

void* operator new(std::size_t size) {
  void* memory = std::malloc(size == 0 ? 1 : size);
  if (memory == nullptr) throw std::bad_alloc();
  ++count;
  live_bytes += malloc_usable_size(memory);
  return memory;
}
void operator delete(void* memory) noexcept { give_back(memory); }
void operator delete(void* memory, std::size_t) noexcept { give_back(memory); }

namespace fusebox::breakers {

std::size_t allocations() { return count; }
std::size_t live_allocated_bytes() { return live_bytes; }

}  // namespace fusebox::breakers
