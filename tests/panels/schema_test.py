"""The dashboards are of the types that Grafana publishes (@grafana/schema).

npm installs the types once, under build/. Exits 77 (skipped) if they cannot be had.
"""

import json
import pathlib
import shutil
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parents[1]
INSTALLED = ROOT / "build" / "grafana-schema"
SKIPPED = 77
INSTALL_S = 120
# What a mistake in a dashboard looks like: each must be found.
MISTAKES = (
    ("a mode of stacking that is none", '"mode": "normal"', '"mode": "piled"'),
    ("an option that is none", '"graphMode"', '"graphMood"'),
    ("a text for a number", '"w": 4', '"w": "4"'),
    ("a kind of variable that is none", '"type": "datasource"', '"type": "source"'),
    ("a kind of panel that is none", '"type": "stat"', '"type": "number"'),
)


def install():
    """Installs the types, unless they are there. Returns why that failed."""
    stamp = INSTALLED / "installed"
    wanted = (HERE / "schema/package-lock.json").read_text()
    if stamp.exists() and stamp.read_text() == wanted:
        return None
    if not shutil.which("npm"):
        return "npm is not installed"
    INSTALLED.mkdir(parents=True, exist_ok=True)
    for name in ("package.json", "package-lock.json"):
        shutil.copy(HERE / "schema" / name, INSTALLED)
    command = ["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--no-update-notifier",
               "--fetch-retries=1", "--fetch-timeout=20000"]
    try:
        done = subprocess.run(command, cwd=INSTALLED, capture_output=True, text=True, timeout=INSTALL_S, check=False)
    except subprocess.TimeoutExpired:
        return "npm ci takes too long"
    if done.returncode != 0:
        return f"npm ci failed: {done.stderr.strip()[-200:]}"
    stamp.write_text(wanted)
    return None


def problems(boards):
    """What the compiler says of the dashboards, given as JSON texts."""
    with tempfile.TemporaryDirectory(dir=INSTALLED) as folder:
        folder = pathlib.Path(folder)
        text = (HERE / "schema/check.ts").read_text()
        (folder / "check.ts").write_text(text.replace(" = [];", f" = [{','.join(boards)}];"))
        done = subprocess.run(
            ["node", INSTALLED / "node_modules/typescript/bin/tsc", "--noEmit", "--strict", "--skipLibCheck", "--target", "es2022",
             "--module", "esnext", "--moduleResolution", "node", folder / "check.ts"],
            capture_output=True, text=True, timeout=120, check=False)
        return done.stdout if done.returncode else ""


def main():
    if reason := install():
        print(f"skipped: {reason}")
        return SKIPPED
    boards = [json.dumps(json.loads(path.read_text())) for path in sorted((ROOT / "deploy/grafana/dashboards").glob("*.json"))]
    if found := problems(boards):
        print(found)
        return 1
    for name, right, wrong in MISTAKES:
        if right not in boards[0]:
            print(f"this test cannot make its mistake: {name}")
            return 1
        if not problems([boards[0].replace(right, wrong, 1)]):
            print(f"this test finds nothing wrong with {name}")
            return 1
    print(f"{len(boards)} dashboards are of Grafana's types")
    return 0


if __name__ == "__main__":
    sys.exit(main())
