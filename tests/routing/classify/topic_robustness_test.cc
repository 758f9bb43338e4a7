#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "config/base/text.h"
#include "routing/classify/classifier.h"
#include "tests/routing/fixture.h"

namespace headgate::routing {
namespace {

// Prompts as people type them, followed by the same prompts in other languages.
const std::vector<std::vector<std::string>> kPrompts = {
    {"Write a Python function that sorts a list",
     "Schreibe eine Python-Funktion, die eine Liste sortiert",
     "Écris une fonction Python qui trie une liste",
     "Escribe una función de Python que ordene una lista", "写一个 Python 函数，对列表排序",
     "Напиши функцию на Python, которая сортирует список"},
    {"How do I fix a null pointer exception in Java?",
     "Wie behebe ich eine NullPointerException in Java?",
     "Comment corriger une NullPointerException en Java ?",
     "¿Cómo arreglo una NullPointerException en Java?"},
    {"Write a SQL query that joins two tables",
     "Schreibe eine SQL-Abfrage, die zwei Tabellen verbindet",
     "Écris une requête SQL qui joint deux tables", "Escribe una consulta SQL que una dos tablas"},
    {"Explain how async and await work in JavaScript", "Erkläre async und await in JavaScript",
     "Explique async et await en JavaScript", "JavaScriptのasyncとawaitを説明してください"},
    {"How do I list all Docker containers?", "Wie liste ich alle Docker-Container auf?",
     "Comment lister tous les conteneurs Docker ?", "如何列出所有 Docker 容器？"},
    {"Write a bash script that renames all files in a folder"},
    {"Why does my React component render twice?"},
    {"Create a Dockerfile for a Node.js application"},
    {"What is the difference between an abstract class and an interface in C#?"},
    {"Refactor this code to use dependency injection"},
    {"Write unit tests for a function that parses dates"},
    {"How can I speed up a slow PostgreSQL query?"},
    {"Write a poem about the sea", "Schreibe ein Gedicht über das Meer",
     "Écris un poème sur la mer", "Escribe un poema sobre el mar", "写一首关于大海的诗",
     "Напиши стихотворение о море"},
    {"What should I cook for dinner tonight?", "Was soll ich heute Abend kochen?",
     "Que dois-je cuisiner ce soir ?", "¿Qué cocino esta noche?"},
    {"Who painted the Mona Lisa?", "Wer hat die Mona Lisa gemalt?", "Qui a peint la Joconde ?",
     "¿Quién pintó la Mona Lisa?"},
    {"Write an email to my boss asking for a day off"},
    {"Plan a weekend in Rome for two people"},
    {"What are the symptoms of the flu?"},
    {"Tell me a bedtime story about a dragon"},
    {"Give me tips for a job interview as a nurse"},
    {"Summarise the history of the Roman Empire"},
    {"Recommend a good novel for a long train journey"},
    {"What is the capital of Australia?", "Was ist die Hauptstadt von Australien?",
     "Quelle est la capitale de l'Australie ?", "澳大利亚的首都是哪里？"},
    {"Write a speech for the wedding of my best friend"},
    {"Solve the equation 3x + 5 = 20", "Löse die Gleichung 3x + 5 = 20",
     "Résous l'équation 3x + 5 = 20", "Resuelve la ecuación 3x + 5 = 20", "解方程 3x + 5 = 20",
     "Реши уравнение 3x + 5 = 20"},
    {"What is the derivative of x^2 sin(x)?", "Was ist die Ableitung von x^2 sin(x)?",
     "Quelle est la dérivée de x^2 sin(x) ?", "¿Cuál es la derivada de x^2 sin(x)?"},
    {"Calculate the area of a circle with radius 7",
     "Berechne die Fläche eines Kreises mit Radius 7", "Calcule l'aire d'un cercle de rayon 7",
     "Calcula el área de un círculo de radio 7"},
    {"Prove that the square root of 2 is irrational",
     "Beweise, dass die Wurzel aus 2 irrational ist"},
    {"A shop sells 3 apples for 2 dollars. How much do 12 apples cost?"},
    {"What is the probability of two heads in three coin tosses?"},
    {"Find the greatest common divisor of 84 and 126"},
    {"If 5 workers need 8 days, how long do 10 workers need?"},
};

using Change = std::function<std::string(const std::string&)>;

std::string Cased(std::string text, char first, int step) {
  for (char& c : text) {
    if (c >= first && c < first + 26) c = static_cast<char>(c + step);
  }
  return text;
}

const std::map<std::string, Change> kChanges = {
    {"upper case", [](const std::string& text) { return Cased(text, 'a', -32); }},
    {"lower case", [](const std::string& text) { return Cased(text, 'A', 32); }},
    {"white space",
     [](const std::string& text) {
       std::string out = "\n\n  ";
       for (const char c : text) out += c == ' ' ? std::string("  ") : std::string(1, c);
       return out + "  \n\n";
     }},
    {"please",
     [](const std::string& text) {
       return "Please " + Cased(text.substr(0, 1), 'A', 32) + text.substr(1);
     }},
    {"thanks", [](const std::string& text) { return text + " Thanks!"; }},
};

TEST(TopicRobustness, the_form_of_a_prompt_does_not_change_its_topic) {
  int all = 0;
  int kept = 0;
  std::string lost;
  const auto count = [&](Topic topic, const Signals& signals, std::string_view what) {
    ++all;
    const bool same = Classify(signals, HintTrust{}).topic == topic;
    kept += same ? 1 : 0;
    if (!same) lost += "\n" + std::string(what);
  };
  for (const std::vector<std::string>& prompts : kPrompts) {
    const std::string& prompt = prompts.front();
    const Topic topic = Classify(Chat({{Role::kUser, prompt}}), HintTrust{}).topic;
    for (const auto& [name, change] : kChanges) {
      const std::string changed = change(prompt);
      count(topic, Chat({{Role::kUser, changed}}), config::Concat(name, ": ", prompt));
    }
    count(topic,
          Chat({{Role::kSystem,
                 "You are a helpful assistant of a large company. Answer in the "
                 "language of the user, in at most two paragraphs."},
                {Role::kUser, prompt}}),
          prompt);
    for (const std::string& translated : prompts) {
      count(topic, Chat({{Role::kUser, translated}}), translated);
    }
  }
  EXPECT_GE(all, 250);
  EXPECT_GE(kept, all * 97 / 100) << kept << " of " << all << ", not" << lost;
}

// A fence means code with or without the name of a language.
TEST(TopicRobustness, a_fence_needs_no_language) {
  const std::string code = "\ndef total(items):\n    return sum(i.price for i in items)\n```\n";
  for (const std::string language : {"python", ""}) {
    const std::string text = config::Concat("What does this do?\n```", language, code);
    EXPECT_EQ(Classify(Chat({{Role::kUser, text}}), HintTrust{}).topic, Topic::kCode) << language;
  }
}

}  // namespace
}  // namespace headgate::routing
