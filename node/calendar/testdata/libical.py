# Reads calendars from stdin, a JSON list of texts, and writes as JSON for each
# what libical finds wrong with it, how many lines it understood, and for its
# events titles and starts: in Unix seconds by the VTIMEZONE of the file, or as
# they are where there is no zone.
import gi, json, sys

gi.require_version("ICalGLib", "3.0")
from gi.repository import ICalGLib as ical


def parts(part):
    """A component and all in it."""
    yield part
    inner = part.get_first_component(ical.ComponentKind.ANY_COMPONENT)
    while inner:
        yield from parts(inner)
        inner = part.get_next_component(ical.ComponentKind.ANY_COMPONENT)


def properties(part, kind=ical.PropertyKind.ANY_PROPERTY):
    p = part.get_first_property(kind)
    while p:
        yield p
        p = part.get_next_property(kind)


def errors(part):
    """What the parser, or a check, left in place of what it did not take."""
    return [p.get_xlicerror() for p in properties(part, ical.PropertyKind.XLICERROR_PROPERTY)]


def start(event):
    time = event.get_dtstart()
    zone = time.get_timezone()
    if zone or time.is_utc():
        return str(time.as_timet_with_zone(zone))
    return time.as_ical_string()


def read(text):
    answer = {"Errors": [], "Lines": 0, "Summary": [], "Start": []}
    # What is no component at all is no object; several are in one of no name.
    file = ical.Parser.parse_string(text)
    if file is None or file.isa() != ical.ComponentKind.VCALENDAR_COMPONENT:
        answer["Errors"].append("is not one VCALENDAR")
        return answer
    for part in parts(file):
        answer["Errors"] += errors(part)
        answer["Lines"] += 2 + sum(1 for _ in properties(part))
        if part.isa() == ical.ComponentKind.VEVENT_COMPONENT:
            answer["Summary"].append(part.get_summary())
            answer["Start"].append(start(part))
    if not answer["Errors"] and (not ical.restriction_check(file) or file.count_errors()):
        # RFC 5546, 3: which properties a component must and may have.
        found = [e for part in parts(file) for e in errors(part)]
        answer["Errors"] = sorted(set(found)) or ["something that libical does not name"]
    return answer


json.dump([read(text) for text in json.load(sys.stdin)], sys.stdout)
