#pragma once

namespace headgate::routing {

// Whether what the user said last has too little evidence of its own - "yes", "now in German", "fix
// it" - so that it is about whatever the conversation was about: up to three words always, up to
// eight (syllables, where a script has no blanks) unless the model is very sure of them. Pure.
constexpr bool IsBareFollowUp(int words, float confidence) {
  constexpr int kBare = 3;
  constexpr int kShort = 8;
  constexpr float kVerySure = 0.9f;
  return words <= kBare || (words <= kShort && confidence < kVerySure);
}

}  // namespace headgate::routing
