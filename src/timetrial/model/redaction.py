"""Texts without secrets: output of programs may contain URLs and keys from their settings."""

from __future__ import annotations

import base64
import re
from collections.abc import Iterable, Iterator, Mapping
from urllib.parse import unquote, unquote_plus

HIDDEN = "***"

_URL = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://[^\s'\"<>]+")
# It begins after the scheme: a search for the scheme would try each letter of a body.
_IN_AUTHORITY = re.compile(
    r"(?P<lead>(?<=[A-Za-z0-9+.-])://[^\s/?#'\"@:]*:)(?!\$[A-Z][A-Z0-9_]*@)[^\s/?#'\"]*@"
)
_IN_QUERY = re.compile(
    r"(?P<lead>[?&](?:(?:ssl)?pass(?:word|wd)?|pwd|(?:x[-_])?api[-_]?key|access[-_]?key|jwt|secret"
    r"|(?:access|refresh|id|auth|api|csrf|session|x-amz-security)?[-_]?token|client[-_]?secret"
    r"|session[-_]?id|(?:x-(?:amz|goog)-)?(?:sig|signature|credential))=)"
    # The engine puts a number in the place of {token}, and a shell a value in that of $NAME.
    r"(?!(?:\{token\}|\$[A-Z][A-Z0-9_]*)(?:[&#\s'\"]|$)|\*\*\*(?:[&#\s'\";,.:)]|$))"
    r"(?P<secret>[^&#\s'\"]*)",
    re.IGNORECASE,
)
_HEADERS = (
    r"(?:HTTP_)?(?:(?:proxy|x)[-_])?(?:authorization|(?:set[-_])?cookie2?|(?:x[-_])?api[-_]key"
    r"|x[-_](?:auth|access|csrf|xsrf)[-_](?:token|key)|x[-_]amz[-_]security[-_]token"
    r"|x[-_]goog[-_]api[-_]key|(?:private|job|x[-_]vault|x[-_]gitlab)[-_]token)"
)
# There is no value in advice on what to type ('Cookie: …', "Cookie: $COOKIE") and in "Cookie: ***".
_AND_VALUE = r":(?![ \t]*(?:…['\"]|\$[A-Z][A-Z0-9_]*\"|\*\*\*(?:[\s'\",;.)]|$)))[ \t]*"
_IS_HEADER = re.compile(_HEADERS, re.IGNORECASE)
_HEADER_QUOTED = re.compile(
    rf"(?P<lead>(?P<quote>['\"]){_HEADERS}{_AND_VALUE})(?!(?P=quote))"
    r"[^\r\n]*?(?=(?P=quote)|[\r\n]|$)",
    re.IGNORECASE,
)
_HEADER_AS_PAIR = re.compile(
    rf"(?P<lead>(?<![\w-]){_HEADERS}['\"]\s*[:,]\s*b?(?P<quote>['\"])).*?(?=(?P=quote)|[\r\n]|$)",
    re.IGNORECASE,
)
_HEADER_LINE = re.compile(
    rf"(?P<lead>(?<![\w'\"-]){_HEADERS}{_AND_VALUE})(?=\S)[^\r\n]*", re.IGNORECASE
)
_BEARER = re.compile(r"(?P<lead>\bBearer )[\w.~+/-]{16,}=*", re.IGNORECASE)
_ACCOUNT = re.compile(r"^(?P<lead>(?:[A-Za-z][A-Za-z0-9+.-]*://)?)[^/?#]*@")
_OF_A_SECRET = re.compile(
    r"(?:^|_)(?:PASS|PWD|TOKENS?|KEYS?|CREDENTIALS?|CREDS|SALT|DSN|SK|JWT|PAT|COOKIE)(?:_|$)"
    r"|(?:^|_)(?:AUTH|AUTHORIZATION|BEARER|SIGNATURE)$|SECRET|APIKEY|PASSW|PASSPHRASE",
    re.IGNORECASE,
)
_JSON_FIELD = re.compile(
    r"(?P<lead>(?P<quote>['\"])(?P<name>[\w-]+)(?P=quote)\s*:\s*(?P<open>['\"]))"
    r"[^\r\n]*?(?=(?P=open)|[\r\n]|$)"
)
_FORM_FIELD = re.compile(r"(?P<lead>(?<![\w-])(?P<name>[\w-]+)=)[^&\s'\"]+")
_KEY_LIKE = re.compile(r"(?<![\w+/=.-])(?=[\w+/=.-]*\d)(?=[\w+/=.-]*[A-Za-z])[\w+/=.-]{20,}")
"""A word of letters and digits that is longer than names are."""
_SHORTEST_COOKIE = 8
"""Shorter ones of several are words, such as a theme or a language."""
_SHORTEST_SECRET = 6
"""Shorter values are switches and numbers, which texts may contain for other reasons."""


def without_secrets(text: str, env: Mapping[str, str], *known: str) -> str:
    """Hide the passwords of all URLs, and the values of variables with the name of a secret.

    `env` holds the variables of the program that wrote `text`, `known` other texts with URLs.
    """
    text = without_passwords(text, *env.values(), *known)
    values = (value for name, value in env.items() if is_secret_variable(name))
    return without_known(text, {line.strip() for value in values for line in value.splitlines()})


