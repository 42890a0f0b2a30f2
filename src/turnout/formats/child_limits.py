"""What a process may use that decodes a file of a stranger; it limits itself before it reads."""

import resource


def limit_process(memory: int, cpu_s: int) -> None:
    """No more memory (bytes) and CPU (seconds) than that, and no files and core dumps."""
    for what, most in (
        (resource.RLIMIT_AS, memory),
        (resource.RLIMIT_CPU, cpu_s),
        (resource.RLIMIT_FSIZE, 0),
        (resource.RLIMIT_CORE, 0),
    ):
        resource.setrlimit(what, (most, most))


def allow_cpu(seconds: int) -> None:
    """Be ended after so many seconds of CPU from now on, within what `limit_process` allows."""
    used = sum(resource.getrusage(resource.RUSAGE_SELF)[:2])
    hard = resource.getrlimit(resource.RLIMIT_CPU)[1]
    wanted = int(used) + 1 + seconds
    soft = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
    resource.setrlimit(resource.RLIMIT_CPU, (soft, hard))
