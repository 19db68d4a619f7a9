// Package suggest finds what somebody who mistyped a name may have meant.
package suggest

import (
	"cmp"
	"slices"
	"strings"
)

// Near returns the names that are close to what was typed, the closest first, at most three.
func Near(typed string, names []string) []string {
	type candidate struct {
		name string
		far  int
	}
	var list []candidate
	t := strings.ToLower(typed)
	for _, name := range names {
		n := strings.ToLower(name)
		far := distance([]rune(t), []rune(n))
		if len(t) > 1 && (strings.HasPrefix(n, t) || strings.HasPrefix(t, n) && len(n) > 1) {
			far = min(far, 1)
		}
		if far <= max(1, min(len([]rune(t)), len([]rune(n)))/3) {
			list = append(list, candidate{name, far})
		}
	}
	slices.SortStableFunc(list, func(a, b candidate) int { return cmp.Compare(a.far, b.far) })
	var near []string
	for _, c := range list[:min(3, len(list))] {
		near = append(near, c.name)
	}
	return near
}

// distance counts the letters to put in, take out, replace or swap with their neighbour to make b of a.
func distance(a, b []rune) int {
	d := make([][]int, len(a)+1)
	for i := range d {
		d[i] = make([]int, len(b)+1)
		d[i][0] = i
	}
	for j := range d[0] {
		d[0][j] = j
	}
	for i := 1; i <= len(a); i++ {
		for j := 1; j <= len(b); j++ {
			cost := 1
			if a[i-1] == b[j-1] {
				cost = 0
			}
			d[i][j] = min(d[i-1][j]+1, d[i][j-1]+1, d[i-1][j-1]+cost)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				d[i][j] = min(d[i][j], d[i-2][j-2]+1)
			}
		}
	}
	return d[len(a)][len(b)]
}
