"""gevent.pywsgi, forked, on one listening socket; gevent alone has no command line."""

from __future__ import annotations

from gevent import monkey
from gevent.pywsgi import WSGIServer
from prefork_workers import become_worker, listen, load_app, read_settings


def main() -> None:
    settings = read_settings()
    listener = listen(settings.host, settings.port)
    if become_worker(settings.workers):
        monkey.patch_all()  # before the app is imported, or it would hold on to blocking functions
        WSGIServer(listener, load_app(settings.app), log=None).serve_forever()


if __name__ == "__main__":
    main()
