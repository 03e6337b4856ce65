"""The documents are true: their Python runs, their links lead somewhere, their commands exist."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])
WITH_PYTHON = [p for p in PAGES if "```python" in p.read_text(encoding="utf-8")]


@pytest.mark.parametrize("page", WITH_PYTHON, ids=lambda p: p.name)
def test_python_blocks_run_in_order(page, tmp_path):
    blocks = re.findall(r"```python\n(.*?)```", page.read_text(encoding="utf-8"), re.DOTALL)
    samples = sorted((ROOT / "packshot" / "samples").glob("*.jpg"))
    shutil.copy(samples[0], tmp_path / "mug.jpg")
    (tmp_path / "photos").mkdir()
    shutil.copy(samples[1], tmp_path / "photos")
    script = tmp_path / "page.py"  # a real module: pydantic looks up annotations in the module of a class
    text = "\n".join(blocks)
    future = "from __future__ import annotations\n"
    script.write_text((future if future in text else "") + text.replace(future, ""), encoding="utf-8")
    done = subprocess.run([sys.executable, script.name], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("page", PAGES, ids=lambda p: p.name)
def test_links_lead_somewhere(page):
    text = re.sub(r"```.*?```", "", page.read_text(encoding="utf-8"), flags=re.DOTALL)
    for target in re.findall(r"\]\(([^)#\s]+)(?:#[^)]*)?\)", text):
        if not target.startswith(("http://", "https://", "mailto:")):
            assert (page.parent / target).exists(), target


@pytest.mark.parametrize("page", PAGES, ids=lambda p: p.name)
def test_commands_named_in_the_documents_exist(page):
    from packshot import operations
    from packshot.cli import app

    verbs = {c.name for c in app.registered_commands} | {g.name for g in app.registered_groups}
    later = {"publish", "fit", "check", "serve", "studio", "generate", "train"}  # named as plans only
    text = page.read_text(encoding="utf-8")
    code = re.findall(r"```.*?```|`[^`\n]+`", text, re.DOTALL)
    for verb, word in re.findall(r"(?:^|`)packshot ([a-z][a-z-]*)(?: ([a-z-]+))?", "\n".join(code), re.MULTILINE):
        assert verb in verbs | later, f"packshot {verb}"
        if verb == "edit" and word and word != "mono":
            assert word in operations.TABLE, f"packshot edit {word}"


def test_the_readme_in_chinese_has_the_same_commands():
    english, chinese = (set(commands(ROOT / name)) for name in ("README.md", "README.zh-CN.md"))
    assert english == chinese


def commands(page):
    for block in re.findall(r"```(?:sh|bash|python)\n(.*?)```", page.read_text(encoding="utf-8"), re.DOTALL):
        yield from (line.split("#")[0].strip() for line in block.splitlines() if line.strip() and line[0] != "#")
