"""cloudc lsp in Neovim, with the set-up that docs/editors.md shows for its version: what a person sees and does there."""

import json
import pathlib
import re
import shutil

from support import ROOT, environment, folder, run, snippets

HERE = pathlib.Path(__file__).resolve().parent


class Neovim:
    def __init__(self, top):
        self.top = pathlib.Path(top)
        self.env = environment(top, XDG_CONFIG_HOME=str(self.top / "config"), XDG_DATA_HOME=str(self.top / "data"), XDG_STATE_HOME=str(self.top / "state"))
        version = re.search(r"NVIM v0\.(\d+)", run(["nvim", "--version"], top, self.env))
        section = "Neovim (0.7" if int(version[1]) < 11 else "Neovim (0.11"
        [setup] = snippets("editors.md", "lua", section)
        (self.top / "init.lua").write_text(setup)

    def do(self, cloud, *steps):
        """What came of each step."""
        result = self.top / "result"
        env = self.env | {"PLAN": json.dumps(steps), "RESULT": str(result)}
        script = str(HERE / "neovim.lua")
        arguments = ["-i", "NONE", "-n", "--cmd", f"luafile {script}", "-u", str(self.top / "init.lua"), str(cloud), "-c", f"luafile {script}"]
        said = run(["nvim", "--headless", *arguments], cloud.parent, env)
        got = json.loads(result.read_text())
        assert got["why"] is None, f"{got['why']}\n{said}"
        return got["done"]


def findings(count):
    """Awaits as many. Both larger examples have a component that upstream has retired, so a warning."""
    return {"step": "findings", "count": count}


def hover(at):
    return {"step": "hover", "at": at}


def complete(at, write):
    return {"step": "complete", "at": at, "write": write}


def definition(at):
    return {"step": "definition", "at": at}


def action(at, title=None):
    return {"step": "action", "at": at, "title": title}


def replace(old, new):
    return {"step": "replace", "from": old, "to": new}


def example(top, folder, name=None):
    """A copy of an example in a folder of its own."""
    cloud = pathlib.Path(top) / folder / "cloud.yaml"
    cloud.parent.mkdir()
    for file in ("cloud.yaml", "cloud.lock"):
        shutil.copy(ROOT / "examples" / (name or folder) / file, cloud.parent / file)
    return cloud


def a_slip_is_shown_and_mended(top, neovim):
    cloud = example(top, "one")
    good = cloud.read_text().rstrip("\n")
    done = neovim.do(
        cloud,
        replace("controlPlane:", "controlPlan:  # ours"),
        findings(1),
        action("controlPl^an", "Replace `controlPlan` with `controlPlane`"),
        findings(0),
        {"step": "text"},
        replace("volume: data", "volume: dta"),
        findings(1),
        action("volume: d^ta", "Replace `dta` with `data`"),
        findings(0),
    )
    [[line, column, source, message]] = done[1]
    assert (line, column, source) == (17, 1, "cloudc") and "unknown key `controlPlan` at the top level" in message, done[1]
    assert done[4] == good.replace("controlPlane:", "controlPlane:  # ours"), done[4]
    assert done[6][0][0] == 29 and "`dta`" in done[6][0][3], done[6]


def pages_say_what_is_known(top, neovim):
    cloud = example(top, "home")
    done = neovim.do(
        cloud,
        findings(1),
        hover("sched^ulable"),
        hover("r^pi1: {"),
        hover("rook^-ceph"),
        hover("x^86:"),
        hover("servi^ces: 10"),
        {"step": "symbols"},
    )
    # A field, with what it takes.
    assert "controlPlane.schedulable" in done[1] and "Whether workloads run on control-plane nodes" in done[1], done[1]
    # What defaults, classes and components made of a machine.
    for said in ("rpi1", "/dev/mmcblk0", "rpi_generic"):
        assert said in done[2], done[2]
    # What a component installs and does to machines.
    for said in ("releases        rook-ceph v", "StorageClasses  ceph-block (the default)"):
        assert said in done[3], done[3]
    assert "nodeClasses.<name>" in done[4], done[4]
    assert "network.services" in done[5], done[5]
    _, linstor, tenant = neovim.do(example(top, "cozy2", "cozy"), findings(1), hover("lin^stor:"), hover("  d^ev:"))
    for said in ("API         192.168.100.240, port 6443", "machines    md0: 1 to 10"):
        assert said in tenant, tenant
    for said in ("adds to machines", "srv1, srv2, srv3:", "drbd (usermode_helper=disabled)"):
        assert said in linstor, linstor
    outline = "\n".join(done[6])
    for name in ("apiVersion", "nodeClasses", "pi4", "ryzen1", "calico", "etcd-backup"):
        assert name in outline, outline


