"""The hooks in pre-commit itself: from a clone of this repository, with the configuration that docs/ci.md shows."""

import pathlib
import sys

import yaml

from support import BAD, GOOD, ROOT, environment, folder, run, snippets

PRE_COMMIT = str(pathlib.Path(sys.executable).parent / "pre-commit")


def main():
    with folder() as top:
        top = pathlib.Path(top)
        env = environment(top, PRE_COMMIT_HOME=str(top / "cache"))
        hooks = top / "hooks"
        # A clone of what is here, committed or not.
        hooks.mkdir()
        definition = (ROOT / ".pre-commit-hooks.yaml").read_text()
        (hooks / ".pre-commit-hooks.yaml").write_text(definition)
        commit(hooks, env)
        run(["git", "tag", "v0"], hooks, env)
        run([PRE_COMMIT, "validate-manifest", ".pre-commit-hooks.yaml"], hooks, env)

        known = {hook["id"]: hook for hook in yaml.safe_load(definition)}
        assert {name: hook["language"] for name, hook in known.items()} == {"cloudc-lint": "rust", "cloudc-lint-system": "system"}
        # Both are the same but for where cloudc comes from.
        same = [{key: hook[key] for key in hook if key not in ("id", "language", "description")} for hook in known.values()]
        assert same[0] == same[1], same

        first, second = snippets("ci.md", "yaml", "pre-commit")
        assert "id: cloudc-lint\n" in first and "id: cloudc-lint-system\n" in second
        repository = top / "cloud"
        repository.mkdir()
        url, version = "https://github.com/cloudc/cloudc", yaml.safe_load(second)["repos"][0]["rev"]
        assert url in first and url in second
        (repository / ".pre-commit-config.yaml").write_text(second.replace(url, str(hooks)).replace(version, "v0"))
        (repository / "cloud.yaml").write_text(GOOD)
        (repository / "other.yaml").write_text("not: a cloud\n")
        (repository / "lab").mkdir()
        (repository / "lab/home.cloudc.yaml").write_text(GOOD)
        commit(repository, env, "")
        run([PRE_COMMIT, "validate-config"], repository, env)
        run([PRE_COMMIT, "install"], repository, env)

        # Commits go through the hook: a good cloud does, a bad one does not, and what is no cloud is not asked about.
        said = run([PRE_COMMIT, "run", "--all-files"], repository, env)
        assert "Passed" in said, said
        (repository / "lab/home.cloudc.yaml").write_text(BAD)
        run(["git", "add", "-A"], repository, env)
        said = run(["git", "commit", "-qm", "a slip"], repository, env, wanted=1)
        assert "lab/home.cloudc.yaml:17:1" in said and "unknown-key" in said and "exit code: 1" in said, said
        assert "other.yaml" not in said, said

        # With --fix the file is mended, which stops the commit for people to look.
        config = repository / ".pre-commit-config.yaml"
        config.write_text(config.read_text().replace("id: cloudc-lint-system\n", "id: cloudc-lint-system\n        args: [--fix]\n"))
        run(["git", "add", "-A"], repository, env)
        said = run(["git", "commit", "-qm", "a slip"], repository, env, wanted=1)
        assert "files were modified by this hook" in said, said
        assert (repository / "lab/home.cloudc.yaml").read_text() == GOOD
        run(["git", "add", "-A"], repository, env)
        run(["git", "commit", "-qm", "mended"], repository, env)
        (repository / "other.yaml").write_text("still: none\n")
        run(["git", "add", "-A"], repository, env)
        said = run(["git", "commit", "-qm", "no cloud"], repository, env)
        assert "no files to check" in said, said
    print("pre-commit: hooks pass, stop and mend as they should")


def commit(repository, env, message="first"):
    run(["git", "init", "-q", "-b", "main"], repository, env)
    run(["git", "add", "-A"], repository, env)
    run(["git", "commit", "-qm", message or "first"], repository, env)


main()
