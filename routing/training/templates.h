#pragma once

#include <vector>

#include "routing/training/example.h"

namespace headgate::routing {

// Which of the texts are cut from a template: copies, and texts of which at least half of the runs
// of three words stand in two other texts of their source too. Of a tenth of such texts that is
// held out a model has seen nearly every word in its place, so being right about them proves
// nothing.
//
// Of the texts that people wrote in the corpora of docs/topic-model.md at most 10 % are taken for
// templates (nl2bash), of most sources under 3 %; of texts composed from sentence forms 20 to 92 %.
// Languages without blanks between words are only compared as a whole. Pure.
std::vector<bool> TemplatedTexts(const std::vector<Example>& examples);

}  // namespace headgate::routing
