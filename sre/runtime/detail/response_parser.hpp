// Bytes in, answers out: the client's half of HTTP, by Beast's parser.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string_view>

#include "sre/runtime/http.hpp"

namespace fusebox::runtime::detail {

struct AnswerLimits {
  std::size_t header_bytes_max = std::size_t{64} * 1024;
  std::uint64_t body_bytes_max = 64 << 20;
};

// Reads one answer; answers of status 1xx before it are passed over.
class ResponseParser {
 public:
  enum class State : std::uint8_t { NeedMore, Complete, Failed };
  struct Step {
    std::size_t used;
    State state;
  };

  // `head`: the answer to HEAD, whose length says nothing about what follows.
  ResponseParser(const AnswerLimits& limits, bool head);
  ~ResponseParser();

  // As RequestParser::put.
  [[nodiscard]] Step put(std::string_view bytes);
  // The connection ended: Complete for an answer that ends that way, else Failed.
  [[nodiscard]] State put_end();

  [[nodiscard]] bool started() const;
  [[nodiscard]] bool header_done() const;
  [[nodiscard]] bool keep_alive() const;  // once header_done()
  // As far as it has come; the body may be taken out in between.
  [[nodiscard]] HttpResponse& response();

 private:
  class Reader;
  AnswerLimits limits_;
  bool head_;
  std::unique_ptr<Reader> reader_;
};

}  // namespace fusebox::runtime::detail
