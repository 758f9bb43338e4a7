#include <gtest/gtest.h>

#include <set>
#include <string>

#include "backends/protocols/anthropic/parts/part_writer.h"

namespace headgate::backends::anthropic {
namespace {

struct CallIdRow {
  std::string id;
  std::string written;
};

const CallIdRow kCallIdRows[] = {
    {"toolu_01-Az", "toolu_01-Az"},
    {"functions.f:0", "hgid_functions_2ef_3a0"},
    {"hgid_a", "hgid_hgid_5fa"},
    {"functions_f:0", "hgid_functions_5ff_3a0"},
    {"a b\"\n", "hgid_a_20b_22_0a"},
    {"\xC3\xA9", "hgid__c3_a9"},
    {"", "hgid_"},
};

TEST(MessagesCallId, TakesOnlyWhatAnthropicTakes) {
  for (const CallIdRow& row : kCallIdRows) EXPECT_EQ(MessagesCallId(row.id), row.written);
}

TEST(MessagesCallId, KeepsDistinctIdsDistinct) {
  std::set<std::string> ids;
  std::set<std::string> written;
  for (const CallIdRow& row : kCallIdRows) {
    for (const std::string& id : {row.id, row.written, MessagesCallId(row.written)}) {
      if (ids.insert(id).second) written.insert(MessagesCallId(id));
    }
  }
  EXPECT_EQ(written.size(), ids.size());
}

// So that they still belong together.
TEST(MessagesCallId, CallsAndResultsAreWrittenAlike) {
  for (const CallIdRow& row : kCallIdRows) {
    ContentPart part;
    part.id = row.id;
    part.kind = ContentPart::Kind::kToolCall;
    std::string out;
    EXPECT_FALSE(AppendBlock(part, out));
    part.kind = ContentPart::Kind::kToolResult;
    EXPECT_FALSE(AppendBlock(part, out));
    EXPECT_NE(out.find(R"("id":")" + row.written + '"'), std::string::npos) << out;
    EXPECT_NE(out.find(R"("tool_use_id":")" + row.written + '"'), std::string::npos) << out;
  }
}

}  // namespace
}  // namespace headgate::backends::anthropic
