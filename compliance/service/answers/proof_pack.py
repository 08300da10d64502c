"""A proof pack: what is held on a crime and how it was judged, as a ZIP file that anybody can check."""

import hashlib
import io
import zipfile
from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Any, Final

import msgspec

from compliance.batch.explanation_page import describe_question, render
from compliance.policy import Policy
from compliance.policy.explain import Explanation
from compliance.reminders import notices, reason_of
from compliance.store import Store, disputes_of, list_versions

_BEGINNING: Final = (1980, 1, 1, 0, 0, 0)
"""The date of every file in the pack: the same facts give the same bytes."""
_README: Final = """\
Proof pack of crime {crime}
{question}, by {policy}.

It shows what was recorded and when, not that a conversation happened.

explanation.html   how each verdict follows from the record and the policy, to be read
explanation.json   the same for programs
versions.ndjson    every version of the record that was received: when, until when it was in use, and its content
reminders.ndjson   every decision on whom to remind, with its reason and what became of the email
disputes.ndjson    what officers said was wrong, and the answer
policy.toml        the policy

Instants in the .ndjson files are in UTC. SHA-256 of each file:

{digests}
"""


def make_proof_pack(store: Store, policy: Policy, explanation: Explanation) -> bytes:
    """Return the pack of an explained crime that is stored."""
    ref = explanation.crime_ref
    files = {
        "explanation.html": render(explanation, "html").encode(),
        "explanation.json": render(explanation, "json").encode(),
        "versions.ndjson": _lines(_versions(store, ref)),
        "reminders.ndjson": _lines(_reminders(store, ref)),
        "disputes.ndjson": _lines(_disputes(store, ref)),
        "policy.toml": policy.path.read_bytes(),
    }
    digests = "\n".join(f"{hashlib.sha256(content).hexdigest()}  {name}" for name, content in files.items())
    about = _README.format(
        crime=ref, question=describe_question(explanation), policy=explanation.basis.policy, digests=digests
    )
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as pack:
        for name, content in {"README.txt": about.encode(), **files}.items():
            pack.writestr(zipfile.ZipInfo(name, _BEGINNING), content, zipfile.ZIP_DEFLATED)
    return made.getvalue()


def _versions(store: Store, ref: str) -> Iterator[dict[str, Any]]:
    for version in list_versions(store, ref):
        yield {
            "received_at": version.seen_at, "in_use_until": version.replaced_at, "never_in_use": version.is_late,
            "record": version.record,
        }  # fmt: skip


def _reminders(store: Store, ref: str) -> Iterator[dict[str, Any]]:
    with store.session(reading=True) as session:
        for notice, mail in notices(session, ref):
            yield {
                "decided_on": notice.decided_on, "to": notice.recipient_ref, "victim_ref": notice.victim_ref,
                "requirement": notice.requirement, "cycle": notice.cycle, "step": notice.step,
                "outcome": notice.outcome, "reason": reason_of(notice), "email": mail,
            }  # fmt: skip


def _disputes(store: Store, ref: str) -> Iterator[dict[str, Any]]:
    """Yield the disputes; the words of one that may concern other crimes are left out."""
    for dispute in disputes_of(store, ref):
        yield {
            "received_at": dispute.received_at, "by": dispute.recipient_ref,
            "text": dispute.text if dispute.is_assigned and dispute.crimes == (ref,) else None,
            "answer": dispute.answer, "answered_at": dispute.answered_at, "answered_by": dispute.answered_by,
        }  # fmt: skip


def _lines(rows: Iterable[dict[str, Any]]) -> bytes:
    return b"".join(msgspec.json.encode(row, enc_hook=str) + b"\n" for row in rows)


def pack_name(crime_ref: str, when: datetime) -> str:
    """Return the file name of a pack: letters, digits and hyphens of the crime number, and the date."""
    kept = "".join(letter if letter.isascii() and letter.isalnum() else "-" for letter in crime_ref)
    return f"proof-{kept[:60]}-{when:%Y-%m-%d}.zip"
