"""JUnit XML is what the schema of Jenkins says, which GitLab and others keep to: with errors, with warnings and with nothing."""

import pathlib
import sys

import xmlschema

from support import BAD, CLOUDC, GOOD, environment, folder, run

# The newest that was published.
SCHEMA = pathlib.Path(sys.executable).parent.parent / (
    "junit/tests/vendor/jenkins/xunit-plugin/14c6e39c38408b9ed6280361484a13c6f5becca7/junit-10.xsd"
)
WARNS = GOOD.replace("metadata:", "# cloudc: ignore[address-overlap] there is none\nmetadata:", 1)


def main():
    schema = xmlschema.XMLSchema(str(SCHEMA))
    for text, code, element in ((GOOD, 0, "<testcase"), (BAD, 1, "<failure"), (WARNS, 0, "<skipped")):
        with folder() as top:
            top = pathlib.Path(top)
            (top / "cloud.yaml").write_text(text)
            report = run([CLOUDC, "lint", "--output-format", "junit"], top, environment(top), code)
            assert element in report, report
            schema.validate(report)
            assert not schema.is_valid(report.replace("<testcase ", "<testcase other='' "))
    print("formats: 3 reports are of the schema of JUnit")


main()
