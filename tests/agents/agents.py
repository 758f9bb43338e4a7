"""The agents, each with its settings for a gateway and with the steps that its model takes in the test.

A workplace is a folder with `notes.txt` and a home of its own. The steps are a script of headgate-sim, so they name the
tools of the pinned version of that agent. Settings that belong to users are also in docs/clients.md.
"""

import dataclasses
import json
import pathlib
import typing

TASK = "Fix the typo in notes.txt."
TYPO, FIXED = "The ferry leaves from teh old harbour.\n", "The ferry leaves from the old harbour.\n"
DONE = {"text": "The typo in the notes is fixed."}
KEY = "hg-key-of-an-agent"
MODEL = "auto"


@dataclasses.dataclass(frozen=True)
class Place:
    """Where an agent works: its folder, its home, and the gateway's address without a path."""
    folder: pathlib.Path
    home: pathlib.Path
    gateway: str

    @property
    def notes(self):
        return str(self.folder / "notes.txt")

    def write(self, path, text):
        path = self.home / path
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        return str(path)


@dataclasses.dataclass(frozen=True)
class Agent:
    """What the test must know about an agent."""
    endpoint: str                 # of the gateway, as the access log calls it
    prepare: typing.Callable      # Place -> (arguments of its program, environment)
    steps: typing.Callable        # Place -> steps of the script


def step(tool, **arguments):
    return {"tool_calls": [{"name": tool, "arguments": arguments}]}


def codex(place):
    place.write(".codex/config.toml", f"""
model = "{MODEL}"
model_provider = "headgate"
check_for_update_on_startup = false

[analytics]
enabled = false

[model_providers.headgate]
name = "Headgate"
base_url = "{place.gateway}/v1"
env_key = "HEADGATE_KEY"
wire_api = "responses"
request_max_retries = 0
stream_max_retries = 0
""")
    # Its own sandbox needs user namespaces, which containers seldom have; the folder is a temporary one.
    return (["exec", "--skip-git-repo-check", "--dangerously-bypass-approvals-and-sandbox", TASK],
            {"HEADGATE_KEY": KEY})


def codex_steps(_):
    return [step("exec_command", cmd="cat notes.txt"),
            step("exec_command", cmd="sed -i 's/teh/the/' notes.txt"), DONE]


def claude(place):
    return (["--print", TASK, "--dangerously-skip-permissions"],
            {"ANTHROPIC_BASE_URL": place.gateway, "ANTHROPIC_AUTH_TOKEN": KEY, "ANTHROPIC_MODEL": MODEL,
             "ANTHROPIC_DEFAULT_HAIKU_MODEL": MODEL, "CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC": "1",
             "DISABLE_AUTOUPDATER": "1", "CLAUDE_CODE_MAX_RETRIES": "0", "IS_SANDBOX": "1"})


def claude_steps(place):
    return [step("Read", file_path=place.notes),
            step("Edit", file_path=place.notes, old_string="teh", new_string="the"), DONE]


def opencode(place):
    place.write(".config/opencode/opencode.json", json.dumps({
        "autoupdate": False, "share": "disabled", "model": f"headgate/{MODEL}",
        "small_model": f"headgate/{MODEL}", "permission": "allow",
        "provider": {"headgate": {
            "npm": "@ai-sdk/openai-compatible", "models": {MODEL: {}},
            "options": {"baseURL": f"{place.gateway}/v1", "apiKey": "{env:HEADGATE_KEY}"}}}}))
    return (["run", TASK],
            {"HEADGATE_KEY": KEY, "OPENCODE_DISABLE_AUTOUPDATE": "1", "OPENCODE_DISABLE_MODELS_FETCH": "1",
             "OPENCODE_DISABLE_LSP_DOWNLOAD": "1", "OPENCODE_DISABLE_DEFAULT_PLUGINS": "1"})


def opencode_steps(place):
    return [step("read", filePath=place.notes),
            step("edit", filePath=place.notes, oldString="teh", newString="the"), DONE]


def aider(place):
    return (["--model", f"openai/{MODEL}", "--message", TASK, "--yes-always", "--no-git",
             "--edit-format", "diff", "--map-tokens", "0", "--no-check-update", "--no-show-release-notes",
             "--no-show-model-warnings", "--analytics-disable", "--no-pretty", "--no-auto-lint",
             "--no-detect-urls", "notes.txt"],
            {"OPENAI_API_BASE": f"{place.gateway}/v1", "OPENAI_API_KEY": KEY,
             "LITELLM_LOCAL_MODEL_COST_MAP": "True"})


def aider_steps(_):
    # aider sends the file with the task, and edits by blocks in the text instead of by tools.
    return [{"text": f"I fix it.\n\nnotes.txt\n```\n<<<<<<< SEARCH\n{TYPO}=======\n{FIXED}>>>>>>> REPLACE\n```\n"}]


def llm(place):
    place.write("llm/extra-openai-models.yaml", f"""
- model_id: headgate
  model_name: {MODEL}
  api_base: {place.gateway}/v1
  api_key_name: headgate
  supports_tools: true
""")
    tools = place.write("tools.py", '''
import pathlib

def read_file(path: str) -> str:
    """The text of a file."""
    return pathlib.Path(path).read_text()

def edit_file(path: str, old: str, new: str) -> str:
    """Replaces a text in a file."""
    file = pathlib.Path(path)
    file.write_text(file.read_text().replace(old, new))
    return "edited"
''')
    return (["--model", "headgate", "--key", KEY, "--no-log", "--functions", tools, TASK],
            {"LLM_USER_PATH": str(place.home / "llm")})


def llm_steps(_):
    return [step("read_file", path="notes.txt"), step("edit_file", path="notes.txt", old="teh", new="the"), DONE]


AGENTS = {"codex": Agent("responses", codex, codex_steps),
          "claude": Agent("messages", claude, claude_steps),
          "opencode": Agent("chat", opencode, opencode_steps),
          "aider": Agent("chat", aider, aider_steps),
          "llm": Agent("chat", llm, llm_steps)}
