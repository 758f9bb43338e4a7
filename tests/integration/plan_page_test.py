"""The page of `headgate plan --html`, looked at in a browser: nothing is cut off or unreadable, in light and dark, on wide
and narrow screens, and on paper.

Needs Debian's chromium, and skips without it. With HEADGATE_PICTURES=FOLDER it leaves its pictures there.
"""

import json
import os
import pathlib
import re
import shutil
import subprocess
import tempfile
import unittest

from stage import HEADGATE

CHROMIUM = shutil.which("chromium")
CLUSTER = ("--volume", "500M/day", "--output", "50%", "--api", "deepseek-r1=0.55/2.19", "--api", "gpt-4.1", "--rent",
           "49.24", "--throughput", "200")
HYBRID = ("--volume", "chat=300M/day", "--volume", "batch=50M/day", "--growth", "8%", "--api", "gpt-4.1", "--api",
          "gpt-4.1-mini", "--rent", "2.10", "--throughput", "2500", "--hours", "office", "--replicas", "2")
GROWING = ("--volume", "20M/day", "--growth", "12%", "--api", "gpt-4.1-mini", "--rent", "1.20", "--throughput", "2500",
           "--utilisation", "80%")
UNKNOWN = ("--volume", "500M/month", "--api", "3.00", "--rent", "2500/month", "--replicas", "1")
BREAK_EVEN = ("--volume", "1.5B/month", "--api", "gpt-4.1-mini", "--rent", "2.10", "--throughput", "2500")
PLANS = {"cluster": CLUSTER, "hybrid": HYBRID, "growing": GROWING, "unknown": UNKNOWN, "break_even": BREAK_EVEN}

# Runs outside of the page, which stands in a frame of the wanted width, and writes what it finds.
LOOK = """
const frame = document.createElement('iframe');
frame.style.cssText = 'border:0;width:WIDTHpx;height:4000px';
frame.srcdoc = PAGE;
frame.onload = () => {
  const page = frame.contentDocument, found = {problems: [], charts: 0, cells: 0};
  const problem = (text) => found.problems.push(text);
  found.dark = frame.contentWindow.matchMedia('(prefers-color-scheme: dark)').matches;
  found.loaded = frame.contentWindow.performance.getEntriesByType('resource').length;
  if (page.documentElement.scrollWidth > WIDTH) problem('the page is wider than its window');
  const channel = (c) => (c /= 255) <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4;
  const light = (color) => {
    const [r, g, b] = color.match(/[0-9.]+/g).map(Number);
    return 0.2126 * channel(r) + 0.7152 * channel(g) + 0.0722 * channel(b);
  };
  const style = (element) => frame.contentWindow.getComputedStyle(element);
  const behind = (element) => {
    for (let at = element; at; at = at.parentElement) {
      const color = style(at).backgroundColor;
      if (color !== 'rgba(0, 0, 0, 0)') return color;
    }
    return 'rgb(255, 255, 255)';
  };
  const readable = (element, color, least) => {
    const [a, b] = [light(color), light(behind(element))].sort((x, y) => y - x);
    if ((a + 0.05) / (b + 0.05) < least) problem('too little contrast: ' + element.textContent);
  };
  for (const element of page.querySelectorAll('h1,h2,p,b,small,th,td,li,footer,figcaption')) {
    readable(element, style(element).color, 4.5);
  }
  for (const element of page.querySelectorAll('svg text')) readable(element, style(element).fill, 4.5);
  for (const element of page.querySelectorAll('.curve')) readable(element, style(element).stroke, 3);
  for (const chart of page.querySelectorAll('figure > svg')) {
    ++found.charts;
    const around = chart.getBoundingClientRect();
    const texts = [...chart.querySelectorAll('text')].map((t) => [t.textContent, t.getBoundingClientRect()]);
    for (const [text, box] of texts) {
      if (box.left < around.left - 1 || box.right > around.right + 1 || box.top < around.top - 1 ||
          box.bottom > around.bottom + 1) problem('cut off: ' + text);
    }
    texts.forEach(([one, a], i) => texts.slice(i + 1).forEach(([other, b]) => {
      if (a.left < b.right && b.left < a.right && a.top < b.bottom - 1 && b.top < a.bottom - 1) {
        problem('on each other: ' + one + ' / ' + other);
      }
    }));
    for (const mark of chart.querySelectorAll('line.mark:not(.capacity)')) {
      const line = mark.getBoundingClientRect();
      for (const [text, box] of texts) {
        if (line.left > box.left && line.left < box.right && line.top < box.bottom - 3 && line.bottom > box.top) {
          problem('crossed by a line: ' + text);
        }
      }
    }
    for (const path of chart.querySelectorAll('path')) {
      if (!path.getTotalLength()) problem('an empty curve');
    }
  }
  for (const tile of page.querySelectorAll('.tiles li')) {
    if (tile.scrollWidth > tile.clientWidth + 1) problem('too wide: ' + tile.textContent);
  }
  found.cells = page.querySelectorAll('td').length;
  document.title = JSON.stringify(found);
};
document.body.append(frame);
"""


