"""Programs that a supervisor must be able to end. `hostile_agent.py MODE`; each says "ready" on
standard output once it does what its name says, and ends by itself after LIFETIME seconds."""

import multiprocessing
import os
import signal
import sys
import time

LIFETIME = 8.0
DEADLINE = time.monotonic() + LIFETIME
PROCESSES_MAX = 200  # of the ones that multiply


def ready():
    os.write(1, b"ready\n")


def live():
    while time.monotonic() < DEADLINE:
        time.sleep(0.05)


def polite():
    """Ends on SIGTERM, with success."""
    signal.signal(signal.SIGTERM, lambda *_: os._exit(0))
    ready()
    live()


def stubborn():
    """Ignores every signal that can be ignored."""
    for number in set(signal.Signals) - {signal.SIGKILL, signal.SIGSTOP}:
        signal.signal(number, signal.SIG_IGN)
    ready()
    live()


def daemon():
    """Forks twice, leaves session and folder, and ignores SIGTERM; the command itself ends."""
    if os.fork():
        os._exit(3)
    os.setsid()
    if os.fork():
        os._exit(0)
    os.chdir("/")
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    ready()
    live()


def closed():
    """Closes every descriptor it has."""
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    ready()
    os.closerange(0, 256)
    live()


def stopped():
    """Stops itself, so that SIGTERM waits for somebody to continue it."""
    if os.fork():
        live()
    ready()
    os.kill(os.getpid(), signal.SIGSTOP)


def bomb():
    """Doubles up to PROCESSES_MAX, and who sees a child die starts another."""
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    room = multiprocessing.Semaphore(PROCESSES_MAX)
    command = os.getpid()
    full = False
    while time.monotonic() < DEADLINE:
        while child_died():
            room.release()
        if room.acquire(block=False):
            os.fork()
        elif os.getpid() == command and not full:
            full = True
            ready()
        else:
            time.sleep(0.002)


def child_died():
    try:
        return os.waitpid(-1, os.WNOHANG)[0] != 0
    except ChildProcessError:
        return False


def hop(step=lambda: None):
    """Forty chains in which each process forks its successor and ends: who is listed is not there
    any more. The command itself stays."""
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    for _ in range(40):
        if os.fork():
            continue
        os.setsid()
        while time.monotonic() < DEADLINE:
            if os.fork():
                os._exit(0)
            step()
        os._exit(0)
    ready()
    live()


def wander():
    """As `hop`, and each is in a session of its own."""
    hop(os.setsid)


def respawn():
    """Two that start each other anew."""
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    while time.monotonic() < DEADLINE:
        child = os.fork()
        if not child:
            os.setsid()
            parent = os.getppid()
            while time.monotonic() < DEADLINE and os.getppid() == parent:
                time.sleep(0.001)
            continue  # the parent is gone: take its place
        ready()
        os.waitpid(child, 0)


if __name__ == "__main__":
    globals()[sys.argv[1]]()
