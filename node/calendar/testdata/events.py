# Reads a calendar from stdin, and writes as JSON what python3-icalendar finds
# wrong with it, and titles and starts of its events.
import datetime, json, sys
from icalendar import Calendar

calendar = Calendar.from_ical(sys.stdin.buffer.read())
answer = {"Errors": [], "Summary": [], "Start": []}
for part in calendar.walk():
    answer["Errors"] += [str(e) for e in part.errors]
for event in calendar.walk("VEVENT"):
    answer["Summary"].append(str(event["SUMMARY"]))
    start = event["DTSTART"].dt
    if isinstance(start, datetime.datetime):
        start = start.replace(tzinfo=None)
    answer["Start"].append(start.isoformat())
json.dump(answer, sys.stdout)
