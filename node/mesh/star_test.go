package mesh

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// Most people are behind a NAT and know one keeper, or two. What they publish
// leaves them soon, though no keeper has a link for each of them, and comes soon
// to all others, though they reach nobody but keepers.
func TestSimStar(t *testing.T) {
	const dialAgain = 10 * time.Second // as the courier's outbox pauses
	clients := 24
	if os.Getenv("VOTIVE_LONG") != "" {
		clients = 50
	}
	for _, keepers := range []int{1, 3} {
		t.Run(fmt.Sprintf("keepers=%d", keepers), func(t *testing.T) {
			chance := chance(t)
			synctest.Test(t, func(t *testing.T) {
				s := openSim(t, simPlan{nodes: keepers + clients, keepers: keepers}, chance)
				s.star(t, keepers, chance)
				settle(time.Minute)
				unlinked := 0
				for _, c := range s.nodes[keepers:] {
					if c.links.live == 0 {
						unlinked++
					}
				}
				s.copies()
				began := time.Now()
				stall, left := make([]time.Duration, clients), make([]time.Time, clients)
				var publishing sync.WaitGroup
				for i, c := range s.nodes[keepers:] {
					after := time.Duration(chance.Int64N(int64(30 * time.Second)))
					publishing.Go(func() {
						pause(t.Context(), after)
						start := time.Now()
						for {
							err := c.Publish(t.Context(), frame(i))
							if err == nil {
								break
							}
							if !errors.Is(err, ErrNoPeers) || time.Since(start) > time.Hour {
								t.Errorf("client %d: Publish() = %v", i, err)
								break
							}
							pause(t.Context(), dialAgain)
						}
						stall[i], left[i] = time.Since(start), time.Now()
					})
				}
				publishing.Wait()
				settle(time.Minute)
				var took []time.Duration
				missed := 0
				for i := range clients {
					for _, n := range s.nodes {
						if at, ok := n.came(frame(i)); ok {
							took = append(took, at.Sub(left[i]))
						} else {
							missed++
						}
					}
				}
				slices.Sort(stall)
				slices.Sort(took)
				t.Logf("%d clients of %d keepers, of whom %d have no link: a frame leaves after %v (p50), %v at most, "+
					"and comes %v (p50), %v (p99), %v at most after that; %d of %d arrivals missed by gossip; %.2f copies a node; %v in all",
					clients, keepers, unlinked, stall[clients/2], stall[clients-1],
					took[len(took)/2], took[len(took)*99/100], took[len(took)-1], missed, clients*len(s.nodes),
					float64(s.copies())/float64(clients*len(s.nodes)), time.Since(began))
				if unlinked < clients/4 {
					t.Errorf("%d of %d clients have no link: too few to test anything", unlinked, clients)
				}
				if most := stall[clients-1]; most > time.Second {
					t.Errorf("a frame waited %v to leave, want it gone at once", most)
				}
				// From a client to a keeper, to the others' and to theirs: a heartbeat
				// each, and three ways for an id, the ask and the frame.
				hops := time.Duration(min(keepers, 2) + 1)
				if most := hops * (time.Second + 3*simLink); took[len(took)-1] > most {
					t.Errorf("a frame took %v, want at most %v", took[len(took)-1], most)
				}
				if most := clients * len(s.nodes) / 100; missed > most {
					t.Errorf("%d arrivals missed by gossip, want at most %d", missed, most)
				}
			})
		})
	}
}

// star connects the keepers with each other and every client with one or two of
// them.
func (s *sim) star(t *testing.T, keepers int, chance *rand.Rand) {
	t.Helper()
	for i, k := range s.nodes[:keepers] {
		for _, other := range s.nodes[:i] {
			s.dial(t, k, other)
		}
	}
	for i, c := range s.nodes[keepers:] {
		for _, k := range chance.Perm(keepers)[:min(1+i%2, keepers)] {
			s.dial(t, c, s.nodes[k])
			c.chosen.add(s.nodes[k].ID()) // as one who dials does
		}
	}
}
