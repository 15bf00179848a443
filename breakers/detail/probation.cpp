#include "breakers/detail/probation.hpp"

namespace fusebox::breakers::detail {

void Probation::begin() {
  in_flight_.clear();
  last_serial_ = 0;
  answered_ = 0;
  results_ = {};
}

std::optional<Instant> Probation::oldest() const {
  if (in_flight_.empty()) return std::nullopt;
  return in_flight_.front().sent;
}

std::uint32_t Probation::send(Instant now) {
  in_flight_.push_back({.serial = ++last_serial_, .sent = now});
  return last_serial_;
}

bool Probation::cancel(std::uint32_t serial) {
  const auto found = std::find_if(in_flight_.begin(), in_flight_.end(),
                                  [serial](const Probe& probe) { return probe.serial == serial; });
  if (found == in_flight_.end()) return false;
  in_flight_.erase(found);
  return true;
}

bool Probation::answer(std::uint32_t serial, CallMark mark) {
  if (!cancel(serial)) return false;
  ++answered_;
  results_.add(mark);
  return true;
}

void Probation::save(ArchiveWriter& archive) const {
  archive(in_flight_, last_serial_, answered_, results_);
}

void Probation::restore(ArchiveReader& archive, std::uint32_t probes) {
  begin();
  archive(in_flight_, last_serial_, answered_, results_);
  if (!archive.failed() && plausible(probes)) return;
  archive.fail();
  begin();
}

bool Probation::plausible(std::uint32_t probes) const {
  for (std::size_t i = 1; i < in_flight_.size(); ++i) {
    const Probe& before = in_flight_[i - 1];
    const Probe& after = in_flight_[i];
    if (before.serial >= after.serial || before.sent > after.sent) return false;
  }
  if (!in_flight_.empty()) {
    if (in_flight_.front().sent < Instant{}) return false;  // before the first instant
    if (in_flight_.back().serial > last_serial_) return false;
  }
  // An episode ends with its last result, so `probes` of them never stand here.
  return results_.plausible() && results_.calls < probes && answered_ <= results_.calls &&
         slots_taken() <= probes;
}

}  // namespace fusebox::breakers::detail
