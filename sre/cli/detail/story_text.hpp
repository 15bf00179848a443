// A story (engine/story.hpp) for people: what it came to, then one line for each thing.
#pragma once

#include <string>

#include <boost/json/value.hpp>

namespace fusebox::cli {

// `story` is the answer of GET /v1/explain/{id}, or Story::json().
[[nodiscard]] std::string story_text(const boost::json::value& story, bool colour);

}  // namespace fusebox::cli
