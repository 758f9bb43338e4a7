#pragma once

#include <boost/json/object.hpp>
#include <string>
#include <vector>

#include "routing/training/evaluation.h"
#include "routing/training/example.h"

namespace headgate::gateway {

// What `headgate evaluate` prints beside routing::Table. `examples` are those of the evaluation.
// Pure; each text ends with a line break or is empty.

// The figures of routing::Table, for programs. A share of no texts is null.
boost::json::object EvaluationJson(const routing::Evaluation& evaluation);

// The texts with a wrong answer, the surest first: label, answer, confidence and text.
std::string WrongTexts(const routing::Evaluation& evaluation,
                       const std::vector<routing::Example>& examples);
boost::json::array WrongTextsJson(const routing::Evaluation& evaluation,
                                  const std::vector<routing::Example>& examples);

// The texts whose topic differs between two models, and how many answers become right and wrong.
// An abstention counts as general, as it does for requests.
std::string ChangedTexts(const routing::Evaluation& before, const routing::Evaluation& after,
                         const std::vector<routing::Example>& examples);
boost::json::array ChangedTextsJson(const routing::Evaluation& before,
                                    const routing::Evaluation& after,
                                    const std::vector<routing::Example>& examples);

}  // namespace headgate::gateway
