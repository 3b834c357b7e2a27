"""Before a run is measured: each stack is started once to read its effective configuration."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor, as_completed
from pathlib import Path

from timetrial.machine.ports import free_port
from timetrial.model import DraftSuite, ProbingConfigs, Run, Stack, StackConfiguration, StackFailed
from timetrial.runner.known_failures import declared, failed_before_measurement
from timetrial.runner.prepare import Prepared
from timetrial.runner.run_context import ConfigProbe, RunContext
from timetrial.runner.starter import probes_of
from timetrial.stacks.fingerprint.declared_config import declared_config
from timetrial.stacks.fingerprint.launch import launch_to_look_at, with_placeholders
from timetrial.stacks.fingerprint.look import look_at
from timetrial.stacks.launch_builder import HOST

AT_ONCE = 4
"""Stacks that start at the same time; more would wait for each other's CPU."""


def probe_configs(run: Run, context: RunContext) -> None:
    """Store the effective configuration of all stacks of which the run has none yet.

    Each stack is started once for that, `AT_ONCE` of them at a time; nothing is measured.
    """
    stacks = _not_probed(run, context.not_installed)
    if context.probe is None or not stacks:
        return
    context.observer(ProbingConfigs(0, len(stacks)))
    with ThreadPoolExecutor(AT_ONCE) as pool:
        probes = [pool.submit(context.probe, stack) for stack in stacks]
        try:
            for number, done in enumerate(as_completed(probes), start=1):
                context.store.add_configuration(run.number, done.result())
                context.observer(ProbingConfigs(number, len(stacks)))
        except BaseException:
            pool.shutdown(wait=True, cancel_futures=True)
            raise


def real_probe(
    suite: DraftSuite, prepared: Prepared, cpus: tuple[int, ...], work_dir: Path
) -> ConfigProbe:
    """Probe real servers, each on a free port."""

    def probe(stack: Stack) -> StackConfiguration:
        parts = prepared.stacks[stack.name]
        secret_path = f"/-/timetrial/{secrets.token_hex(8)}"
        launch = launch_to_look_at(
            parts,
            port=free_port(HOST),
            cpus=cpus,
            log=work_dir / "logs" / f"{stack.name}-looked-at.log",
            probe=probes_of(suite, stack)[0],
            secret_path=secret_path,
        )
        command = with_placeholders(launch, parts)
        answering_path = None if stack.interface == "program" else secret_path
        declaration = declared_config(stack, command, keep_alive=parts.server.keep_alive)
        return look_at(stack.name, declaration, command, launch, answering_path)

    return probe


def _not_probed(run: Run, not_installed: Mapping[str, StackFailed]) -> list[Stack]:
    """List the stacks that are going to be measured; a control is what its stack is."""
    suite = run.plan.suite
    probed = {configuration.stack for configuration in run.configurations}
    broken = not_installed.keys() | failed_before_measurement(run).keys()
    pending = {t.cell.stack for t in run.pending() if declared(suite, t.cell) is None}
    return [
        stack
        for stack in suite.stacks
        if stack.name in pending - probed - broken and not stack.control_of
    ]
