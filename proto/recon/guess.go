package recon

import "math"

// huge is the guess where there are so many differences that the tags cannot
// tell how many.
const huge = math.MaxInt

// guess is how many keys two sets differ in, from the tags of the asker and the
// offerer for the same ranges, and by how many keys theirs is the greater. Every
// key is as likely in one range as in another, unless somebody saw to it: then
// the guess is wrong, and more has to be asked for.
func guess(ours, theirs []uint16, greater int) int {
	n := float64(len(ours))
	differ, least, signs := 0, 0, 0
	var x, y float64 // the sum of the excesses as points of a circle
	for i := range ours {
		excess := int((theirs[i]-ours[i])&countMask+countMask/2+1)&countMask - countMask/2 - 1
		turn := 2 * math.Pi / (countMask + 1) * (float64(excess) - float64(greater)/n)
		x, y = x+math.Cos(turn), y+math.Sin(turn)
		if ours[i] == theirs[i] {
			continue
		}
		differ++
		least += abs(excess)
		signs |= 1 << (1 + sign(excess))
	}
	if differ == 0 {
		return 0
	}
	if full := float64(differ) / n; full < 0.85 {
		if signs == 1 || signs == 4 { // one has all that the other has
			return max(least, abs(greater))
		}
		// Linear counting (Whang and others, 1990), and once its deviation.
		t := -math.Log(1 - full)
		return max(least, abs(greater), int(n*t+math.Sqrt(n*(math.Exp(t)-t-1)))+1)
	}
	// The excess of each range is the end of a random walk; on a circle of 64
	// they are spread as a wrapped normal distribution with this variance.
	r := math.Hypot(x, y) / n
	if r < 0.25 {
		return huge
	}
	turns := 2 * math.Pi / (countMask + 1)
	variance := -2 * math.Log(r) / (turns * turns)
	return max(abs(greater), int(variance*n*(1+1.5*math.Sqrt(2/n)))+1)
}

func abs(x int) int { return max(x, -x) }

func sign(x int) int { return max(-1, min(x, 1)) }

// partFor is how many cells a part of a first block has to have for so many
// differences, to be solved in 98 of 100 cases.
func partFor(d float64) int {
	return int(math.Ceil((1.35*d + 1.5*math.Sqrt(d) + 10) / parts))
}
