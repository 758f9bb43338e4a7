#pragma once

#include <vector>

#include "routing/training/example.h"

namespace headgate::routing {

// Which of the texts come from a template: copies, and texts of which at least half of the runs of
// three words also occur in two other texts of their source. If such texts are held out, the model
// has seen nearly every word of them in its place, so its accuracy on them proves nothing.
//
// In the corpora of docs/topic-model.md, at most 10 % of the texts that people wrote are taken for
// templates (nl2bash), and under 3 % in most sources. Of texts composed from sentence forms it is
// 20 to 92 %. Texts in languages without blanks between words are only compared as a whole. Pure.
std::vector<bool> TemplatedTexts(const std::vector<Example>& examples);

}  // namespace headgate::routing
