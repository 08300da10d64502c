"""The pages draw the parts of a report with its own stylesheet, and what theirs adds does not change them."""

import re
from pathlib import Path

TEMPLATES = Path(__file__).parents[2] / "templates"


def test_a_rule_of_the_pages_is_for_no_class_of_a_report_s_parts() -> None:
    """A form's `.change` once took the sentence under a rate apart."""
    parts = "\n".join(
        (TEMPLATES / "report" / f"{name}.j2").read_text("utf-8") for name in ("parts.html", "sections.html")
    )
    of_parts = {name for found in re.findall(r'class="([^"{]*)', parts) for name in found.split()}
    rules = re.sub(r"/\*.*?\*/", "", (TEMPLATES / "web" / "web.css").read_text("utf-8"), flags=re.DOTALL)
    selectors = [each.strip() for found in re.findall(r"([^{}]+)\{", rules) for each in found.split(",")]
    bare = {name for each in selectors if (found := re.match(r"\.([a-z-]+)", each)) for name in [found[1]]}
    assert "change" in of_parts
    assert "victim" in bare
    assert bare & of_parts == set()
