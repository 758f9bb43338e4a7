#include "config/reader/yaml_document.h"

#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/mark.h>
#include <yaml-cpp/parser.h>

#include <algorithm>
#include <array>
#include <exception>
#include <map>
#include <sstream>
#include <utility>

#include "config/base/text.h"

namespace headgate::config {
namespace {

// Thrown to leave the parser from inside an event; ParseYaml catches it together with yaml-cpp's
// exceptions.
struct Refusal {
  int line;
  std::string path;
  std::string problem;
  std::string fix;
};

int LineOf(const YAML::Mark& mark) { return mark.line + 1; }

// The line with index `line`, which counts from 0; empty if there is none.
std::string_view LineAt(std::string_view text, int line) {
  for (; line > 0 && !text.empty(); --line) {
    text.remove_prefix(std::min(text.find('\n'), text.size() - 1) + 1);
  }
  return text.substr(0, text.find('\n'));
}

// Builds the tree from yaml-cpp's events. Events, not YAML::Node: a Node has already expanded
// aliases and lost duplicates and quotes.
class TreeBuilder final : public YAML::EventHandler {
 public:
  // `text` is the text being parsed; it must outlive the builder.
  TreeBuilder(std::string file, std::string_view text) : file_(std::move(file)), text_(text) {}

  void OnDocumentStart(const YAML::Mark& mark) override {
    if (documents_++ > 0) {
      Refuse(mark, "a second document begins here", "keep one document: remove the `---`");
    }
  }
  void OnDocumentEnd() override {}

  void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    RefuseAnchor(mark, anchor);
    if (ExpectsKey()) Refuse(mark, "a key is empty", "write a name before the colon");
    Add(YamlNode{.line = LineOf(mark)});
  }

  void OnAlias(const YAML::Mark& mark, YAML::anchor_t /*anchor*/) override { RefuseAlias(mark); }

  void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                const std::string& value) override {
    RefuseAnchor(mark, anchor);
    const bool quoted = tag == "!";
    if (!quoted) RefuseTag(mark, tag);
    if (ExpectsKey()) return TakeKey(mark, value);
    Add(YamlNode{
        .kind = YamlNode::Kind::kScalar, .line = LineOf(mark), .text = value, .quoted = quoted});
  }

