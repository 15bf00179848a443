// SIGINT and SIGTERM as a question instead of an end, for commands that must tidy up.
#pragma once

#include <optional>

#include "base/time.hpp"

namespace fusebox::cli {

// From its making on, the two signals wait until they are asked for. Make it before any thread.
// ChildProcess starts its children without this block.
class Interrupt {
 public:
  Interrupt();

  // The signal that came, or comes within `limit`; it is told on every further call too.
  [[nodiscard]] std::optional<int> await(Duration limit);
  [[nodiscard]] std::optional<int> came() { return await(Duration{}); }

 private:
  std::optional<int> signal_;
};

}  // namespace fusebox::cli
