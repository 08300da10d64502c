"""Lay out the folder of a deployment: settings, policies, templates and units for systemd.

Everything is a copy of what is supplied. In the settings, what only the force can decide is marked and left open, so
that nothing runs on an example by mistake.
"""

import re
import shutil
import sysconfig
from pathlib import Path
from typing import Final

from compliance.errors import SettingsError
from compliance.resources import resource
from compliance.writing import write_whole

UNITS: Final = ("compliance.service", "compliance-web.service")
_SUPPLIED_DATA: Final = "/var/lib/compliance"
_NAMEABLE: Final = re.compile(r"/[\w./+-]*", re.ASCII)
"""A path that means the same in a setting, in a unit and in a shell."""
_SECTION: Final = re.compile(r"(?:# )?\[+([\w.]+)\]+")
_KEY: Final = re.compile(r"(?:# )?(\w+) = ")
_HEADER: Final = """\
# The settings of the Victims' Code compliance monitor: the one file a force edits.
#
# Decide these first. Each is marked DECIDE below. `compliance check --offline` names those without which nothing runs.
#
#   [force] name, policy                 who you are, and the policy that your force follows
#   [crime_system] kind, url             where crimes come from; officers_url: who the officers are
#   [reminders] due_from                 the day the service starts: anything due earlier is reported but never emailed
#   [mail] host, sender, reply_to        how emails leave, and who answers questions
#
# At first no email leaves: each becomes a file in [mail] pilot_folder, for you to read, until you take `allow` out.
# docs/configuration.md explains every setting. An unknown key is an error; the message suggests the nearest right one.
# Never write a secret here: `env:NAME` reads one from the environment, `file:PATH` from a file.
"""
_SECRETS: Final = "# NAME=value, one a line, for each env:NAME in config.toml. The unit gives them to the service.\n"


def lay_out(folder: Path, data: Path) -> list[Path]:
    """Fill an empty or new `folder` for a service that keeps its data in `data`. Return what was made.

    Both are absolute. Nothing that exists is changed. The settings can be read by their group, the secrets by nobody
    else. Raises SettingsError if the folder has something in it or cannot be written, or if a unit could not name a
    path.
    """
    program = Path(sysconfig.get_path("scripts")) / "compliance"
    for path in (folder, data, program):
        if not _NAMEABLE.fullmatch(str(path)):
            raise SettingsError(
                f"{path}: expected a path of letters, digits and . / _ + - alone, which a unit can name"
            )
    try:
        return _fill(folder, data, program)
    except OSError as error:
        raise SettingsError(f"{error.filename or folder}: could not be written ({error.strerror})") from None


def _fill(folder: Path, data: Path, program: Path) -> list[Path]:
    folder.mkdir(parents=True, exist_ok=True)
    if found := sorted(path.name for path in folder.iterdir()):
        raise SettingsError(
            f"{folder}: it already has {found[0]} in it; name a new or an empty folder. Nothing was changed"
        )
    if data.is_relative_to(folder):
        data.mkdir(mode=0o700, parents=True)
    config, secrets = folder / "config.toml", folder / "secrets"
    write_whole(config, _settings(data).encode(), private=True)
    config.chmod(0o640)
    write_whole(secrets, _SECRETS.encode(), private=True)
    rules, templates = folder / "rules", folder / "templates" / "email"
    shutil.copytree(resource("rules"), rules, copy_function=shutil.copyfile)
    shutil.copytree(resource("templates", "email"), templates, copy_function=shutil.copyfile)
    units = [folder / "systemd" / name for name in UNITS]
    units[0].parent.mkdir()
    for unit in units:
        write_whole(unit, _unit(unit.name, folder, data, program).encode())
    return [config, secrets, rules, templates, *units]


def _settings(data: Path) -> str:
    """The supplied settings without what is only right for the simulated force."""
    lines = {
        (
            "force",
            "name",
        ): '# name = "Avonshire Police"                 # DECIDE: the force\'s name, as reports print it',
        ("force", "policy"): 'policy = "rules/DECIDE.toml"                # DECIDE: a policy in rules/, such as '
        '"rules/west-mercia.toml" (rules/README.md)',
        ("database", "url"): f'url = "sqlite:///{data}/compliance.db"',
        ("crime_system", "kind"): 'kind = "http"                               # DECIDE: "http", "files" or "database" '
        "(docs/feeds.md)",
        (
            "crime_system",
            "url",
        ): '# url = "https://crimes.force.example/crimes"       # DECIDE: where to request changed crimes',
        (
            "crime_system",
            "officers_url",
        ): '# officers_url = "https://crimes.force.example/officers"   # DECIDE: where to request the officers',
        ("reminders", "due_from"): "# due_from = 2027-01-01                     # DECIDE: the day the service starts",
        ("mail", "host"): '# host = "smtp.force.example"               # DECIDE: the mail server',
        ("mail", "port"): "port = 25",
        ("mail", "security"): 'security = "starttls"                       # "plain", "starttls" or "tls"',
        ("mail", "sender"): '# sender = "victim.updates@force.example"   # DECIDE: who emails are from',
        ("mail", "reply_to"): '# reply_to = "performance.team@force.example"   # DECIDE: who gets the replies',
        ("mail", "allow"): "allow = []                                  # a pilot: only these are emailed, such as "
        '["a.pilot@force.example"]; take this line out to email everybody',
        ("mail", "pilot_folder"): f'pilot_folder = "{data}/pilot"',
        ("report", "folder"): f'folder = "{data}/reports"',
        (
            "report",
            "organisation",
        ): 'organisation = "rules/organisation.toml"    # areas, divisions and teams over time',
    }
    _, begin, supplied = resource("config.toml").read_text("utf-8").partition("\n[force]\n")
    section, made = "", []
    for line in (begin + supplied).splitlines():
        if header := _SECTION.match(line):
            section = header[1]
        key = _KEY.match(line)
        made.append(lines.pop((section, key[1]), line) if key else line)
    return _HEADER + "\n".join(made) + "\n"


def _unit(name: str, folder: Path, data: Path, program: Path) -> str:
    """A supplied unit with the paths of this deployment."""
    text = resource("deploy", name).read_text("utf-8")
    if str(data) != _SUPPLIED_DATA:  # systemd makes only folders of its own
        text = re.sub(r"^StateDirectory.*\n", "", text, flags=re.MULTILINE)
    paths = {"/opt/compliance/bin/compliance": program, "/etc/compliance": folder, _SUPPLIED_DATA: data}
    return re.sub("|".join(paths), lambda found: str(paths[found[0]]), text)
