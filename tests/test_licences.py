"""Licences of everything the base install brings: nothing copyleft, nothing non-commercial, all of it listed."""

import importlib.metadata as metadata
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
REFUSED = re.compile(r"(?<![A-Za-z])(A?GPL|GNU (Affero )?General Public)|non-?commercial|-NC-", re.IGNORECASE)
WEAK_COPYLEFT = re.compile(r"LGPL|GNU Lesser|Library or Lesser", re.IGNORECASE)


def closure(names):
    """Distributions that `names` bring, without extras."""
    found, todo = {}, list(names)
    while todo:
        name = re.sub(r"[-_.]+", "-", todo.pop()).lower()
        if name in found:
            continue
        try:
            found[name] = metadata.distribution(name)
        except metadata.PackageNotFoundError:
            continue  # for another platform
        for requirement in found[name].requires or []:
            if "extra ==" not in requirement:
                todo.append(re.match(r"[A-Za-z0-9._-]+", requirement)[0])
    return found


def licence_of(distribution):
    facts = distribution.metadata
    classifiers = [c for c in facts.get_all("Classifier") or [] if c.startswith("License ::")]
    return " | ".join(filter(None, [facts.get("License-Expression"), (facts.get("License") or "")[:200], *classifiers]))


def base_requirements():
    import tomllib

    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    return [re.match(r"[A-Za-z0-9._-]+", r)[0] for r in project["dependencies"]]


def test_base_install_is_free_of_copyleft_and_non_commercial_terms():
    found = closure(base_requirements())
    assert len(found) > 10
    for name, distribution in found.items():
        licence = WEAK_COPYLEFT.sub("", licence_of(distribution))
        assert not REFUSED.search(licence), f"{name}: {licence}"


def test_torchvision_stays_out():
    assert "torchvision" not in closure(base_requirements())


@pytest.mark.parametrize("name", base_requirements())
def test_every_base_dependency_is_listed_with_its_licence(name):
    assert f"| {name} |" in (ROOT / "docs" / "licences.md").read_text(encoding="utf-8")
