"""The body of a request that is sent once, before a measurement: whole, and never after 100."""

from __future__ import annotations

from timetrial.machine.upload_content import content_of
from timetrial.model import Request

_BOUNDARY = "timetrial-boundary-of-the-first-request"
_CHUNK_BYTES = 64 * 1024


def sent_body(probe: Request) -> tuple[bytes, dict[str, str]]:
    """Return the body as it is on the wire, and the headers that say how it is sent."""
    upload = probe.upload
    if upload is None:
        return probe.body, {"Content-Length": str(len(probe.body))} if probe.body else {}
    content, headers = content_of(upload), {"Content-Type": "application/octet-stream"}
    if upload.field:
        headers["Content-Type"] = f"multipart/form-data; boundary={_BOUNDARY}"
        field, name = (text.replace('"', "%22") for text in (upload.field, upload.file_name))
        before = (
            f'--{_BOUNDARY}\r\nContent-Disposition: form-data; name="{field}"; filename="{name}"'
            "\r\nContent-Type: application/octet-stream\r\n\r\n"
        )
        content = b"".join((before.encode(), content, f"\r\n--{_BOUNDARY}--\r\n".encode()))
    if not upload.chunked:
        return content, headers | {"Content-Length": str(len(content))}
    chunks = (content[at : at + _CHUNK_BYTES] for at in range(0, len(content), _CHUNK_BYTES))
    framed = b"".join(b"%x\r\n%b\r\n" % (len(chunk), chunk) for chunk in chunks)
    return framed + b"0\r\n\r\n", headers | {"Transfer-Encoding": "chunked"}
