#!/usr/bin/python3
"""inside.py: lines of `sockstat -nq' outside as the jail has them, processes
and users by their numbers there.  A process that has ended has number 0.
"""
import re
import sys

def nspid(pid):
    try:
        with open('/proc/%s/status' % pid) as f:
            return int(re.search(r'^NSpid:.*\t(\d+)$', f.read(), re.M)[1])
    except (FileNotFoundError, ProcessLookupError):
        return 0

def uid(pid, out):
    # The file is as its reader sees it: of the outside.
    try:
        for row in open('/proc/%s/uid_map' % pid):
            first, outside, count = map(int, row.split())
            if outside <= out < outside + count:
                return first + out - outside
    except (FileNotFoundError, ProcessLookupError):
        pass
    return 65534

def column(text, width):
    return text + ' ' * max(1, width - len(text))

for line in sys.stdin:
    m = re.match(r'(\d+) +(.{1,10}?) +(\d+) (\d.*)\n', line)
    if m:
        user, comm, pid, rest = m.groups()
        line = column(str(uid(pid, int(user))), 9)
        line += ' ' * (9 - len(line)) + comm
        line = column(line, 20) + '%5d' % nspid(pid)
        line = column(line, 26) + rest + '\n'
    line = re.sub(r'\[(\d+) (\d+)\]',
        lambda m: '[%d %s]' % (nspid(m[1]), m[2]), line)
    sys.stdout.write(line)
