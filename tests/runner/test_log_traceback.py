"""Of what a server has logged, the app's part of the last traceback is shown."""

from __future__ import annotations

from timetrial.runner.log_traceback import last_line, last_traceback

LOG = """\
[2026-11-21 17:53:39 +0000] [42] [INFO] Booting worker
ERROR:waitress:Exception while serving /
Traceback (most recent call last):
  File "/srv/shop/.venv/lib/python3.12/site-packages/waitress/channel.py", line 428, in service
    task.service()
  File "/srv/shop/.venv/lib/python3.12/site-packages/flask/app.py", line 1511, in wsgi_app
    response = self.full_dispatch_request()
               ^^^^^^^^^^^^^^^^^^^^^^^^^^^^
  File "/srv/shop/shop/views.py", line 12, in basket
    return total(items)
  File "/srv/shop/shop/sums.py", line 4, in total
    return sum(items) / len(items)
           ~~~~~~~~~~~^~~~~~~~~~~~
  File "/usr/lib/python3.12/statistics.py", line 3, in mean
    x / n
ZeroDivisionError: division by zero
something else
"""
SHOWN = """\
Traceback (most recent call last):
  File "/srv/shop/shop/views.py", line 12, in basket
    return total(items)
  File "/srv/shop/shop/sums.py", line 4, in total
    return sum(items) / len(items)
           ~~~~~~~~~~~^~~~~~~~~~~~
ZeroDivisionError: division by zero"""


def test_frames_of_the_server_and_of_packages_are_left_out() -> None:
    assert last_traceback(LOG) == SHOWN
    assert last_line(SHOWN) == SHOWN.splitlines()[-1]


def test_the_last_traceback_counts() -> None:
    later = LOG.replace("ZeroDivisionError: division by zero", "shop.errors.Empty")
    assert last_line(last_traceback(LOG + later)) == "shop.errors.Empty"


def test_lines_may_stand_behind_a_mark() -> None:
    marked = "".join(f"app | {line}\n" for line in LOG.splitlines())
    assert last_traceback(marked) == SHOWN


def test_only_the_first_line_may_stand_behind_a_mark() -> None:
    assert last_traceback(LOG.replace("Traceback (", "[error] 17:53 Traceback (")) == SHOWN


def test_groups_of_exceptions_are_drawn_as_trees() -> None:
    tree = "".join(f"  | {line}\n" for line in LOG.splitlines()[2:])
    assert last_traceback("  + Exception Group " + tree[4:]).endswith("division by zero")


def test_where_no_frame_is_the_apps_the_last_ones_are_shown() -> None:
    shown = last_traceback(LOG.replace("/srv/shop/shop/", "/usr/lib/python3.12/"))
    assert shown.count("  File ") == 2
    assert "statistics.py" in shown


def test_a_log_without_traceback_has_none() -> None:
    assert last_traceback("all is well\n") == ""
    assert last_traceback("Traceback (most recent call last):\n  cut off") == ""
    assert last_line("") == ""
