#pragma once

#include <span>
#include <string_view>

#include "backends/protocols/values/conversation.h"

namespace headgate::backends::contract {

// Something that a conversation may have.
struct Feature {
  std::string_view name;
  void (*add)(Conversation& conversation);
};

// All of them. Features of one member, such as the choices of a tool, exclude each other: the later
// one counts.
std::span<const Feature> Features();

// A conversation of one question.
Conversation PlainConversation();

}  // namespace headgate::backends::contract
