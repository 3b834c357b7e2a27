"""Asks the upstream for its document, with a new client, and so a new connection, every time."""

import os
import ssl

import aiohttp
import httpx
import requests

URL = os.environ["UPSTREAM_URL"]
CA_FILE = os.environ["UPSTREAM_CA"]
TIMEOUT_S = 30


def by_requests():
    with requests.Session() as client:
        response = client.get(URL, verify=CA_FILE, timeout=TIMEOUT_S)
    response.raise_for_status()
    return response.json()


def by_httpx():
    with httpx.Client(verify=trust(), timeout=TIMEOUT_S) as client:
        response = client.get(URL)
    response.raise_for_status()
    return response.json()


async def by_httpx_async():
    async with httpx.AsyncClient(verify=trust(), timeout=TIMEOUT_S, http2=True) as client:
        response = await client.get(URL)
    response.raise_for_status()
    return response.json()


async def by_aiohttp():
    timeout = aiohttp.ClientTimeout(total=TIMEOUT_S)
    async with (
        aiohttp.ClientSession(timeout=timeout, raise_for_status=True) as client,
        client.get(URL, ssl=trust()) as response,
    ):
        return await response.json()


def trust():
    return ssl.create_default_context(cafile=CA_FILE)
