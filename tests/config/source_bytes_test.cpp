// A configuration that was kept beside its state comes back as it was.
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "sre/config/load.hpp"
#include "sre/config/source.hpp"
#include "tests/config/support.hpp"

namespace fusebox::config {
namespace {

const std::vector<Source> kSources{{"/etc/fusebox/a.yaml",
                                    "apiVersion: fusebox/v1\nkind: Breaker\nmetadata: {name: x}\n"
                                    "spec: {key: [agent], consecutive_failures: 3}\n"},
                                   {"b.yaml", std::string("# \0 \xC3\xA4\n", 7)},
                                   {"", ""}};

TEST(PackedSources, ComeBackAsTheyWere) {
  for (std::size_t count = 0; count <= kSources.size(); ++count) {
    const std::vector<Source> sources(kSources.begin(),
                                      kSources.begin() + static_cast<std::ptrdiff_t>(count));
    const auto unpacked = unpack_sources(pack_sources(sources));
    ASSERT_TRUE(unpacked.has_value());
    EXPECT_EQ(*unpacked, sources);
  }
}

TEST(PackedSources, LoadToTheSameConfiguration) {
  Diagnostics diagnostics;
  const auto unpacked = unpack_sources(pack_sources({kSources[0]}));
  ASSERT_TRUE(unpacked.has_value());
  const auto configuration = load(*unpacked, diagnostics);
  ASSERT_TRUE(configuration.has_value()) << format_all(diagnostics);
  EXPECT_EQ(configuration->engine.breakers.at(0).consecutive_failures, 3u);
}

TEST(PackedSources, AreRefusedWhenCutAnywhere) {
  const std::string bytes = pack_sources(kSources);
  for (std::size_t size = 0; size < bytes.size(); ++size) {
    const auto unpacked = unpack_sources(std::string_view(bytes).substr(0, size));
    ASSERT_FALSE(unpacked.has_value()) << size;
    EXPECT_EQ(unpacked.error().code, ErrorCode::StateCorrupt);
  }
}

TEST(PackedSources, AreRefusedWithAnythingBehindThem) {
  EXPECT_FALSE(unpack_sources(pack_sources(kSources) + "x").has_value());
}

}  // namespace
}  // namespace fusebox::config