@unittest.skipUnless(CHROMIUM, "chromium is not installed: the page was not looked at in a browser")
class Page(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        folder = tempfile.TemporaryDirectory(prefix="headgate-page-")
        cls.addClassCleanup(folder.cleanup)
        cls.folder = pathlib.Path(folder.name)
        cls.pages = {}
        for name, flags in PLANS.items():
            cls.pages[name] = cls.folder / f"{name}.html"
            subprocess.run([HEADGATE, "plan", *flags, "--html", str(cls.pages[name])], check=True, capture_output=True)

    def chromium(self, *flags):
        sandbox = ["--no-sandbox"] if os.geteuid() == 0 else []
        done = subprocess.run([CHROMIUM, "--headless", *sandbox, "--disable-gpu", "--hide-scrollbars", "--no-first-run",
                               f"--user-data-dir={self.folder}/profile", *flags], check=True, capture_output=True,
                              timeout=120)
        return done.stdout.decode()

    def look(self, name, width, dark):
        script = LOOK.replace("WIDTH", str(width)).replace(
            "PAGE", json.dumps(self.pages[name].read_text()).replace("</", "<\\/"))
        around = self.folder / "around.html"
        around.write_text(f"<!DOCTYPE html><meta charset=utf-8><body style='margin:0'><script>{script}</script>")
        scheme = [f"--blink-settings=preferredColorScheme={0 if dark else 1}"]
        dom = self.chromium(*scheme, "--window-size=1400,4100", "--virtual-time-budget=5000", "--dump-dom",
                            around.as_uri())
        found = re.search(r"<title>(.*?)</title>", dom, re.DOTALL)
        self.assertIsNotNone(found, dom[-500:])
        return json.loads(found.group(1).replace("&amp;", "&").replace("&lt;", "<").replace("&gt;", ">"))

    def test_everything_can_be_read(self):
        for name in PLANS:
            for width, dark in ((1200, False), (1200, True), (390, False)):
                with self.subTest(name, width=width, dark=dark):
                    found = self.look(name, width, dark)
                    self.assertEqual(found["problems"], [])
                    self.assertEqual(found["dark"], dark)
                    self.assertEqual(found["loaded"], 0, "it loads something")
                    self.assertEqual(found["charts"], {"unknown": 1, "hybrid": 3, "growing": 3}.get(name, 2))
                    self.assertGreater(found["cells"], 40)

    def test_it_prints_on_a_few_sheets(self):
        for name in PLANS:
            with self.subTest(name):
                paper = self.folder / f"{name}.pdf"
                self.chromium("--no-pdf-header-footer", f"--print-to-pdf={paper}", self.pages[name].as_uri())
                sheets = len(re.findall(rb"/Type\s*/Page\b", paper.read_bytes()))
                self.assertIn(sheets, range(1, 7))

    @unittest.skipUnless(os.environ.get("HEADGATE_PICTURES"), "HEADGATE_PICTURES names no folder")
    def test_pictures(self):
        for name, page in self.pages.items():
            for dark in (False, True):
                picture = pathlib.Path(os.environ["HEADGATE_PICTURES"]) / f"{name}{'-dark' if dark else ''}.png"
                self.chromium(f"--blink-settings=preferredColorScheme={0 if dark else 1}", "--window-size=1100,2900",
                              f"--screenshot={picture}", page.as_uri())
                self.assertGreater(picture.stat().st_size, 10_000)


if __name__ == "__main__":
    unittest.main()
