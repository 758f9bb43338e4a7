#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "loadtest/load/traffic/scenario.h"

namespace headgate::loadtest::load {

// The size of a prompt for which the scenario says nothing.
inline constexpr std::size_t kUsualPromptBytes = 200;

// `bytes` of plausible prose, the same for the same seed.
std::string Prose(std::size_t bytes, std::uint64_t seed);

// The JSON body of one request. `messages` is the JSON of a whole messages array, which replaces
// the entry's text; if it is empty, the entry's text is sent.
std::string BodyOf(const MixEntry& entry, std::string_view messages, std::uint64_t seed);

// The same with `text` as the prompt.
std::string BodyOfText(const MixEntry& entry, const std::string& text);

// Request line, fields and body, ready to be sent. `host` is for the Host field; `base` is the path
// of --url, "" or "/v1"; `key` becomes a bearer token unless it is empty or the entry has its own.
std::string HttpRequest(const MixEntry& entry, std::string_view host, std::string_view base,
                        std::string_view key, std::string_view body);

}  // namespace headgate::loadtest::load
