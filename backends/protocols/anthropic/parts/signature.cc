#include "backends/protocols/anthropic/parts/signature.h"

#include <array>

namespace headgate::backends::anthropic {
namespace {

struct ProtocolMark {
  ChatProtocol protocol;
  std::string_view mark;
};

constexpr std::array kProtocolMarks = {
    ProtocolMark{ChatProtocol::kChatCompletions, "hg1.chat."},
    ProtocolMark{ChatProtocol::kResponses, "hg1.responses."},
    ProtocolMark{ChatProtocol::kMessages, "hg1.messages."},
};

}  // namespace

std::string_view SignatureMark(ChatProtocol protocol) {
  if (protocol == ChatProtocol::kMessages) return {};
  for (const ProtocolMark& row : kProtocolMarks) {
    if (row.protocol == protocol) return row.mark;
  }
  return {};
}

Signature ReadSignature(std::string_view text) {
  for (const ProtocolMark& row : kProtocolMarks) {
    if (text.starts_with(row.mark)) {
      return {row.protocol, std::string(text.substr(row.mark.size()))};
    }
  }
  return {ChatProtocol::kMessages, std::string(text)};
}

}  // namespace headgate::backends::anthropic
