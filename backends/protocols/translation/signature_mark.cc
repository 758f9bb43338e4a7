#include "backends/protocols/translation/signature_mark.h"

#include <openssl/sha.h>

#include <algorithm>
#include <array>
#include <cstddef>

#include "config/base/text.h"

namespace headgate::backends {
namespace {

constexpr std::size_t kOriginDigits = 8;

struct ProtocolMark {
  ChatProtocol protocol;
  std::string_view mark;
};
constexpr std::array kProtocolMarks = {
    ProtocolMark{ChatProtocol::kChatCompletions, "hg1.chat."},
    ProtocolMark{ChatProtocol::kMessages, "hg1.messages."},
    ProtocolMark{ChatProtocol::kResponses, "hg1.responses."},
};

bool IsOrigin(std::string_view text) {
  return text.size() == kOriginDigits &&
         std::all_of(text.begin(), text.end(), [](char c) { return config::IsHexDigit(c); });
}

}  // namespace

std::string SignatureOrigin(std::string_view backend_name) {
  std::array<unsigned char, SHA256_DIGEST_LENGTH> digest{};
  SHA256(reinterpret_cast<const unsigned char*>(backend_name.data()), backend_name.size(),
         digest.data());
  std::string origin;
  for (std::size_t i = 0; i < kOriginDigits / 2; ++i) config::AppendHex(digest[i], origin);
  return origin;
}

std::string SignatureMark(ChatProtocol protocol, std::string_view origin) {
  std::string mark;
  for (const ProtocolMark& row : kProtocolMarks) {
    if (row.protocol == protocol) mark = row.mark;
  }
  if (!origin.empty()) mark.append(origin).append(".");
  return mark;
}

std::string SignatureFor(ChatProtocol client, std::string_view signature, ChatProtocol protocol,
                         const AnswerContext& context) {
  std::string text;
  if (signature.empty()) protocol = context.backend;
  const bool marked = protocol != client && !(signature.empty() && context.origin.empty());
  if (marked) text = SignatureMark(protocol, context.origin);
  return text.append(signature);
}

Signature ReadSignature(ChatProtocol protocol, std::string_view text) {
  for (const ProtocolMark& row : kProtocolMarks) {
    if (!text.starts_with(row.mark)) continue;
    text.remove_prefix(row.mark.size());
    Signature signature{.protocol = row.protocol};
    const bool named = text.size() > kOriginDigits && text[kOriginDigits] == '.' &&
                       IsOrigin(text.substr(0, kOriginDigits));
    if (named) {
      signature.origin = text.substr(0, kOriginDigits);
      text.remove_prefix(kOriginDigits + 1);
    }
    signature.text = text;
    return signature;
  }
  return {.protocol = protocol, .text = std::string(text)};
}

}  // namespace headgate::backends
