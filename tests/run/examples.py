#!/usr/bin/python3
"""examples.py PAGE: run the EXAMPLES of an mdoc page, on the stack that runs.

In that section a line of .Dl or of .Bd -literal that begins with `$ ' or `# '
is a command; what a shell does not take for whole goes on in the next line.
One that ends in & is left running: the next waits until it listens somewhere,
or has ended.  All others have to end with status 0.  Lines that follow a command
in the same block are its output, where runs of blanks are as good as one, and
... stands for any text in a line, or by itself for any number of lines.

Comments before a command or a block say what a reader has anyway, or has not:

    .\\" example: file NAME       the block is a file of this name
    .\\" example: run COMMAND     what is prepared: run, left to itself with &
    .\\" example: not run, REASON the next command

Prints sentences (tests/check), a `skip' for each that is not run.  The working
directory is used for files.
"""
import os
import re
import signal
import subprocess
import sys
import tempfile
import time

TIMEOUT = 60
LISTENERS = ["netjail", "netstat", "-Lan"]
ESCAPES = ((r"\(dq", '"'), (r"\(aq", "'"), (r"\e", "\0"), (r"\&", ""),
           (r"\-", "-"), (r"\(ha", "^"), (r"\(ti", "~"), ("\0", "\\"))


class Runner:
    def __init__(self, page):
        self.name = os.path.basename(page)
        self.left = []          # commands that were left running
        self.count = 0
        self.failed = False

    def say(self, how, what, more=""):
        print(f"{how} - {self.name}: {what}")
        for line in more.splitlines():
            print(f"  {line}")
        self.failed |= how == "not ok"

    def listeners(self):
        """How many there are: on the stack, on the machine's own, and in
        sockets of our directory."""
        with open("/proc/net/tcp", encoding="ascii") as f:
            ours = len(re.findall(r":0000 0A ", f.read()))
        with open("/proc/net/unix", encoding="ascii",
                  errors="replace") as f:
            ours += f.read().count(" " + os.getcwd())
        return ours + subprocess.run(LISTENERS, capture_output=True,
                                     check=True).stdout.count(b"\n")

    def leave(self, command):
        """Start a command that ends in &; the text of what went wrong."""
        n = self.listeners()
        p = subprocess.Popen(["sh", "-c", "exec " + command[:-1]],
                             stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                             stderr=subprocess.STDOUT)
        self.left.append(p)
        for _ in range(200):
            if p.poll() is not None or self.listeners() > n:
                break
            time.sleep(0.05)
        else:
            return "it neither listened nor ended"
        if p.poll():
            return f"status {p.returncode}: " + p.stdout.read().decode()
        return ""

    def wait_for(self, command):
        """Run a command; what went wrong, and its output."""
        # A file: what stays in a jail would keep a pipe from its end.
        with tempfile.TemporaryFile("w+") as out:
            p = subprocess.Popen(["bash", "-o", "pipefail", "-c", command],
                                 start_new_session=True, stdout=out,
                                 stdin=subprocess.DEVNULL,
                                 stderr=subprocess.STDOUT)
            try:
                p.wait(timeout=TIMEOUT)
            except subprocess.TimeoutExpired:
                os.killpg(p.pid, signal.SIGTERM)
                p.wait()
                return f"still running after {TIMEOUT} s", ""
            out.seek(0)
            output = out.read()
        return f"status {p.returncode}: {output}" if p.returncode else "", \
            output

    def run(self, command, wanted=None):
        """The text of what went wrong, or nothing."""
        if command.endswith("&"):
            return self.leave(command)
        error, output = self.wait_for(command)
        if not error and wanted and not matches(wanted, output.splitlines()):
            error = "got:\n" + output + "wanted:\n" + "\n".join(wanted)
        return error

    def end(self):
        for p in self.left:
            if p.poll() is None:
                p.terminate()
            p.communicate()


def matches(wanted, got):
    """Do lines match those of the page?"""
    text = "\n".join(" ".join(line.split()) for line in got) + "\n"
    pattern = ""
    for line in wanted:
        if line.strip() == "...":
            pattern += "(.*\n)*"
        else:
            pattern += ".*".join(re.escape(" ".join(part.split()))
                                 if part.split() else ""
                                 for part in spaced(line)) + "\n"
    return re.fullmatch(pattern, text) is not None


def spaced(line):
    """A line's parts between ..., which swallows the blanks around it."""
    return line.split("...")


def plain(line):
    for escape, text in ESCAPES:
        line = line.replace(escape, text)
    return line


def blocks(page):
    """(kind, lines) of the section: hints, and text as it is read."""
    inside, literal = False, None
    for line in open(page, encoding="utf-8").read().splitlines():
        if line.startswith(".Sh"):
            inside = line == ".Sh EXAMPLES"
        elif not inside:
            continue
        elif line.startswith('.\\" example: '):
            yield "hint", [line[len('.\\" example: '):]]
        elif line.startswith(".Bd -literal"):
            literal = []
        elif line == ".Ed" and literal is not None:
            yield "text", literal
            literal = None
        elif line.startswith(".Dl "):
            yield "text", [plain(line[4:])]
        elif literal is not None:
            literal.append(plain(line))


def whole(command):
    return not command.endswith("\\") and subprocess.run(
        ["bash", "-n", "-c", command], capture_output=True).returncode == 0


def commands(lines):
    """(command, output) of a block."""
    found = []
    for line in lines:
        if line[:2] in ("$ ", "# "):
            found.append([line[2:], []])
        elif found and not found[-1][1] and not whole(found[-1][0]):
            found[-1][0] += "\n" + line
        elif found:
            found[-1][1].append(line)
    return found


def main():
    page = sys.argv[1]
    r = Runner(page)
    skip = file = None
    for kind, lines in blocks(page):
        if kind == "hint":
            word, _, rest = lines[0].partition(" ")
            if word == "file":
                file = rest
            elif word == "run":
                error = r.run(rest)
                if error:
                    r.say("not ok", f"prepared by `{rest}'", error)
            elif lines[0].startswith("not run, "):
                skip = lines[0][len("not run, "):]
            else:
                r.say("not ok", f"there is no hint `{lines[0]}'")
            continue
        if file:
            with open(file, "w", encoding="utf-8") as f:
                f.write("\n".join(lines) + "\n")
            file = None
            continue
        for command, output in commands(lines):
            r.count += 1
            shown = " ".join(command.replace("\\\n", "").split())
            if skip:
                r.say("skip", f"`{shown}': {skip}")
                skip = None
                continue
            error = r.run(command, output)
            r.say("not ok" if error else "ok", f"`{shown}' does what it says",
                  error)
    r.end()
    if not r.count:
        r.say("not ok", "it has examples")
    return r.failed


if __name__ == "__main__":
    sys.exit(main())
