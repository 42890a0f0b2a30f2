"""Packages that tests install start nothing."""

import subprocess

from tests.support.debian import no_services


def test_services_are_forbidden_while_packages_are_installed(tmp_path):
    policy = tmp_path / "policy-rc.d"
    with no_services(policy):
        assert subprocess.run([policy, "etcd", "start"]).returncode == 101
    assert not policy.exists()


def test_a_policy_that_is_there_is_left_alone(tmp_path):
    policy = tmp_path / "policy-rc.d"
    policy.write_text("#!/bin/sh\nexit 0\n")
    with no_services(policy):
        assert policy.read_text() == "#!/bin/sh\nexit 0\n"
    assert policy.exists()
