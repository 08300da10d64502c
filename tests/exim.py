"""A real mail server for the tests: exim4 with a configuration, a spool and a port of its own, and a line to it that is
cut where a test says so."""

import getpass
import grp
import os
import pwd
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from email import message_from_bytes
from pathlib import Path
from threading import Thread
from typing import Final

import trustme

PROGRAM: Final = shutil.which("exim4", path=f"{os.environ.get('PATH', '')}:/usr/sbin")
USER, PASSWORD = "service", "a pass:word"
CONFIGURATION: Final = """
primary_hostname = mail.force.example
spool_directory = {folder}/spool
log_file_path = {folder}/log-%s
pid_file_path = {folder}/pid
local_interfaces = 127.0.0.1
daemon_smtp_ports = {port}
keep_environment =
exim_user = {user}
exim_group = {group}
deliver_drop_privilege = true
never_users =
host_lookup =
rfc1413_query_timeout = 0s
smtp_accept_queue_per_connection = 0
acl_smtp_mail = mail
acl_smtp_rcpt = recipient
tls_advertise_hosts = *
tls_certificate = {folder}/server.pem
tls_privatekey = {folder}/server.pem
auth_advertise_hosts = ${{if eq{{$tls_in_cipher}}{{}}{{}}{{*}}}}

begin acl
mail:
  deny   !authenticated = *
         message = log in first
  accept
recipient:
  deny   local_parts = ^refused
         message = no such mailbox
  defer  local_parts = ^deferred
         condition = ${{if exists{{{folder}/later}}{{no}}{{yes}}}}
         message = try again later
  accept

begin routers
vanished:
  driver = redirect
  local_parts = ^vanished
  allow_fail
  data = :fail: this mailbox is gone
bounces:
  driver = accept
  local_parts = ^bounces
  transport = bounces
all:
  driver = accept
  transport = maildir

begin transports
maildir:
  driver = appendfile
  maildir_format
  directory = {folder}/mail
  create_directory
  user = {user}
  group = {group}

bounces:
  driver = appendfile
  maildir_format
  directory = {folder}/bounces
  create_directory
  user = {user}
  group = {group}

begin authenticators
plain:
  driver = plaintext
  public_name = PLAIN
  server_prompts = :
  server_condition = ${{if and{{{{eq{{$auth2}}{{service}}}}{{eq{{$auth3}}{{a pass:word}}}}}}}}
  server_set_id = $auth2
"""


@dataclass(frozen=True)
class Exim:
    """It refuses (550) whoever is called `refused…`, defers (451) `deferred…` until `later`, takes mail for `vanished…` and
    then reports that it cannot be delivered, and takes mail only over STARTTLS and after log-in. `ca_file` has the
    authority of its certificate, `bounces` is the Maildir of its reports."""

    port: int
    folder: Path

    @property
    def ca_file(self) -> Path:
        return self.folder / "ca.pem"

    @property
    def bounces(self) -> Path:
        return self.folder / "bounces"

    def later(self) -> None:
        """What was deferred is taken from now on."""
        (self.folder / "later").touch()

    def delivered(self) -> list[str]:
        """The Message-IDs in the maildir, one for each mail delivered."""
        return [str(message_from_bytes(path.read_bytes())["Message-ID"]) for path in self.folder.glob("mail/new/*")]


@contextmanager
def running() -> Iterator[Exim]:
    """The server while its context lasts, under a user without privileges."""
    account = pwd.getpwnam("Debian-exim" if os.geteuid() == 0 else getpass.getuser())
    folder = Path(tempfile.mkdtemp(prefix="exim-"))
    try:
        server = Exim(_free_port(), folder)
        values = {"folder": folder, "port": server.port, "user": account.pw_name}
        group = grp.getgrgid(account.pw_gid).gr_name
        (folder / "exim.conf").write_text(CONFIGURATION.format(group=group, **values))
        authority = trustme.CA()
        issued = authority.issue_cert("127.0.0.1")
        parts = (issued.private_key_pem, *issued.cert_chain_pems)
        (folder / "server.pem").write_bytes(b"".join(part.bytes() for part in parts))
        authority.cert_pem.write_to_path(str(server.ca_file))
        (folder / "spool").mkdir()
        privileged = {"user": account.pw_uid, "group": account.pw_gid, "extra_groups": []} if os.geteuid() == 0 else {}
        if privileged:
            for path in (folder, *folder.iterdir()):
                os.chown(path, account.pw_uid, account.pw_gid)
        command = [str(PROGRAM), "-C", str(folder / "exim.conf"), "-bdf"]
        with (folder / "errors").open("wb") as errors:
            process = subprocess.Popen(command, cwd=folder, stderr=errors, **privileged)  # type: ignore[call-overload]
        try:
            _await_port(server.port, process)
            yield server
        finally:
            process.terminate()
            process.wait(20)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _await_port(port: int, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + 20
    while True:
        with suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
            return
        if process.poll() is not None or time.monotonic() > deadline:
            raise AssertionError("exim4 does not listen; see what it says in its folder")
        time.sleep(0.05)


class Line:
    """A line to a server that breaks as `breaks` says, once so many bytes of the next mail have passed: `cut` at once,
    `unheard` when the server answers, its answer lost. It works again from the next connection on."""

    AFTER: Final = 4000

    def __init__(self, to_port: int) -> None:
        self._to_port = to_port
        self._breaks: str | None = None
        self._passed = 0
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.port = int(self._listening.getsockname()[1])

    def break_next(self, how: str | None) -> None:
        self._breaks, self._passed = how, 0

    @contextmanager
    def up(self) -> Iterator["Line"]:
        Thread(target=self._serve, daemon=True).start()
        try:
            yield self
        finally:
            with suppress(OSError):
                self._listening.shutdown(socket.SHUT_RDWR)
            self._listening.close()

    def _serve(self) -> None:
        with suppress(OSError):
            while True:
                client, _ = self._listening.accept()
                server = socket.create_connection(("127.0.0.1", self._to_port))
                for ends in ((client, server, True), (server, client, False)):
                    Thread(target=self._pass_on, args=ends, daemon=True).start()

    def _pass_on(self, source: socket.socket, target: socket.socket, towards_server: bool) -> None:
        with suppress(OSError):
            while data := source.recv(512):
                if self._broken(len(data) if towards_server else 0, towards_server):
                    break
                target.sendall(data)
        for end in (source, target):
            with suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
            end.close()

    def _broken(self, size: int, towards_server: bool) -> bool:
        self._passed += size
        if self._breaks is None or self._passed <= self.AFTER or towards_server != (self._breaks == "cut"):
            return False
        self._breaks = None
        return True