def names_lead_to_what_they_mean(top, neovim):
    home, cozy = example(top, "home2", "home"), example(top, "cozy")
    own = home.parent / "components/mine/component.yaml"
    own.parent.mkdir(parents=True)
    own.write_text(OWN)
    home.write_text(home.read_text() + "  mine: {}\n")
    done = neovim.do(
        home,
        findings(1),
        definition("class: p^i4"),
        definition("extends: x^86"),
        definition("devices: {volume: o^sd0"),
        definition("m^ine: {}"),
    )
    assert [line.strip() for line in done[1:]] == ["pi4:", "x86:", "osd0: {kind: raw, minSize: 340GiB}", OWN.split("\n")[0]], done
    cozy.write_text(cozy.read_text().replace("    workers: kubeadm\n", "    workers: kubeadm\n    loadBalancers: {pool: lan}\n"))
    done = neovim.do(
        cozy,
        findings(1),
        definition("pool: l^an"),
        definition("from: repl^icated"),
        definition("volume: d^ata}"),
    )
    lines = [line.strip() for line in done[1:]]
    assert lines[0].startswith("lan: {addresses:") and lines[1].startswith("replicated: {pool: data") and lines[2].startswith("data: {kind: raw"), lines


def what_may_be_written_is_offered(top, neovim):
    cloud = example(top, "home3", "home")
    done = neovim.do(
        cloud,
        findings(1),
        complete("  schedulable: false", "  ^"),
        complete("    home: {", "    home: {addresses: [192.168.21.0/26], advertise: ^}"),
        complete("  minio: {}", "  ^"),
        complete("  rpi1: {", "  rpi1: {class: ^}"),
        complete("  nuc: {extends", "  nuc: {extends: x86, extensions: [i9^]}"),
        complete("    devices: {", "    devices: {volume: ^}"),
        complete("versions:", "^"),
    )
    keys, values, components, classes, extensions, volumes, top_level = done[1:]
    assert "allowSchedulingOnControlPlanes" not in keys and "schedulable" in keys and "endpoint" not in keys, keys
    assert sorted(values) == ["bgp", "l2"], values
    assert "linstor" in components and "calico" not in components, components
    assert sorted(classes) == ["nuc", "pi4", "ryzen", "x86"], classes
    assert "i915" in extensions, extensions
    assert volumes[:1] == ["EPHEMERAL"] and "osd0" in volumes, volumes
    assert "versions" in top_level and "network" not in top_level, top_level


def emitted_files_are_a_step_away(top, neovim):
    cloud = example(top, "built", "home")
    run(["cloudc", "build"], cloud.parent, neovim.env)
    done = neovim.do(cloud, findings(1), action("n^uc1: {", "Open emitted talos/machines/nuc1.yaml"))
    shown = pathlib.Path(done[1]["shown"])
    assert shown == cloud.parent / "talos/machines/nuc1.yaml", done
    assert done[1]["first"] == shown.read_text().split("\n")[0], done


# A component of the user's own.
OWN = """apiVersion: cloudc.dev/v1alpha1
kind: Component
name: mine
title: Mine
summary: Ours.
docs: https://mine.example
namespace: {name: mine}
layers:
- name: release
  releases:
  - name: mine
    chart: {oci: oci://charts.example/mine, version: 1.0.0, source: our charts}
"""

with folder() as top:
    neovim = Neovim(top)
    for test in (
        a_slip_is_shown_and_mended,
        pages_say_what_is_known,
        names_lead_to_what_they_mean,
        what_may_be_written_is_offered,
        emitted_files_are_a_step_away,
    ):
        test(top, neovim)
print("neovim: findings, fixes, pages, definitions, completion, outline and emitted files are there")
