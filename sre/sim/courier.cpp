#include "sre/sim/courier.hpp"

namespace fusebox::sim {
namespace {

std::vector<std::size_t> targets_of(const chaos::Scenario& scenario, chaos::TargetKind kind) {
  std::vector<std::size_t> out;
  for (std::size_t i = 0; i < scenario.targets.size(); ++i) {
    if (scenario.targets[i].kind == kind) out.push_back(i);
  }
  return out;
}

}  // namespace

Courier::Courier(const Parts& parts)
    : parts_(parts),
      telemetry_targets_(targets_of(parts.scenario, chaos::TargetKind::Telemetry)),
      clock_targets_(targets_of(parts.scenario, chaos::TargetKind::Clock)) {}

void Courier::send(Work work, const Membership& sender, Instant now) {
  if (work.is_task) work.ended = stamp(work, sender, now);
  const Impairment met = parts_.injections.meet({telemetry_targets_, sender, {}, {}}, now);
  if (met.lost) return;
  if (met.telemetry_held > Duration::zero()) return hold(work, now + met.telemetry_held);
  deliver(work, now);
  if (met.twice) deliver(work, now);
}

Instant Courier::stamp(const Work& work, const Membership& sender, Instant now) {
  if (clock_targets_.empty()) return work.ended;
  return work.ended + parts_.injections.meet({clock_targets_, sender, {}, {}}, now).clock_off;
}

void Courier::deliver(const Work& work, Instant now) {
  const bool counted = work.is_task ? parts_.governor.event(parts_.forms.event(work), now)
                                    : parts_.governor.report(parts_.forms.report(work), now);
  if (counted) parts_.witness.deliver(parts_.forms.event(work), work.subject.arm, now);
}

void Courier::hold(const Work& work, Instant until) {
  auto parcel = static_cast<std::uint32_t>(parcels_.size());
  if (free_.empty()) {
    parcels_.emplace_back();
  } else {
    parcel = free_.back();
    free_.pop_back();
  }
  parcels_[parcel] = {work, true};
  ++held_;
  parts_.agenda.push(until, {.subject = parcel, .epoch = 0, .kind = DueKind::Delivery});
}

// A parcel that was released early comes up once more, empty, and is free only then.
void Courier::deliver_late(std::uint32_t parcel, Instant now) {
  if (parcels_[parcel].waiting) {
    --held_;
    parcels_[parcel].waiting = false;
    deliver(parcels_[parcel].work, now);
  }
  free_.push_back(parcel);
}

void Courier::release(Instant now) {
  for (Parcel& parcel : parcels_) {
    if (!parcel.waiting) continue;
    parcel.waiting = false;
    --held_;
    deliver(parcel.work, now);
  }
}

}  // namespace fusebox::sim
