"""What the tests of integrations share."""

import os
import pathlib
import re
import subprocess
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[2]
CLOUDC = os.environ["CLOUDC"]
GOOD = (ROOT / "examples/one/cloud.yaml").read_text()
BAD = GOOD.replace("controlPlane:", "controlPlan:")


def environment(folder, **more):
    """Ours and nobody else's settings, with cloudc in the PATH."""
    path = f"{folder}:{pathlib.Path(CLOUDC).parent}:{os.environ['PATH']}"
    names = {"HOME": str(folder), "PATH": path, "LANG": "C.UTF-8", "GIT_CONFIG_NOSYSTEM": "1"}
    for role in ("AUTHOR", "COMMITTER"):
        names |= {f"GIT_{role}_NAME": "a", f"GIT_{role}_EMAIL": "a@example.org"}
    return names | more


def run(arguments, folder, env, wanted=0):
    """What a program says; its exit code must be the wanted one."""
    done = subprocess.run(arguments, cwd=folder, env=env, capture_output=True, text=True, timeout=300)
    said = done.stdout + done.stderr
    assert wanted is None or done.returncode == wanted, f"{arguments} ended with {done.returncode}:\n{said}"
    return said


def snippets(page, language, section):
    """Blocks of code of a section of a page of docs/."""
    text = (ROOT / "docs" / page).read_text()
    part = re.split(r"(?m)^## ", text)
    part = next(one for one in part if one.startswith(section))
    return re.findall(rf"(?ms)^```{language}\n(.*?)^```$", part)


def folder():
    return tempfile.TemporaryDirectory(prefix="cloudc-")
