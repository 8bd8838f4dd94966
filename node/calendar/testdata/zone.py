# Reads a calendar from stdin, and writes as JSON the offsets in seconds of its
# one zone at noon every 5 days from 2018-03-01 to 2035-03-01.
import datetime, io, json, sys
from dateutil import tz

text = sys.stdin.buffer.read().decode()
zone = tz.tzical(io.StringIO(text)).get()
at = datetime.datetime(2018, 3, 1, 12)
offsets = []
while at < datetime.datetime(2035, 3, 1):
    offsets.append(int(zone.utcoffset(at).total_seconds()))
    at += datetime.timedelta(days=5)
json.dump(offsets, sys.stdout)
