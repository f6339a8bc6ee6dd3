"""Mail: a message with files to people, by the SMTP server of ACME_SMTP_URL.

Belongs here: composing, sending, and what the server's refusals mean. Not here: when a mail is due (`alerts.py`).
"""

import mimetypes
import smtplib
import ssl
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from email.message import EmailMessage
from ipaddress import ip_address
from pathlib import Path
from urllib.parse import SplitResult, unquote, urlsplit

from acme_platform.errors import MendInput, TryAgain

#: a sensor has a minute for all it does
TIMEOUT_SECONDS = 10
SUBMISSION, RELAY, TLS = 587, 25, 465


@dataclass(frozen=True)
class Mailer:
    """A server that takes our mail: `smtp://user:password@host:port`, or `smtps://` for TLS from the first byte."""

    url: str = field(repr=False)

    @property
    def address(self) -> str:
        """host:port, to be shown; never the password."""
        return f"{self._parts.hostname}:{self._port}"

    def send(self, to: Sequence[str], subject: str, text: str, files: Sequence[Path] = ()) -> None:
        """One mail to all of them. Raises MendInput where the server refuses, TryAgain where it is not ready."""
        message = self._composed(to, subject, text, files)
        with self._errors(), self._server() as server:
            server.send_message(message)

    @property
    def _parts(self) -> SplitResult:
        return urlsplit(self.url)

    @property
    def _port(self) -> int:
        usual = TLS if self._parts.scheme == "smtps" else SUBMISSION if self._parts.username else RELAY
        return self._parts.port or usual

    def _composed(self, to: Sequence[str], subject: str, text: str, files: Sequence[Path]) -> EmailMessage:
        message = EmailMessage()
        user = unquote(self._parts.username or "")
        # A server that lets us in takes its own user as sender; one without users takes whom it delivers to.
        message["From"] = user if "@" in user else to[0]
        message["To"] = ", ".join(to)
        message["Subject"] = " ".join(subject.split())
        message.set_content(text)
        for file in files:
            main, _, sub = (mimetypes.guess_type(file.name)[0] or "application/octet-stream").partition("/")
            text_as = {"charset": "utf-8"} if main == "text" else {}
            message.add_attachment(file.read_bytes(), maintype=main, subtype=sub, filename=file.name, params=text_as)
        return message

    @contextmanager
    def _server(self) -> Iterator[smtplib.SMTP]:
        """Connected, encrypted where the server can, and logged in."""
        parts, trusted = self._parts, ssl.create_default_context()
        host = parts.hostname or ""
        if parts.scheme == "smtps":
            server: smtplib.SMTP = smtplib.SMTP_SSL(host, self._port, timeout=TIMEOUT_SECONDS, context=trusted)
        else:
            server = smtplib.SMTP(host, self._port, timeout=TIMEOUT_SECONDS)
        with server:
            server.ehlo()
            secure = parts.scheme == "smtps"
            if not secure and server.has_extn("starttls"):
                server.starttls(context=trusted)
                secure = True
            if parts.username:
                self._login(server, secure=secure or _is_loopback(host))
            yield server

    def _login(self, server: smtplib.SMTP, *, secure: bool) -> None:
        if not secure:
            raise MendInput(
                f"the mail server {self.address} speaks no TLS, and a password is not sent in the open",
                "set ACME_SMTP_URL to a server with STARTTLS, to smtps://…, or without user and password",
            )
        user, password = unquote(self._parts.username or ""), unquote(self._parts.password or "")
        if not (user + password).isascii():
            raise MendInput("user or password of ACME_SMTP_URL is not plain ASCII, which SMTP asks for", "change it")
        server.login(user, password)

    @contextmanager
    def _errors(self) -> Iterator[None]:
        """The server's refusals, as mend the input or try again."""
        try:
            yield
        except smtplib.SMTPAuthenticationError as error:
            raise MendInput(f"the mail server {self.address} does not let us in", "mend ACME_SMTP_URL") from error
        except smtplib.SMTPRecipientsRefused as error:
            refused = ", ".join(f"{name}: {code} {said!r}" for name, (code, said) in error.recipients.items())
            raise MendInput(f"the mail server {self.address} refuses {refused}", "mend ACME_ALERT_TO") from error
        except ssl.SSLError as error:
            raise MendInput(
                f"the mail server {self.address} cannot be trusted: {error}", "mend ACME_SMTP_URL"
            ) from error
        except (smtplib.SMTPException, OSError) as error:
            raise TryAgain(f"the mail server {self.address} was not ready: {error}", "acme doctor") from error


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
