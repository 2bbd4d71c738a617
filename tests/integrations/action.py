"""The action: its steps are run as the runner of GitHub runs them, with `bash -eo pipefail` and what GitHub sets; only `gh` is a stand-in."""

import json
import pathlib
import re
import subprocess

import yaml

from support import BAD, GOOD, ROOT, environment, folder, run, snippets

ACTION = yaml.safe_load((ROOT / "action.yml").read_text())

# Answers for GitHub's API, and writes down what it was asked.
GH = """#!/usr/bin/env python3
import json, os, pathlib, sys
here = pathlib.Path(os.environ["HOME"])
asked = sys.argv[1:]
bodies = [pathlib.Path(one.split("body=@")[1]).read_text() for one in asked if one.startswith("body=@")]
with open(here / "asked", "a") as log:
    print(json.dumps([asked, bodies, os.environ["GH_TOKEN"]]), file=log)
if "--jq" in asked:
    print((here / "comment").read_text() if (here / "comment").exists() else "", end="")
"""


class Job:
    """A repository on a runner, with a pull request that changes its cloud."""

    def __init__(self, top, event="pull_request"):
        self.top = pathlib.Path(top)
        self.repository = self.top / "repository"
        self.repository.mkdir()
        self.event = event
        (self.top / "gh").write_text(GH)
        (self.top / "gh").chmod(0o755)
        self.env = environment(
            top, CI="true", GITHUB_ACTIONS="true", GITHUB_BASE_REF="main", GITHUB_REPOSITORY="me/cloud", GITHUB_EVENT_NAME=event,
            GITHUB_ACTION_PATH=str(ROOT), GITHUB_STEP_SUMMARY=str(self.top / "summary"), RUNNER_TEMP=str(self.top),
        )
        self.git("init", "-q", "-b", "main")
        self.cloud(GOOD, "first")
        self.git("update-ref", "refs/remotes/origin/main", "HEAD")
        self.git("checkout", "-q", "-b", "change")

    def git(self, *arguments):
        return run(["git", *arguments], self.repository, self.env)

    def cloud(self, text, message, build=True):
        (self.repository / "cloud.yaml").write_text(text)
        if build:
            run(["cloudc", "build"], self.repository, self.env, wanted=None)
        self.git("add", "-A")
        self.git("commit", "-qm", message)

    def run(self, **inputs):
        """Runs the steps; name, exit code and words of each that is not skipped. As on GitHub, a failure skips the rest."""
        unknown = inputs.keys() - {name.replace("-", "_") for name in ACTION["inputs"]}
        assert not unknown, unknown
        given = {name: inputs.get(name.replace("-", "_"), declared["default"]) for name, declared in ACTION["inputs"].items()}
        self.known = {f"inputs.{name}": self.expand(value, {}) for name, value in given.items()}
        done = []
        for step in ACTION["runs"]["steps"]:
            if not self.holds(step.get("if", "'a' == 'a'")):
                continue
            if "uses" in step:
                done.append((step["name"], 0, {key: self.expand(value, self.known) for key, value in step["with"].items()}))
                continue
            assert step["shell"] == "bash", step
            assert "${{" not in step["run"], f"{step['name']}: what comes from outside would be run"
            script = self.top / "script.sh"
            script.write_text(step["run"])
            env = self.env | {name: self.expand(value, self.known) for name, value in step.get("env", {}).items()}
            place = self.repository / self.expand(step.get("working-directory", "."), self.known)
            ended = subprocess.run(
                ["bash", "--noprofile", "--norc", "-eo", "pipefail", script], cwd=place, env=env, capture_output=True, text=True, timeout=300
            )
            done.append((step["name"], ended.returncode, ended.stdout + ended.stderr))
            if ended.returncode != 0:
                break
        return done

    def expand(self, text, known):
        names = known | {"github.token": "t0ken", "github.event.pull_request.number": "7", "runner.temp": str(self.top)}
        return re.sub(r"\$\{\{ *(.*?) *\}\}", lambda match: names[match[1]], text)

    def holds(self, condition):
        names = self.known | {"github.event_name": self.event}
        value = lambda text: text[1:-1] if text.startswith("'") else names[text]
        return all(value(one.split(" == ")[0]) == value(one.split(" == ")[1]) for one in condition.split(" && "))

    def asked(self):
        log = self.top / "asked"
        asked = [json.loads(line) for line in log.read_text().splitlines()] if log.exists() else []
        log.unlink(missing_ok=True)
        return asked


def names(done):
    return [(name, code) for name, code, _ in done]


