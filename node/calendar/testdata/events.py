# Reads calendars from stdin, a JSON list of texts, and writes as JSON for each
# what python3-icalendar finds wrong with it, and titles and starts of its events,
# these in the form of DTSTART.
import json, sys
from icalendar import Calendar


def read(text):
    calendar = Calendar.from_ical(text)
    answer = {"Errors": [], "Summary": [], "Start": []}
    for part in calendar.walk():
        answer["Errors"] += [str(e) for e in part.errors]
    for event in calendar.walk("VEVENT"):
        answer["Summary"].append(str(event["SUMMARY"]))
        answer["Start"].append(event["DTSTART"].to_ical().decode())
    return answer


json.dump([read(text) for text in json.load(sys.stdin)], sys.stdout)
