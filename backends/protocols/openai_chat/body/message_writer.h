#pragma once

#include <cstddef>
#include <deque>
#include <string>
#include <string_view>
#include <vector>

#include "backends/protocols/translation/translation.h"
#include "backends/protocols/values/conversation.h"

namespace headgate::backends::openai_chat {

// Writes the turns of a conversation as messages. Each result of a tool becomes a message of its
// own, right behind the calls. Images of results stand in the user's message that follows all
// results, because a tool's message takes text only. One use.
class MessageWriter {
 public:
  MessageWriter(const Conversation& conversation, const BackendTraits& traits,
                DroppedFields& dropped, std::string& out)
      : conversation_(conversation), traits_(traits), dropped_(dropped), out_(out) {}

  // Appends the array. Returns false if a document is an address.
  bool Write();

 private:
  using Parts = std::vector<const ContentPart*>;

  void BeginMessage(std::string_view role);
  void WriteSystem(const std::vector<ContentPart>& texts);
  void WriteUsers(std::size_t begin, std::size_t end);
  void WriteToolResult(const ContentPart& result, std::deque<ContentPart>& notes, Parts& moved);
  void WriteUser(const Parts& all);
  void WriteAssistant(const Turn& turn);
  void WriteThoughts(const Turn& turn);
  void WriteCalls(const Turn& turn);
  void WritePart(const ContentPart& part);
  void WriteImage(const ContentPart& image);
  void WriteDocument(const ContentPart& document);
  void Drop(ConversationField field);
  void DropCacheControl(const ContentPart& part);

  const Conversation& conversation_;
  const BackendTraits& traits_;
  DroppedFields& dropped_;
  std::string& out_;
  bool first_ = true;
  bool good_ = true;
};

}  // namespace headgate::backends::openai_chat
