"""The least that ASGI and RSGI allow on WebSockets: what is left is the cost of the server.

`/echo` answers each message with itself. `/chat` sends each message to all connections of the
same process, its sender included.
"""

TEXT = "text/plain; charset=utf-8"
HELLO = b"Hello world!"
NOT_FOUND = b"Not found"
UPGRADE = b"This is the path of a WebSocket."
CLOSED, BYTES, STRING = 0, 1, 2
"""Kinds of messages in RSGI."""

members = set()
"""How each of the chat is sent to."""


def response_of(path):
    if path == "/hello":
        return "200 OK", HELLO
    if path in {"/echo", "/chat"}:
        return "426 Upgrade Required", UPGRADE
    return "404 Not Found", NOT_FOUND


async def to_all(send_to):
    """Send to each member by `send_to`; a member that cannot be reached is removed."""
    for member in tuple(members):
        try:
            await send_to(member)
        except Exception:  # noqa: BLE001 - each server has errors of its own
            members.discard(member)


def wsgi(environ, start_response):
    status, body = response_of(environ["PATH_INFO"])
    start_response(status, [("Content-Type", TEXT), ("Content-Length", str(len(body)))])
    return [body]


async def asgi(scope, receive, send):
    if scope["type"] == "websocket":
        await receive()
        conversation = {"/echo": echo, "/chat": chat}.get(scope["path"])
        if conversation is None:
            await send({"type": "websocket.close"})
        else:
            await send({"type": "websocket.accept"})
            await conversation(receive, send)
    elif scope["type"] == "http":
        await answer(scope["path"], send)
    elif scope["type"] == "lifespan":
        await lifespan(receive, send)


async def echo(receive, send):
    while (message := await receive())["type"] == "websocket.receive":
        await send(as_sent(message))


async def chat(receive, send):
    members.add(send)
    try:
        while (message := await receive())["type"] == "websocket.receive":
            sent = as_sent(message)
            await to_all(lambda member, sent=sent: member(sent))
    finally:
        members.discard(send)


def as_sent(message):
    text = message.get("text")
    if text is None:
        return {"type": "websocket.send", "bytes": message["bytes"]}
    return {"type": "websocket.send", "text": text}


async def answer(path, send):
    status, body = response_of(path)
    headers = [(b"content-type", TEXT.encode()), (b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": int(status[:3]), "headers": headers})
    await send({"type": "http.response.body", "body": body})


async def lifespan(receive, send):
    while True:
        message = await receive()
        await send({"type": f"{message['type']}.complete"})
        if message["type"] == "lifespan.shutdown":
            return


async def rsgi(scope, protocol):
    if scope.proto == "ws":
        conversation = {"/echo": rsgi_echo, "/chat": rsgi_chat}.get(scope.path)
        if conversation is None:
            protocol.close(404)
        else:
            await conversation(await protocol.accept())
            protocol.close()
        return
    status, body = response_of(scope.path)
    headers = [("content-type", TEXT), ("content-length", str(len(body)))]
    protocol.response_bytes(status=int(status[:3]), headers=headers, body=body)


async def rsgi_echo(transport):
    while (message := await transport.receive()).kind != CLOSED:
        await rsgi_send(transport, message)


async def rsgi_chat(transport):
    members.add(transport)
    try:
        while (message := await transport.receive()).kind != CLOSED:
            await to_all(lambda member, message=message: rsgi_send(member, message))
    finally:
        members.discard(transport)


async def rsgi_send(transport, message):
    send = transport.send_str if message.kind == STRING else transport.send_bytes
    await send(message.data)
