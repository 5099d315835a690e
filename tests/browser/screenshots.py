"""Checks of a page at two widths and in both themes: screenshots, sideways scrolling, axe."""

from __future__ import annotations

from playwright.sync_api import Page

from tests.browser.conftest import ROOT, SCREENSHOTS

AXE = ROOT / "node_modules" / "axe-core" / "axe.min.js"
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
WIDTHS = {360: 740, 1280: 900}
ALSO_WIDE = WIDTHS | {1920: 1080}


def check_page(page: Page, name: str, widths: dict[int, int] = WIDTHS) -> None:
    """Take a screenshot per width and theme; fail on sideways scrolling and on anything axe finds."""
    SCREENSHOTS.mkdir(parents=True, exist_ok=True)
    problems = []
    for theme in ("light", "dark"):
        for width, height in widths.items():
            page.set_viewport_size({"width": width, "height": height})
            page.evaluate(
                "theme => { localStorage.setItem('earmark.theme', theme);"
                " document.documentElement.dataset.bsTheme = theme;"
                " document.dispatchEvent(new Event('earmark:theme')) }",
                theme,
            )
            page.evaluate(
                "scrollTo({ top: 0, behavior: 'instant' })"
            )  # axe takes a button half hidden by the top bar for one that is too small
            page.screenshot(path=SCREENSHOTS / f"{name}-{width}-{theme}.png", full_page=True)
            where = f"{name} at {width} px, {theme}"
            if page.evaluate("document.documentElement.scrollWidth > innerWidth"):
                problems.append(f"{where}: scrolls sideways")
            problems += [f"{where}: {finding}" for finding in axe(page)]
    assert not problems, "\n".join(problems)


def axe(page: Page, but: str = "") -> list[str]:
    """Return axe-core's findings against WCAG 2.2 AA, a line each. `but` is a rule to leave out."""
    page.evaluate(AXE.read_text())
    options = {"runOnly": RULES, "rules": {but: {"enabled": False}} if but else {}}
    found = page.evaluate("options => axe.run(document, options)", options)
    return [
        f"{v['id']}: {v['nodes'][0]['html'][:160]} {v['nodes'][0]['failureSummary']}"
        for v in found["violations"]
    ]