def without_passwords(text: str, *known: str) -> str:
    """Replace passwords and tokens of all URLs in a text, and those of known URLs at any place.

    So are the values of headers with credentials, as programs write them into their logs.

    `known` holds texts that may contain URLs, such as the variables of the program behind `text`.
    """
    secrets = {
        secret for source in known for url in _URL.findall(source) for secret in _secrets(url)
    }
    for secret in sorted(secrets, key=len, reverse=True):
        text = text.replace(f":{secret}@", f":{HIDDEN}@")
        text = re.sub(rf"(?<!\w){re.escape(secret)}(?!\w)", HIDDEN, text)
    text = _IN_AUTHORITY.sub(rf"\g<lead>{HIDDEN}@", text)
    for shape in (_IN_QUERY, _HEADER_QUOTED, _HEADER_AS_PAIR, _HEADER_LINE, _BEARER):
        text = shape.sub(rf"\g<lead>{HIDDEN}", text)
    return text


def without_known(text: str, values: Iterable[str]) -> str:
    """Hide these values wherever they occur; short ones, which texts may contain, stay."""
    for value in sorted(values, key=len, reverse=True):
        if len(value) >= _SHORTEST_SECRET:
            text = text.replace(value, HIDDEN)
    return text


def secrets_of_variables(env: Mapping[str, str]) -> frozenset[str]:
    """List the secret values of variables: by their names, and the passwords of URLs."""
    by_name = (value for name, value in env.items() if is_secret_variable(name))
    lines = {line.strip() for value in by_name for line in value.splitlines()}
    urls = (url for value in env.values() for url in _URL.findall(value))
    return frozenset(lines.union(*map(_secrets, urls)))


def secrets_of_request(headers: Iterable[tuple[str, str]], path: str) -> frozenset[str]:
    """List the secret values of a request: in headers with credentials, and in its query."""
    values = [value for name, value in headers if is_credential_header(name)]
    found = {match["secret"] for match in _IN_QUERY.finditer(path)}
    for value in values:
        scheme, _, rest = value.partition(" ")
        found |= {value, rest.strip()} if scheme.isalnum() else {value}
        cookies = (pair.partition("=")[2].strip() for pair in value.split(";") if "=" in pair)
        found |= {cookie for cookie in cookies if len(cookie) >= _SHORTEST_COOKIE}
        if scheme.lower() == "basic":
            found |= _account_in(rest)
    return frozenset({unquote(value) for value in found} | found)


def _account_in(basic: str) -> set[str]:
    """Read the password of HTTP's Basic scheme, alone and behind its user."""
    try:
        account = base64.b64decode(basic).decode()
    except ValueError:
        return set()
    return {account, account.partition(":")[2]}


def starred(text: str) -> str:
    """Write stars over what may be secret in a response, of which a part is shown.

    That is in fields of JSON and forms with the name of a secret, and words as keys are. All else
    stays at its place.
    """
    for shape in (_JSON_FIELD, _FORM_FIELD):
        text = shape.sub(_starred_field, text)
    return _KEY_LIKE.sub(lambda match: "*" * len(match[0]), text)


def _starred_field(match: re.Match[str]) -> str:
    stars = "*" * (len(match[0]) - len(match["lead"]))
    return f"{match['lead']}{stars}" if _names_secret_field(match) else match[0]


def without_secret_fields(text: str) -> str:
    """Hide the values of fields of JSON, and of a form, that have the name of a secret."""
    for shape in (_JSON_FIELD, _FORM_FIELD):
        text = shape.sub(_hidden_field, text)
    return text


def _hidden_field(match: re.Match[str]) -> str:
    return f"{match['lead']}{HIDDEN}" if _names_secret_field(match) else match[0]


def secrets_of_fields(text: str) -> frozenset[str]:
    """List the values of fields of JSON, and of a form, that have the name of a secret."""
    fields = (match for shape in (_JSON_FIELD, _FORM_FIELD) for match in shape.finditer(text))
    values = {m[0].removeprefix(m["lead"]) for m in fields if _names_secret_field(m)}
    return frozenset(values.union(map(unquote_plus, values)))


def _names_secret_field(match: re.Match[str]) -> bool:
    return is_secret_variable(match["name"].replace("-", "_"))


def is_secret_variable(name: str) -> bool:
    """Whether a variable has the name of a secret."""
    return _OF_A_SECRET.search(name) is not None


def is_credential_header(name: str) -> bool:
    """Whether a header of that name says who sends the request."""
    return _IS_HEADER.fullmatch(name.strip()) is not None


def without_credentials(headers: Iterable[tuple[str, str]]) -> tuple[tuple[str, str], ...]:
    """Hide the values of headers with credentials; names and all other headers stay."""
    return tuple((name, HIDDEN if is_credential_header(name) else value) for name, value in headers)


def without_account(url: str) -> str:
    """Hide user and password of a URL, which may lack its scheme: a user may be a key, too."""
    return without_passwords(_ACCOUNT.sub(rf"\g<lead>{HIDDEN}@", url, count=1))


def _secrets(url: str) -> Iterator[str]:
    """List the passwords of a URL, as written and percent-decoded.

    A password that is also the name of the user or the host is no secret, and is left out.
    """
    scheme, _, rest = url.partition("://")
    account, _, place = rest.rpartition("@")
    user, _, password = account.partition(":")
    in_query = (match["secret"] for match in _IN_QUERY.finditer(url))
    written = [password, *(secret for secret in in_query if len(secret) >= _SHORTEST_SECRET)]
    named = {"", scheme, user, unquote(user), *re.split(r"[:/?#]", place)}
    for password in written:
        yield from {password, unquote(password)} - named
