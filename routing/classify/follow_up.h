#pragma once

namespace headgate::routing {

// Whether the last message of the user ("yes", "now in German", "fix it") has too little evidence
// of its own, so that it gets the topic of the conversation. Up to three words always; up to eight
// words (syllables in scripts without blanks) unless the model is very sure. Pure.
constexpr bool IsBareFollowUp(int words, float confidence) {
  constexpr int kBare = 3;
  constexpr int kShort = 8;
  constexpr float kVerySure = 0.9f;
  return words <= kBare || (words <= kShort && confidence < kVerySure);
}

}  // namespace headgate::routing
