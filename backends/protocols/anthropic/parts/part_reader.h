#pragma once

#include <simdjson.h>

#include <cstdint>
#include <string_view>
#include <vector>

#include "backends/protocols/anthropic/parts/member_walk.h"
#include "backends/protocols/values/conversation.h"

namespace headgate::backends::anthropic {

// Where content stands, which decides what it may be.
enum class PartPlace : std::uint8_t { kSystem, kUser, kAssistant, kToolResult };

// Reads content of a request: a string, or a list of blocks. Blocks of server tools and files of
// the provider are refused. Worker-bound; one use.
class PartReader {
 public:
  using Value = simdjson::ondemand::value;

  explicit PartReader(MemberWalk& walk) : walk_(walk) {}

  // Appends the parts. Returns false with the walk's problem() set.
  bool Content(Value value, PartPlace place, std::vector<ContentPart>& parts);

 private:
  bool Block(Value value, PartPlace place, std::vector<ContentPart>& parts);
  bool Member(std::string_view type, std::string_view key, Value value, ContentPart& part);
  bool FileMember(std::string_view type, std::string_view key, Value value, ContentPart& part);
  bool CallMember(std::string_view key, Value value, ContentPart& part);
  bool ResultMember(std::string_view key, Value value, ContentPart& part);
  bool ThoughtMember(std::string_view key, Value value, ContentPart& part);
  bool OtherMember(std::string_view key, Value value, ContentPart& part);
  bool Source(Value value, ContentPart& part);
  bool SourceMember(std::string_view type, std::string_view key, Value value, ContentPart& part);
  bool JoinedTexts(Value value, ContentPart& part);
  bool IsWhole(std::string_view type, ContentPart& part);

  MemberWalk& walk_;
};

}  // namespace headgate::backends::anthropic