  void OnSequenceStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                       YAML::EmitterStyle::value /*style*/) override {
    Open(mark, tag, anchor, YamlNode::Kind::kList);
  }
  void OnSequenceEnd() override { Close(); }

  void OnMapStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                  YAML::EmitterStyle::value /*style*/) override {
    Open(mark, tag, anchor, YamlNode::Kind::kMapping);
  }
  void OnMapEnd() override { Close(); }

  YamlNode TakeRoot() { return std::move(root_); }
  std::vector<Diagnostic> TakeDiagnostics() { return std::move(diagnostics_); }

  // The path of the current event: "routes[2].when".
  std::string Path() const {
    std::string path;
    for (const Frame& frame : frames_) {
      if (frame.node.kind == YamlNode::Kind::kList) {
        path += Concat("[", frame.node.children.size(), "]");
      } else if (frame.has_key) {
        path += Concat(path.empty() ? "" : ".", frame.key);
      }
    }
    return path;
  }

 private:
  struct Frame {
    YamlNode node;
    std::string key{};                   // of the entry whose value comes next
    std::map<std::string, int> lines{};  // of the keys so far
    int key_line = 0;
    bool has_key = false;
    bool drop = false;  // the entry repeats an earlier key
  };

  [[noreturn]] void Refuse(const YAML::Mark& mark, std::string problem, std::string fix) const {
    throw Refusal{LineOf(mark), Path(), std::move(problem), std::move(fix)};
  }

  [[noreturn]] void RefuseAlias(const YAML::Mark& mark) const {
    Refuse(mark, "is a YAML alias (*)",
           "write the value out; a text that begins with * needs quotes");
  }

  // To YAML, `api_key: {{ NAME }}` is a mapping whose key is a mapping.
  [[noreturn]] void RefuseKey(const YAML::Mark& mark) const {
    if (LineAt(text_, mark.line).find("{{") != std::string_view::npos) {
      Refuse(mark, "`{{` begins a template, and templates are not filled in",
             "write \"${NAME}\", in quotes, for a variable of the environment");
    }
    Refuse(mark, "a key is a list or a mapping", "write a plain name as the key");
  }

  void RefuseAnchor(const YAML::Mark& mark, YAML::anchor_t anchor) const {
    if (anchor == 0) return;
    Refuse(mark, "has a YAML anchor (&)",
           "write the value out; a text that begins with & needs quotes");
  }

  void RefuseTag(const YAML::Mark& mark, const std::string& tag) const {
    if (tag.empty() || tag == "?" || tag == "!") return;
    Refuse(mark, "has a YAML tag (!)", "remove the tag; a text that begins with ! needs quotes");
  }

  bool ExpectsKey() const {
    return !frames_.empty() && frames_.back().node.kind == YamlNode::Kind::kMapping &&
           !frames_.back().has_key;
  }

  void TakeKey(const YAML::Mark& mark, const std::string& key) {
    Frame& frame = frames_.back();
    frame.key = key;
    frame.key_line = LineOf(mark);
    frame.has_key = true;
    const auto [first, fresh] = frame.lines.emplace(key, frame.key_line);
    frame.drop = !fresh;
    if (fresh) return;
    diagnostics_.push_back({{file_, frame.key_line},
                            Path(),
                            Concat("appears twice (first on line ", first->second, ")"),
                            "remove or rename one of them"});
  }

  void Open(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
            YamlNode::Kind kind) {
    RefuseAnchor(mark, anchor);
    RefuseTag(mark, tag);
    if (ExpectsKey()) RefuseKey(mark);
    if (frames_.size() >= kMaxYamlDepth) {
      Refuse(mark, Concat("is nested deeper than ", kMaxYamlDepth, " levels"),
             "close the brackets, or flatten it");
    }
    frames_.push_back(Frame{.node = YamlNode{.kind = kind, .line = LineOf(mark)}});
  }

  void Close() {
    YamlNode node = std::move(frames_.back().node);
    frames_.pop_back();
    Add(std::move(node));
  }

  void Add(YamlNode node) {
    if (++nodes_ > kMaxYamlNodes) {
      throw Refusal{node.line, Path(), Concat("has more than ", kMaxYamlNodes, " values"),
                    "make the file smaller"};
    }
    if (frames_.empty()) {
      root_ = std::move(node);
      return;
    }
    Frame& frame = frames_.back();
    if (frame.node.kind == YamlNode::Kind::kMapping) {
      node.key = frame.key;
      node.line = frame.key_line;
      frame.has_key = false;
      if (frame.drop) return;
    }
    frame.node.children.push_back(std::move(node));
  }

  const std::string file_;
  const std::string_view text_;
  std::vector<Frame> frames_;
  YamlNode root_;
  std::vector<Diagnostic> diagnostics_;
  std::size_t nodes_ = 0;
  int documents_ = 0;
};

