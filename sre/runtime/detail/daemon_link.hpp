// A supervisor's two conversations with the daemon: the stream of orders and the acknowledgements.
#pragma once

#include <string>

#include "sre/runtime/detail/event_mailbox.hpp"
#include "sre/runtime/detail/supervision.hpp"
#include "sre/runtime/http.hpp"
#include "sre/runtime/io_threads.hpp"
#include "sre/runtime/process_supervisor.hpp"

namespace fusebox::runtime::detail {

// A stream without a byte for so long counts as lost. The daemon's heartbeats come more often.
inline constexpr Duration kStreamSilence = std::chrono::seconds{20};
inline constexpr Duration kAcknowledgementTimeout = std::chrono::seconds{2};

// Posts what happens to the mailbox, on an I/O thread. Both are outlived by `io`'s threads only
// until io.stop(), which must come first. Called from one thread.
class DaemonLink {
 public:
  DaemonLink(IoThreads& io, EventMailbox& mailbox, const SupervisedCommand& command);

  // Registers, and reads orders until the stream ends: LinkLost or Refused is its last event.
  void connect();
  // Acknowledged follows.
  void acknowledge(const effect::Acknowledge& acknowledgement);

 private:
  IoThreads& io_;
  EventMailbox& mailbox_;
  const Endpoint server_;
  const std::string registration_;
  HttpHeaders headers_;
};

}  // namespace fusebox::runtime::detail
