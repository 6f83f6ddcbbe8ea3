# SPDX-License-Identifier: Apache-2.0
"""usage: man_page.py PAGE.md VERSION DATE

Makes a page of docs/plugins a manual page in mdoc, on stdout. Knows of Markdown what these pages use:
paragraphs, lists, tables, code, links.
"""
import re
import sys
from pathlib import Path


def escape_control(line):
    return "\\&" + line if line[:1] in (".", "'") else line


def escape(text):
    return escape_control(text.replace("\\", "\\e"))


def inline(text):
    """Code bold, links as what they name; those that only say why are for readers of the sources."""
    text = " ".join(text.split())
    text = re.sub(r"\s*\(\[why\]\([^)]*\)\)", "", text)
    text = re.sub(r"\[[^]]*\]\((?:\.\./plugins/)?([a-z-]+)\.md\)", r"`patchbay-\1`(8)", text)
    text = re.sub(r"\[([^]]*)\]\([^)]*\)", r"\1", text)
    parts = re.split(r"`([^`]*)`|\*\*([^*]*)\*\*", text)
    out = ""
    for plain, code, bold in zip(parts[0::3], parts[1::3] + [None], parts[2::3] + [None]):
        out += plain.replace("\\", "\\e")
        mark = code if code is not None else bold
        if mark is not None:
            out += "\\fB" + mark.replace("\\", "\\e") + "\\fR"
    return out


def prose(text):
    """A sentence a line, as mdoc wants it."""
    return [escape_control(line) for line in re.sub(r"(?<=[.!?]) |(?<=\.\)) ", "\n", inline(text)).split("\n")]


def cells(row):
    return [cell.strip() for cell in re.split(r"(?<!\\)\|", row.strip().strip("|"))]


def table(rows):
    """The first column becomes the tag. Others are told apart by their headings, where they have some."""
    head = cells(rows[0])
    lines = [".Bl -tag -width Ds"]
    for row in rows[2:]:
        first, *rest = cells(row)
        lines.append(".It " + (escape_control(inline(first)) or "\\&"))
        if len(rest) == 1:
            lines += prose(rest[0])
            continue
        *middle, last = rest
        notes = [f"{name}: {value}" for name, value in zip(head[1:], middle) if value not in ("-", "")]
        lines += prose(last + (" (" + "; ".join(notes) + ")" if notes else ""))
    return lines + [".El"]


def bullets(text):
    lines = [".Bl -bullet"]
    for item in re.split(r"(?m)^- ", text)[1:]:
        lines += [".It", *prose(item)]
    return lines + [".El"]


def numbers(text):
    lines = [".Bl -enum"]
    for item in re.split(r"(?m)^\d+\. ", text)[1:]:
        lines += [".It", *prose(item)]
    return lines + [".El"]


def literal(text):
    return [".Bd -literal -offset indent"] + [escape(line) for line in text.splitlines()] + [".Ed"]


def blocks(text):
    """Code first, as it may hold anything; then whatever blank lines part."""
    for number, part in enumerate(re.split(r"(?ms)^```\w*\n(.*?)^```\n?", text)):
        if number % 2 == 1:
            yield literal(part), False
            continue
        for block in re.split(r"\n\s*\n", part.strip("\n")):
            if not block.strip():
                continue
            if block.startswith("|"):
                yield table(block.splitlines()), False
            elif block.startswith("- "):
                yield bullets(block), False
            elif re.match(r"\d+\. ", block):
                yield numbers(block), False
            elif block.startswith("#"):
                yield heading(block), True
            else:
                yield prose(block), None


def heading(line):
    marks, title = line.split(" ", 1)
    if len(marks) == 2:
        title = title.replace("`", "").upper()
        return [".Sh " + ("DIAGNOSTICS" if title == "ERRORS" else title)]  # its place in mdoc(7)
    return [".Ss " + title.replace("`", "")]


def page(source, version, date):
    names = [name.strip() for name in source.splitlines()[0].lstrip("# ").split(",")]
    body = source.split("\n", 1)[1].strip("\n")
    summary = re.split(r"\.\s|\.$", " ".join(body.split("\n\n")[0].split()))[0]
    lines = [
        '.\\" SPDX-License-Identifier: Apache-2.0',
        f".Dd {date}",
        f".Dt PATCHBAY-{names[0].upper()} 8",
        f".Os patchbay {version}",
        ".Sh NAME",
        f".Nm patchbay-{names[0]}",
        f".Nd CNI plugin {', '.join(names)}: {re.sub('[`*]', '', summary[0].lower() + summary[1:])}",
        ".Sh DESCRIPTION",
    ]
    begins = True
    for block, is_heading in blocks(body):
        if is_heading is None and not begins:
            lines.append(".Pp")
        lines += block
        begins = bool(is_heading)
    return lines + [".Sh SEE ALSO", ".Xr patchbay 1"]


def main():
    if len(sys.argv) != 4:
        sys.exit(__doc__)
    print("\n".join(page(Path(sys.argv[1]).read_text(encoding="utf-8"), sys.argv[2], sys.argv[3])))


main()