// yaml-cpp's messages, and what to tell somebody who edits a configuration.
struct Wording {
  std::string_view message;  // the beginning of yaml-cpp's message
  std::string_view problem;
  std::string_view fix;
};
constexpr std::array kWordings = {
    Wording{"end of map flow", "a mapping in {} is not closed, or a comma is missing",
            "separate the entries with commas and close it with }"},
    Wording{"end of sequence flow", "a list in [] is not closed, or a comma is missing",
            "separate the items with commas and close it with ]"},
    Wording{"illegal flow end", "a bracket closes what was not opened",
            "remove it, or open it with { or ["},
    Wording{"end of map", "the indentation does not fit the lines above",
            "indent all keys of one mapping alike, each as `key: value`"},
    Wording{"end of sequence", "the indentation does not fit the list above",
            "indent all items of one list alike, each beginning with `- `"},
    Wording{"illegal map value", "one line has two `: `",
            "quote the value, or write the inner mapping on lines of its own"},
    Wording{"illegal EOF in scalar", "a quoted text is not closed", "close it with its quote"},
    Wording{"illegal document indicator", "a quoted text is not closed", "close it with its quote"},
    Wording{"unexpected character in block", "`>` and `|` begin a block of text in YAML",
            "put a comparison in quotes, for example \">= 32k\""},
    Wording{"unknown token", "a value begins with a character that YAML reserves",
            "put the value in quotes"},
    Wording{"unknown escape", "a \\ in double quotes begins an escape that YAML does not know",
            "write \\\\, or use single quotes"},
    Wording{"the referenced anchor", "is a YAML alias (*)",
            "write the value out; a text that begins with * needs quotes"},
    Wording{"alias not found", "is a YAML alias (*)",
            "write the value out; a text that begins with * needs quotes"},
};

Refusal Explain(const YAML::Exception& error, std::string_view text) {
  const auto position = static_cast<std::size_t>(std::max(error.mark.pos, 0));
  if (position > 0 && position < text.size() && text[position] == '{' &&
      text[position - 1] == '$') {
    return {LineOf(error.mark), "", "`${` is not quoted inside {} or []",
            "put it in quotes, for example {api_key: \"${NAME}\"}"};
  }
  for (const Wording& wording : kWordings) {
    if (error.msg.starts_with(wording.message)) {
      return {LineOf(error.mark), "", std::string(wording.problem), std::string(wording.fix)};
    }
  }
  return {LineOf(error.mark), "", Concat("is not YAML: ", error.msg),
          "correct the syntax of this line or the one before"};
}

// Finds what yaml-cpp would misread silently: control bytes, UTF-16, tabs that indent.
std::optional<Refusal> CheckBytes(std::string_view text) {
  if (text.size() > kMaxYamlBytes) {
    return Refusal{0, "", Concat("is larger than ", kMaxYamlBytes >> 20, " MiB"),
                   "make the file smaller"};
  }
  int line = 1;
  bool indenting = true;
  bool tab = false;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '\n') {
      ++line;
      indenting = true;
      tab = false;
      continue;
    }
    if ((byte < 0x20 && c != '\t' && c != '\r') || byte == 0x7f || byte >= 0xfe) {
      return Refusal{line, "", "has a byte that is not text", "save the file as UTF-8"};
    }
    if (!indenting) continue;
    tab = tab || c == '\t';
    indenting = c == ' ' || c == '\t';
    if (!indenting && tab && c != '#' && c != '\r') {
      return Refusal{line, "", "is indented with a tab", "indent with spaces"};
    }
  }
  return std::nullopt;
}

}  // namespace

YamlResult ParseYaml(std::string_view text, const std::string& file) {
  YamlResult result;
  TreeBuilder builder(file, text);
  std::optional<Refusal> refusal = CheckBytes(text);
  if (!refusal) {
    try {
      std::istringstream stream{std::string(text)};
      YAML::Parser parser(stream);
      while (parser.HandleNextDocument(builder)) {
      }
      result.root = builder.TakeRoot();
    } catch (const Refusal& refused) {
      refusal = refused;
    } catch (const YAML::Exception& error) {
      refusal = Explain(error, text);
    } catch (const std::exception&) {
      refusal = Refusal{0, "", "cannot be parsed", "make the file smaller or simpler"};
    }
  }
  result.diagnostics = builder.TakeDiagnostics();
  if (refusal) {
    result.root.reset();
    result.diagnostics.push_back(
        {{file, refusal->line}, refusal->path, refusal->problem, refusal->fix});
  }
  return result;
}

}  // namespace headgate::config
