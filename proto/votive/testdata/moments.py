"""Says when events that recur begin, by python3-dateutil and zoneinfo.

Reads a JSON document for each event, a line each:

    zone    an IANA name, or "" for a clock without a zone
    start   2027-06-04T20:00:00
    rule    the value of an RRULE
    rdate   more times, exdate times left out, both on the clock of the start
    most    how many times are wanted
    after   the first moment of interest, in the form of start, in UTC

and answers with a list of moments in UTC, or, without a zone, of readings of the
clock. A reading in a gap is counted with the offset before it, and of two the
first is taken (PEP 495, fold=0): both are what RFC 5545, 3.3.5, asks for.
"""

import datetime
import heapq
import itertools
import json
import sys
import warnings
import zoneinfo

from dateutil import rrule

UTC = datetime.timezone.utc
warnings.simplefilter("error")


def bounded(text, start):
    """A rule that ends: dateutil would else go on to the year 9999."""
    rule = rrule.rrulestr(text, dtstart=start)
    if "UNTIL" in text or "COUNT" in text:
        return rule
    end = datetime.datetime(2100, 12, 31, 23, 59, 59)
    if start.tzinfo:  # UTC is asked for then; what is too late is left out below
        end = end.replace(tzinfo=UTC) + datetime.timedelta(days=2)
    return rule.replace(until=end)


def ruled(text, start):
    """The times that a rule gives.

    dateutil takes days of BYDAY with a number and days without for two
    conditions that must both hold. RFC 5545, 3.3.10: "The BYDAY rule part
    specifies a COMMA-separated list of days of the week", "Each BYDAY value can
    also be preceded by a positive (+n) or negative (-n) integer": it is one list.
    So a rule that has both is given to dateutil as two, and its COUNT is counted
    here.
    """
    parts = dict(part.split("=") for part in text.split(";"))
    days = parts.get("BYDAY", "").split(",")
    plain = [day for day in days if day.isalpha()]
    numbered = [day for day in days if not day.isalpha()]
    if not plain or not numbered:
        return bounded(text, start)
    count = int(parts.pop("COUNT", 1_000_000))
    both = rrule.rruleset()
    for part in plain, numbered:
        parts["BYDAY"] = ",".join(part)
        both.rrule(bounded(";".join("=".join(p) for p in parts.items()), start))
    return itertools.islice(both, count)


def moments(event):
    zone = zoneinfo.ZoneInfo(event["zone"]) if event["zone"] else None

    def read(text):
        return datetime.datetime.fromisoformat(text).replace(tzinfo=zone)

    besides = [read(text) for text in event["rdate"] or []]
    excepted = [read(text) for text in event["exdate"] or []]
    after = datetime.datetime.fromisoformat(event["after"])
    found, before = [], None
    for at in heapq.merge(ruled(event["rule"], read(event["start"])), besides):
        if at.year > 2100:
            break
        if at == before or at in excepted:
            continue
        before = at
        moment = at.astimezone(UTC).replace(tzinfo=None) if zone else at
        if moment >= after:
            found.append(moment.isoformat())
        if len(found) == event["most"]:
            break
    return found


for line in sys.stdin:
    print(json.dumps(moments(json.loads(line))))
