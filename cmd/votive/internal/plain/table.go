package plain

import "strings"

// Columns is how wide a page is, as far as votive is concerned.
const Columns = 80

// gap is between the columns of a table.
const gap = "  "

// Table lays rows out in columns, the first row being the heading, on lines of
// at most Columns columns. Cells are used as they are and must be on one line.
// Where the rows are too wide, the widest column gives way first, and what no
// longer fits into it is cut.
func Table(rows [][]string) string {
	if len(rows) == 0 {
		return ""
	}
	widths := make([]int, len(rows[0]))
	for _, row := range rows {
		for i, cell := range row {
			widths[i] = max(widths[i], Width(cell))
		}
	}
	narrow(widths, Columns-len(gap)*(len(widths)-1))
	var b strings.Builder
	for _, row := range rows {
		var line strings.Builder
		for i, cell := range row {
			line.WriteString(Pad(Cut(cell, widths[i]), widths[i]) + gap)
		}
		b.WriteString(strings.TrimRight(line.String(), " ") + "\n")
	}
	return b.String()
}

// narrow takes columns from the widest until all fit into room.
func narrow(widths []int, room int) {
	for {
		total, widest := 0, 0
		for i, w := range widths {
			total += w
			if w > widths[widest] {
				widest = i
			}
		}
		if total <= room || widths[widest] <= 1 {
			return
		}
		widths[widest]--
	}
}
