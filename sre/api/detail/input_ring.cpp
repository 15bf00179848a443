#include "sre/api/detail/input_ring.hpp"

#include <algorithm>
#include <utility>

#include "sre/runtime/durable_engine.hpp"
#include "telemetry/input_codec.hpp"

namespace fusebox::api::detail {
namespace {

constexpr std::size_t kChunkBytes = std::size_t{256} << 10;

void decode_all(std::string_view frames, telemetry::InputDecoder& decoder,
                const std::function<void(const telemetry::Input&)>& visit) {
  while (const auto bytes = runtime::take_input(frames)) {
    const auto input = decoder.decode(*bytes);
    if (input) visit(**input);
  }
}

}  // namespace

void InputRing::add(std::string_view frame) {
  const std::lock_guard lock(mutex_);
  if (open_.size() + frame.size() > kChunkBytes && !open_.empty()) {
    Chunk next = empty_chunk();
    next->swap(open_);
    bytes_ += next->size();
    full_.push_back(std::move(next));
  }
  open_ += frame;
}

// The oldest one's memory again once the ring is full, unless somebody is reading it.
InputRing::Chunk InputRing::empty_chunk() {
  Chunk chunk;
  while (!full_.empty() && bytes_ + open_.size() > bytes_max_) {
    chunk = std::move(full_.front());
    full_.pop_front();
    bytes_ -= chunk->size();
  }
  if (!chunk || chunk.use_count() > 1) chunk = std::make_shared<std::string>();
  chunk->clear();
  chunk->reserve(kChunkBytes);
  return chunk;
}

InputRing::Parts InputRing::parts() const {
  const std::lock_guard lock(mutex_);
  return {{full_.begin(), full_.end()}, open_};
}

void InputRing::each(const std::function<void(const telemetry::Input&)>& visit) const {
  const Parts all = parts();
  telemetry::InputDecoder decoder;
  for (const auto& chunk : all.full) decode_all(*chunk, decoder, visit);
  decode_all(all.open, decoder, visit);
}

}  // namespace fusebox::api::detail
