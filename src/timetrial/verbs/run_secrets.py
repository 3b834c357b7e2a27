"""What of a verb's options is secret, and by which references its run knows it again."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from timetrial.features.race.resume import GivenSecrets
from timetrial.model.redaction import secrets_of_variables
from timetrial.model.secret import Place, SecretReference
from timetrial.project.app_options import AppOptions
from timetrial.project.variables import given_variables
from timetrial.stacks.services.client import Access
from timetrial.store.secrets import Origins, Secrets
from timetrial.verbs.options.requests import WAYS, RequestOptions
from timetrial.verbs.options.streams import StreamOptions
from timetrial.verbs.options.websocket import WebSocketOptions


def secrets_of(
    options: RequestOptions, app_options: AppOptions, external: Mapping[str, Access]
) -> Secrets:
    """Hold the secrets of an app's variables and services, and say where requests come from."""
    variables = {variable.name: variable.value for variable in given_variables(app_options)}
    urls = {f"URL of {name}": access.url for name, access in external.items()}
    return Secrets(secrets_of_variables({**variables, **urls}), _origins(options))


def given_secrets(app_options: AppOptions, external: Mapping[str, Access]) -> GivenSecrets:
    """Return the values of variables and services, by place and name."""
    given: dict[tuple[Place, str], str] = {
        ("variable", variable.name): variable.value for variable in given_variables(app_options)
    }
    given |= {("service", name): access.url for name, access in external.items()}
    return given


def references(
    held: Secrets, app_options: AppOptions, external: Mapping[str, Access]
) -> tuple[SecretReference, ...]:
    """Refer to the app's variables, and to the URLs of services that are not started here."""
    return tuple(_references(held, app_options, external))


def _references(
    held: Secrets, app_options: AppOptions, external: Mapping[str, Access]
) -> Iterator[SecretReference]:
    for variable in given_variables(app_options):
        yield held.reference("variable", variable.name, variable.value, variable.origin)
    for name, access in external.items():
        yield held.reference("service", name, access.url, f"--{name}")


def _origins(options: RequestOptions) -> Origins:
    way = next((name for name in WAYS if getattr(options, name)), "paths")
    given = getattr(options, way)
    flag = options.flag(way)
    headers = frozenset(name.lower() for name, _ in options.headers)
    if isinstance(options, WebSocketOptions) and options.websocket is not None:
        return Origins("--send …", headers)
    if isinstance(options, StreamOptions) and options.sse is not None:
        return Origins("--sse …", headers)
    return Origins(flag if way == "paths" else f"{flag} {given}", headers)
