package recur

import "testing"

func TestWords(t *testing.T) {
	for rule, want := range map[string]string{
		"FREQ=DAILY":          "every day",
		"FREQ=WEEKLY;COUNT=1": "every week, once",
		"FREQ=WEEKLY;INTERVAL=2;COUNT=10;BYDAY=MO,FR":   "every 2 weeks on Monday and Friday, 10 times",
		"FREQ=WEEKLY;INTERVAL=2;WKST=SU;BYDAY=MO,WE,SU": "every 2 weeks on Monday, Wednesday and Sunday, weeks beginning on Sunday",
		"FREQ=MONTHLY;BYDAY=1FR,-1FR,-2MO":              "every month on the 2nd to last Monday, the 1st Friday and the last Friday",
		"FREQ=MONTHLY;BYMONTHDAY=4,11,21,-1":            "every month on the 4th, the 11th, the 21st and the last day",
		"FREQ=MONTHLY;BYDAY=FR;BYMONTHDAY=13":           "every month on the 13th if that is Friday",
		"FREQ=YEARLY;UNTIL=20301231;BYMONTH=6,7":        "every year in June and July, until 2030-12-31",
		"FREQ=YEARLY;BYDAY=20MO":                        "every year on the 20th Monday",
	} {
		r, err := Parse(rule)
		if err != nil {
			t.Fatal(err)
		}
		if got := r.Words(); got != want {
			t.Errorf("%s in words = %q, want %q", rule, got, want)
		}
	}
	if got := (Rule{}).Words(); got != "" {
		t.Errorf("no rule in words = %q", got)
	}
}
