#include "sre/config/token_files.hpp"

#include <filesystem>
#include <fstream>
#include <optional>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "tests/config/support.hpp"

namespace fusebox::config {
namespace {

namespace fs = std::filesystem;

// A folder of its own for each test, gone afterwards.
class TokenFiles : public testing::Test {
 public:
  TokenFiles() {
    const auto* test = testing::UnitTest::GetInstance()->current_test_info();
    folder_ = fs::path(testing::TempDir()) / ("fusebox_tokens_" + std::string(test->name()));
    fs::remove_all(folder_);
    fs::create_directories(folder_);
  }
  ~TokenFiles() override { fs::remove_all(folder_); }

 protected:
  // A token in a file of its name; without a text there is no file.
  void add(const std::string& name, const std::optional<std::string>& text) {
    if (text) std::ofstream(folder_ / name, std::ios::binary) << *text;
    const Place at{"x.yaml", auth_.tokens.size() + 1, 1};
    auth_.tokens.push_back({.name = name,
                            .role = Role::Agent,
                            .agents = {"bot*"},
                            .tenants = {"acme"},
                            .secret = TokenFile{.path = (folder_ / name).string(), .at = at}});
  }
  void add_digest(const std::string& name, const std::string& token) {
    auth_.tokens.push_back({.name = name,
                            .role = Role::Admin,
                            .agents = {},
                            .tenants = {},
                            .secret = killswitch::sha256(token)});
  }

  std::vector<Token> read(Severity severity = Severity::Error) {
    return read_tokens(auth_, severity, diagnostics_);
  }
  [[nodiscard]] std::string complaint() const {
    std::string text = format_all(diagnostics_);
    const std::string folder = folder_.string();
    for (auto at = text.find(folder); at != std::string::npos; at = text.find(folder)) {
      text.replace(at, folder.size(), "DIR");
    }
    return text;
  }

  fs::path folder_;
  AuthSettings auth_{.mode = AuthMode::Tokens, .tokens = {}};
  Diagnostics diagnostics_;
};

TEST_F(TokenFiles, AreKnownByTheirDigest) {
  add("plain", "secret-1");
  add("line", "secret-2\n");
  add("windows", "secret-3\r\n");
  add_digest("digest", "secret-4");
  const auto tokens = read();
  ASSERT_EQ(tokens.size(), 4u);
  for (std::size_t i = 0; i < tokens.size(); ++i) {
    EXPECT_EQ(tokens[i].digest, killswitch::sha256("secret-" + std::to_string(i + 1)));
  }
  EXPECT_EQ(complaint(), "");
}

TEST_F(TokenFiles, KeepWhatTheConfigurationSays) {
  add("bots", "secret");
  const auto tokens = read();
  ASSERT_EQ(tokens.size(), 1u);
  EXPECT_EQ(tokens[0].name, "bots");
  EXPECT_EQ(tokens[0].role, Role::Agent);
  EXPECT_EQ(tokens[0].agents, std::vector<std::string>{"bot*"});
  EXPECT_EQ(tokens[0].tenants, std::vector<std::string>{"acme"});
}

TEST_F(TokenFiles, AMissingOneIsReportedAtItsPlaceAndLeftOut) {
  add("here", "secret");
  add("gone", std::nullopt);
  EXPECT_EQ(read().size(), 1u);
  EXPECT_EQ(complaint(), "x.yaml:2:1: error[E0009]: token file DIR/gone cannot be read\n");
}

TEST_F(TokenFiles, AreNoticesWhereTheyAreOnlyChecked) {
  add("gone", std::nullopt);
  EXPECT_TRUE(read(Severity::Notice).empty());
  EXPECT_EQ(complaint(), "x.yaml:1:1: notice[E0009]: token file DIR/gone cannot be read\n");
  EXPECT_FALSE(diagnostics_.has_errors());
}

TEST_F(TokenFiles, WithAnythingButOneTokenAreRefusedAndNotQuoted) {
  const std::string longest(kTokenBytesMax, 'x');
  add("longest", longest + "\r\n");
  ASSERT_EQ(read().size(), 1u);
  const std::vector<std::string> wrong{"",
                                       "\n",
                                       "two words",
                                       "two\nlines\n",
                                       "a\n\n",
                                       " a",
                                       "a\xC3\xA4",
                                       longest + "x",
                                       longest + "x\n",
                                       longest + "xxxx",
                                       std::string("a\0b", 3)};
  for (const std::string& text : wrong) {
    auth_.tokens.clear();
    diagnostics_ = {};
    add("wrong", text);
    EXPECT_TRUE(read().empty()) << text;
    EXPECT_EQ(complaint(),
              "x.yaml:1:1: error[E0106]: token file DIR/wrong holds no token; expected one line of "
              "1 to 1024 printable characters without blanks\n");
  }
}

TEST_F(TokenFiles, AFolderIsNoToken) {
  fs::create_directories(folder_ / "folder");
  add("folder", std::nullopt);
  EXPECT_TRUE(read().empty());
  EXPECT_EQ(complaint(), "x.yaml:1:1: error[E0009]: token file DIR/folder cannot be read\n");
}

// Two people are needed to re-arm, so one secret must not be two of them.
TEST_F(TokenFiles, OneSecretUnderTwoNamesIsReported) {
  add("alice", "same\n");
  add("bob", "other");
  add("carol", "same");
  add_digest("dave", "other");
  static_cast<void>(read());
  EXPECT_EQ(complaint(),
            "x.yaml:3:1: error[E0106]: `alice` and `carol` have the same token; expected a token "
            "of its own for each name\n"
            "x.yaml:2:1: error[E0106]: `bob` and `dave` have the same token; expected a token of "
            "its own for each name\n");
}

}  // namespace
}  // namespace fusebox::config
