// The last inputs of the engine, encoded as its log has them: for those who ask what a session or a
// task went through. The log itself forgets at each checkpoint; this forgets when it is full.
#pragma once

#include <cstddef>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "telemetry/input.hpp"

namespace fusebox::api::detail {

// Fifty thousand events of usual size, and more of what agents ask.
inline constexpr std::size_t kInputBytesMax = std::size_t{16} << 20;

// Any thread; the engine's copies what is new and waits for nobody longer than for a list of
// pointers.
class InputRing {
 public:
  explicit InputRing(std::size_t bytes_max = kInputBytesMax) : bytes_max_(bytes_max) {}

  // A frame of the log. One copy; allocates once in a quarter of a megabyte.
  void add(std::string_view frame);

  // Every input that is kept, oldest first, decoded on the caller's thread. Arguments of checks
  // are not among what is kept.
  void each(const std::function<void(const telemetry::Input&)>& visit) const;

 private:
  using Chunk = std::shared_ptr<std::string>;
  struct Parts {
    std::vector<std::shared_ptr<const std::string>> full;
    std::string open;
  };
  [[nodiscard]] Parts parts() const;
  [[nodiscard]] Chunk empty_chunk();

  const std::size_t bytes_max_;
  mutable std::mutex mutex_;
  std::deque<Chunk> full_;  // not written to any more
  std::string open_;
  std::size_t bytes_ = 0;  // of the full ones
};

}  // namespace fusebox::api::detail
