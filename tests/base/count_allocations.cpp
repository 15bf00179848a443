#include "tests/base/count_allocations.hpp"

#include <cstdlib>
#include <new>

namespace fusebox {

Allocations allocations;

namespace {

void* count_and_allocate(std::size_t size) noexcept {
  ++allocations.count;
  allocations.bytes += size;
  return std::malloc(size == 0 ? 1 : size);
}

}  // namespace
}  // namespace fusebox

// The array forms of the standard library call these; the sanitizers' do not, so all are replaced.
void* operator new(std::size_t size) {
  if (void* memory = fusebox::count_and_allocate(size)) return memory;
  throw std::bad_alloc();
}
void* operator new[](std::size_t size) { return operator new(size); }
void* operator new(std::size_t size, const std::nothrow_t&) noexcept {
  return fusebox::count_and_allocate(size);
}
void* operator new[](std::size_t size, const std::nothrow_t&) noexcept {
  return fusebox::count_and_allocate(size);
}
void operator delete(void* memory) noexcept { std::free(memory); }
void operator delete[](void* memory) noexcept { std::free(memory); }
void operator delete(void* memory, std::size_t) noexcept { std::free(memory); }
void operator delete[](void* memory, std::size_t) noexcept { std::free(memory); }
void operator delete(void* memory, const std::nothrow_t&) noexcept { std::free(memory); }
void operator delete[](void* memory, const std::nothrow_t&) noexcept { std::free(memory); }
