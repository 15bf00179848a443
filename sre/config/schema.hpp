// JSON Schemas of configuration documents, for editors that complete and check while one types.
#pragma once

#include <string>
#include <vector>

namespace fusebox::config {

struct SchemaFile {
  std::string name;  // "scenario.schema.json"
  std::string json;  // draft 2020-12, one line
};

// One for each kind whose keys and values it can say in full: today `Scenario`. What it says and
// what the reader takes come from the same tables of keys; rules that need several sections are
// `fusebox validate`'s alone.
[[nodiscard]] std::vector<SchemaFile> json_schemas();

}  // namespace fusebox::config