def a_change_is_told():
    with folder() as top:
        job = Job(top)
        job.cloud(GOOD.replace("v1.35.4", "v1.35.5"), "newer")
        done = job.run()
        assert names(done) == [("Install", 0), ("Lint", 0), ("Check", 0), ("Diff", 0)], done
        [(listed, _, _), (posted, [body], token)] = job.asked()
        assert listed[1:3] == ["--paginate", "repos/me/cloud/issues/7/comments"], listed
        assert posted[:5] == ["api", "--silent", "--method", "POST", "repos/me/cloud/issues/7/comments"], posted
        assert body.startswith("**cloudc diff**") and "v1.35.4 -> v1.35.5" in body and token == "t0ken", body
        assert (job.top / "summary").read_text() == body
        # The comment that is there is written anew.
        (job.top / "comment").write_text("41\n42\n")
        job.run()
        [_, (patched, _, _)] = job.asked()
        assert patched[3:5] == ["PATCH", "repos/me/cloud/issues/comments/42"], patched
        # A denied effect fails the job, after it was told.
        done = job.run(deny="live,restart,connectivity,reboot")
        assert names(done)[-1] == ("Diff", 1) and "denied effect" in done[-1][2] and len(job.asked()) == 2, done
        assert names(job.run(deny="data-loss"))[-1] == ("Diff", 0)
        assert names(job.run(diff="false"))[-1] == ("Check", 0)


def a_finding_fails():
    with folder() as top:
        job = Job(top)
        job.cloud(BAD, "a slip", build=False)
        done = job.run(sarif="true")
        assert names(done) == [("Install", 0), ("Findings for code scanning", 0), ("Upload", 0), ("Lint", 1)], done
        assert "::error file=cloud.yaml,line=17,col=1,endLine=17,endColumn=12,title=unknown-key::" in done[-1][2], done
        report = json.loads(pathlib.Path(done[2][2]["sarif_file"]).read_text())
        assert report["version"] == "2.1.0" and report["runs"][0]["results"][0]["ruleId"] == "unknown-key"
        assert not job.asked()
        # A warning fails on demand.
        job.cloud(GOOD.replace("delivery:", "#delivery:").replace("  git: {url", "#  git: {url"), "a warning")
        assert names(job.run())[-1] == ("Diff", 0)
        assert names(job.run(deny_warnings="true"))[-1] == ("Lint", 1)


def a_stale_directory_fails():
    with folder() as top:
        job = Job(top)
        job.cloud(GOOD.replace("v1.35.4", "v1.35.5"), "newer", build=False)
        done = job.run()
        assert names(done)[-1] == ("Check", 1) and "would be updated" in done[-1][2], done
        assert names(job.run(check="false"))[-1] == ("Diff", 0)


def what_is_missing_is_said():
    with folder() as top:
        job = Job(top)
        job.git("update-ref", "-d", "refs/remotes/origin/main")
        done = job.run()
        assert names(done)[-1] == ("Diff", 1) and "check out with fetch-depth 0" in done[-1][2], done
        assert names(job.run(file="none.yaml"))[-1] == ("Lint", 2)
        # What comes from outside is a name of a file, whatever it says.
        assert names(job.run(file="$(touch taken); touch taken", sarif="true"))[-1] == ("Findings for code scanning", 2)
        assert not (job.repository / "taken").exists()
    with folder() as top:
        job = Job(top, event="push")
        assert names(job.run())[-1] == ("Check", 0) and not job.asked()
        (job.repository / "below").mkdir()
        assert names(job.run(working_directory="below"))[-1] == ("Check", 0)


def the_page_is_right():
    [workflow] = snippets("ci.md", "yaml", "GitHub")
    workflow = yaml.safe_load(workflow)
    [job] = workflow["jobs"].values()
    [checkout, ours] = job["steps"]
    assert checkout["with"] == {"fetch-depth": 0} and ours["uses"].startswith("cloudc/cloudc@")
    assert ours["with"].keys() <= ACTION["inputs"].keys()
    wants = {"contents": "read", "pull-requests": "write", "security-events": "write"}
    assert workflow["permissions"] == wants
    with folder() as top:
        given = {name.replace("-", "_"): str(value).lower() if isinstance(value, bool) else value for name, value in ours["with"].items()}
        done = Job(top).run(**given)
        assert [code for _, code in names(done)] == [0] * 6, done
    page = (ROOT / "docs/ci.md").read_text()
    for name in ACTION["inputs"]:
        assert f"| `{name}` |" in page, f"docs/ci.md does not say what `{name}` is"
    [gitlab] = snippets("ci.md", "yaml", "GitLab")
    script = yaml.safe_load(gitlab)["cloudc"]["script"]
    with folder() as top:
        job = Job(top)
        for line in script[1:]:
            run(["bash", "-eo", "pipefail", "-c", line], job.repository, job.env)
        assert json.loads((job.repository / "cloudc.json").read_text()) == []


for test in (a_change_is_told, a_finding_fails, a_stale_directory_fails, what_is_missing_is_said, the_page_is_right):
    test()
print("action: steps do what they say")
