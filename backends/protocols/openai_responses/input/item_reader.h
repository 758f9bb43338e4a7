#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "backends/protocols/openai_responses/input/body_reading.h"
#include "backends/protocols/openai_responses/input/tool_reader.h"
#include "backends/protocols/values/conversation.h"

namespace headgate::backends::openai_responses {

// Reads the `input` of a request as turns. Items of one turn come one after another: what the
// assistant thought, said and called is one turn, and so are the results of its calls. Messages of
// the system ahead of all others belong to what the system says. One use.
class ItemReader {
 public:
  // Lists of tools among the items go to `tools`.
  ItemReader(BodyReading& reading, ToolReader& tools, Conversation& conversation)
      : reading_(reading), tools_(tools), conversation_(conversation) {}

  bool Read(std::string_view input);

 private:
  bool ReadItem(std::string_view value, const std::string& path);
  bool ReadMessage(const json::Members& members, const std::string& path);
  bool ReadCall(const json::Members& members, const std::string& path, bool custom);
  bool ReadResult(const json::Members& members, const std::string& path);
  bool ReadThought(const json::Members& members, const std::string& path);
  bool ReadThoughtTexts(std::string_view value, const std::string& path, ContentPart& thought);
  bool ReadOther(std::string_view type, const json::Members& members, const std::string& path);

  bool ReadContent(std::string_view value, const std::string& path,
                   std::vector<ContentPart>& parts);
  bool ReadPart(std::string_view value, const std::string& path, ContentPart& part);
  bool ReadImage(const json::Members& members, const std::string& path, ContentPart& part);
  bool ReadFile(const json::Members& members, const std::string& path, ContentPart& part);
  // Splits a data URL into the type and the data of `part`.
  bool ReadDataUrl(std::string_view url, const std::string& path, ContentPart& part);

  std::vector<ContentPart>& AssistantParts();

  BodyReading& reading_;
  ToolReader& tools_;
  Conversation& conversation_;
};

}  // namespace headgate::backends::openai_responses
