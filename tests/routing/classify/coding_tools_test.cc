#include "routing/classify/coding_tools.h"

#include <gtest/gtest.h>

#include <string>

namespace headgate::routing {
namespace {

TEST(CodingTools, one_certain_or_two_shared_names) {
  struct Case {
    std::vector<std::string_view> names;
    bool expected;
  };
  const Case cases[] = {
      {{}, false},
      {{"get_weather", "send_mail"}, false},
      {{"apply_patch"}, true},
      {{"str_replace"}, true},
      {{"str_replace_based_edit_tool"}, true},
      {{"get_weather", "Bash"}, true},
      {{"shell"}, true},
      {{"edit-file"}, true},
      {{"editFile"}, true},
      {{"run_terminal_cmd"}, true},
      {{"read_file"}, false},
      {{"read_file", "list_dir"}, true},
      {{"read_file", "readFile"}, false},
      {{"Read", "Grep"}, true},
      {{"mcp__fs__read_file", "mcp__fs__write"}, true},
      {{"functions.apply_patch"}, true},
      {{"bash_history_of_the_bourne_again_shell"}, false},
      {{"seashell"}, false},
      {{""}, false},
      {{"__"}, false},
  };
  for (const Case& c : cases) {
    EXPECT_EQ(AreCodingTools(c.names), c.expected) << (c.names.empty() ? "" : c.names.front());
  }
}

TEST(CodingTools, only_the_first_names_are_looked_at) {
  std::vector<std::string_view> names(64, "lookup");
  names.push_back("apply_patch");
  EXPECT_FALSE(AreCodingTools(names));
  names[63] = "apply_patch";
  EXPECT_TRUE(AreCodingTools(names));
}

}  // namespace
}  // namespace headgate::routing
